"""Which songs are trained on and which are held out: by title, by a share of all titles, or by place in the corpus."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

from tqdm import tqdm

from osu_beatmap.held_out import HELD_OUT_FILE, Split, held_out_titles, title_hash
from osuT5.dataset.sources import FolderSong, Song, SourceReport, with_records

__all__ = [
    "HELD_OUT_FILE",
    "Split",
    "Titled",
    "held_out_titles",
    "mapsets_between",
    "song_in_split",
    "songs_of_split",
    "title_hash",
]


class Titled(Protocol):
    """Anything with the two titles of a song: a map's metadata, or a chart's record."""

    title: str
    title_unicode: str


def song_in_split(
    charts: Iterable[Titled], split: Split, held_out: frozenset[str], held_out_share: float = 0.0
) -> bool:
    """Whether a song with these charts is in a split.

    It is held out when any of its titles, romanised or not, is in `held_out`, or falls into that share of all titles
    whose hashes are lowest: the same titles in every corpus.
    """
    hashes = {title_hash(title) for chart in charts for title in (chart.title, chart.title_unicode) if title}
    is_held_out = not hashes.isdisjoint(held_out) or any(_place(title) < held_out_share for title in hashes)
    return split is Split.ALL or is_held_out == (split is Split.HELD_OUT)


def _place(hashed_title: str) -> float:
    """Where a title's hash lies between the lowest (0) and the highest (1)."""
    return int(hashed_title, 16) / 16 ** len(hashed_title)


def mapsets_between(songs: Iterable[Song], start: int, end: int | None) -> Iterator[Song]:
    """The songs of the mapsets with numbers in [start, end), counted in the order of their source.

    Songs of one mapset stand together, and belong to one number.
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
    """The songs of a split, with records. Those without metadata are read for it, charts that cannot be are counted."""
    held_out = held_out_titles() if held_out is None else held_out
    chosen: list[Song] = []
    is_known = all(song.records for song in songs)
    for song in tqdm(songs, desc="looking at charts", unit="song", disable=quiet or is_known):
        known = song if song.records or not isinstance(song, FolderSong) else with_records(song, report)
        if known and song_in_split(known.records, split, held_out, held_out_share):
            chosen.append(known)
    return chosen
