"""Songs of a corpus of any form, by path or hub id."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from model_files.hub import find_folder, local_folder, parse_hub_id
from osu_beatmap.errors import BeatmapError
from osu_beatmap.files.file_names import safe_archive_name
from osuT5.dataset.errors import CorpusError, EmptyCorpusError
from osuT5.dataset.files.metadata import DATA_FOLDER, METADATA_FILE, read_rows, record_of
from osuT5.dataset.files.shards import ShardReader, ShardSong, shard_in
from osuT5.dataset.files.sources import FolderSong, Song, SourceReport, mapset_songs

Row = Mapping[str, Any]


SEPARATOR = ";"
"""Stands between several corpora that are trained on together."""


def open_sources(option: str, text: str, report: SourceReport) -> list[Song]:
    """Return the songs of one or more corpora: `FOLDER;OWNER/NAME`.

    Raises as `open_source` does.
    """
    songs: list[Song] = []
    for number, part in enumerate(part.strip() for part in text.split(SEPARATOR)):
        for song in open_source(option, part, report) if part else ():
            # Two corpora may call two mapsets alike.
            song.mapset = f"{number}|{song.mapset}"
            song.corpus = number
            songs.append(song)
    if not songs:
        raise EmptyCorpusError(
            f"There is no chart to train on in {option}={text}: songs need .osu files next to their audio."
        )
    return songs


def open_source(option: str, text: str, report: SourceReport) -> list[Song]:
    """Return the songs of one corpus, local or on a hub.

    It is a folder of mapsets, a dataset with metadata, or a sharded dataset. `option` is the user's name of `text`, for
    messages. Of a hub repository only the metadata is downloaded at once; a shard follows when one of its songs is
    requested.

    Raises:
        CorpusError, ModelError: One sentence for the user.
    """
    folder = find_folder(text)
    if folder is None and parse_hub_id(text) is None:
        raise CorpusError(f"{option} must be a folder of mapsets, a dataset, or a hub id (OWNER/NAME), got {text}.")
    if folder is not None and not (folder / METADATA_FILE).is_file():
        return list(mapset_songs(folder))
    find = shard_in(folder) if folder is not None else _shard_on_hub(option, text)
    songs = list(_dataset_songs(find(METADATA_FILE), find, report))
    if not songs:
        raise CorpusError(f"{option}={text} has no usable beatmap in its metadata.")
    return songs


def _shard_on_hub(option: str, text: str) -> Callable[[str], Path]:
    def find(name: str) -> Path:
        folder = local_folder(option, text, [name], name, repo_type="dataset")
        return shard_in(folder)(name)

    return find


def _dataset_songs(metadata: Path, find: Callable[[str], Path], report: SourceReport) -> Iterator[Song]:
    """Yield songs in the order of their mapset ids.

    Those of one mapset are in the order of their audio.
    """
    reader = ShardReader(find)
    rows = [row for row in read_rows(metadata) if _is_usable(row, report)]
    rows.sort(key=lambda row: (row["BeatmapSetId"], row["BeatmapSetFolder"], row["AudioFile"]))
    by_song = groupby(rows, key=lambda row: (row["BeatmapSetId"], row["BeatmapSetFolder"], row["AudioFile"]))
    for (set_id, folder, audio), group in by_song:
        charts = list(group)
        records = tuple(record_of(row) for row in charts)
        names = [row["BeatmapFile"] for row in charts]
        if charts[0].get("Shard"):
            identity = charts[0].get("AudioHash") or f"{charts[0]['Shard']}|{charts[0]['ShardRow']}"
            place = charts[0]["Shard"], charts[0]["ShardRow"]
            yield ShardSong(folder, str(set_id), records, names, f"{identity}|opus", *place, reader)
        else:
            mapset = metadata.parent / DATA_FOLDER / folder
            yield FolderSong(folder, str(set_id), mapset / audio, [mapset / name for name in names], records)


def _is_usable(row: Row, report: SourceReport) -> bool:
    """Return whether a row names its files and a game mode.

    The names must not leave the dataset.
    """
    parts: Sequence[str] = [row["BeatmapSetFolder"] or "", row["AudioFile"] or "", row["BeatmapFile"] or ""]
    try:
        is_safe = all(safe_archive_name(part) == part.replace("\\", "/") != "" for part in parts)
    except BeatmapError:
        is_safe = False
    if not is_safe or row["ModeInt"] not in (0, 1, 2, 3):
        report.skip(str(row["BeatmapFile"]), "its row of the metadata names no file or no game mode")
        return False
    return True
