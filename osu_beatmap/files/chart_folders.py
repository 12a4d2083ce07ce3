"""Charts without their audio, from folders and archives of any shape."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from pathlib import Path

from osu_beatmap.beatmap import Beatmap
from osu_beatmap.errors import BeatmapError
from osu_beatmap.files.named_files import name_key
from osu_beatmap.files.reader import decode_osu_bytes, parse_beatmap
from osu_beatmap.song_bounds import LONGEST_SONG_MS, check_in_song


def chart_groups(folder: Path, skipped: list[str]) -> Iterator[tuple[str, list[Beatmap]]]:
    """Yield the charts of each song together.

    A song is the .osu files of one folder that name one audio file. Folders are searched to any depth, and so are
    .tar.xz archives directly in `folder`. `skipped` gains a line for each chart that cannot be read or lies outside any
    song.
    """
    groups: dict[tuple[str, str], list[Beatmap]] = {}
    for place, data in chart_files(folder):
        try:
            beatmap = parse_beatmap(decode_osu_bytes(data), place)
            check_in_song(beatmap, LONGEST_SONG_MS)
        except BeatmapError as error:
            skipped.append(f"{place}: {error}")
            continue
        groups.setdefault((place.rpartition("/")[0], name_key(beatmap.audio_filename)), []).append(beatmap)
    for (place, _), beatmaps in groups.items():
        yield place, beatmaps


def chart_files(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Yield the .osu files of a folder: places, with slashes, and bytes."""
    for path in sorted(folder.rglob("*.osu")):
        yield path.relative_to(folder).as_posix(), path.read_bytes()
    for archive_path in sorted(folder.glob("*.tar.xz")):
        with tarfile.open(archive_path) as archive:
            for member in archive:
                file = archive.extractfile(member) if member.isfile() and member.name.endswith(".osu") else None
                if file is not None:
                    yield f"{archive_path.name}/{member.name}", file.read()
