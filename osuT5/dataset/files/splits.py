"""Splits of songs into trained and held-out ones.

They are by title, by a fraction of all titles, or by place in the corpus.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from tqdm import tqdm

from osu_beatmap.held_out import Split, held_out_titles, is_song_in_split
from osuT5.dataset.files.sources import FolderSong, Song, SourceReport, with_records


def mapsets_between(songs: Iterable[Song], start: int, end: int | None) -> Iterator[Song]:
    """Yield the songs of mapsets with numbers in [start, end).

    Mapsets are counted in the order of their source. Songs of one mapset are adjacent and have one number.
    """
    number, mapset = -1, None
    for song in songs:
        if song.mapset != mapset:
            number, mapset = number + 1, song.mapset
        if number >= start and (end is None or number < end):
            yield song


def songs_of_split(
    songs: Sequence[Song],
    split: Split,
    report: SourceReport,
    held_out_share: float = 0.0,
    held_out: frozenset[str] | None = None,
    quiet: bool = False,
) -> list[Song]:
    """Return the songs of a split, with records.

    Songs without metadata are read for it. Unreadable charts are counted.
    """
    held_out = held_out_titles() if held_out is None else held_out
    chosen: list[Song] = []
    is_known = all(song.records for song in songs)
    for song in tqdm(songs, desc="looking at charts", unit="song", disable=quiet or is_known):
        known = song if song.records or not isinstance(song, FolderSong) else with_records(song, report)
        if known and is_song_in_split(known.records, split, held_out, held_out_share):
            chosen.append(known)
    return chosen
