"""Human-made osu! maps of a folder, of the songs of a split.

Converted charts of other games have a style of their own and are left out. So are maps of a few seconds, and maps
without a title, which may be test cases.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from osu_beatmap.beatmap import Beatmap, GameMode
from osu_beatmap.errors import BeatmapError
from osu_beatmap.files.chart_folders import chart_files
from osu_beatmap.files.reader import decode_osu_bytes, parse_beatmap
from osu_beatmap.held_out import Split, held_out_titles, is_song_in_split, title_hash
from osu_beatmap.song_bounds import LONGEST_SONG_MS, check_in_song

CONVERTED_SOURCES = frozenset({"StepMania", "TJA", "Quaver"})
FEWEST_OBJECTS, FEWEST_MS = 50, 30_000.0

ENOUGH_SONGS = 40
"""Number of songs in folders from which a mode needs no maps of archives, which are unsorted."""


HEAD_CHARACTERS = 8192
_METADATA_LINE = re.compile(r"^(Title|TitleUnicode|Source)[ \t]*:[ \t]*(.*?)[ \t]*$", re.MULTILINE)


@dataclass(frozen=True)
class HumanMap:
    """A human-made map.

    `song` is the hash of its title, `place` its path below the folder.
    """

    place: str
    song: str
    beatmap: Beatmap


def human_maps(folder: Path, split: Split, skipped: list[str]) -> Iterator[HumanMap]:
    """Yield the maps of a split.

    Maps in .tar.xz archives, which come without songs, count only in modes with fewer than `ENOUGH_SONGS` songs in
    folders. `skipped` gains a line for each map that cannot be read.
    """
    held_out = held_out_titles()
    of_archives: list[HumanMap] = []
    songs: dict[GameMode, set[str]] = defaultdict(set)
    for place, data in chart_files(folder):
        text = decode_osu_bytes(data)
        titles = TitledFile(text)
        # Reading all of a file costs a hundred times as much as its titles.
        if titles.source in CONVERTED_SOURCES or not is_song_in_split([titles], split, held_out):
            continue
        try:
            beatmap = parse_beatmap(text, place)
            check_in_song(beatmap, LONGEST_SONG_MS)
        except BeatmapError as error:
            skipped.append(f"{place}: {error}")
            continue
        if not is_human_map(beatmap):
            continue
        found = HumanMap(place, title_hash(titles.title), beatmap)
        if ".tar.xz" in place:
            of_archives.append(found)
        else:
            songs[beatmap.mode].add(found.song)
            yield found
    yield from (found for found in of_archives if len(songs[found.beatmap.mode]) < ENOUGH_SONGS)


class TitledFile:
    """Titles and source of a .osu text, read without the rest."""

    def __init__(self, text: str) -> None:
        found = dict(_METADATA_LINE.findall(text[:HEAD_CHARACTERS].replace("\r", "")))
        self.title = found.get("Title", "")
        self.title_unicode = found.get("TitleUnicode", "")
        self.source = found.get("Source", "")


def is_human_map(beatmap: Beatmap) -> bool:
    """Return whether a map was made for osu! and is usable.

    It needs a title and some length.
    """
    data, objects = beatmap.metadata, beatmap.hit_objects
    return (
        data.source not in CONVERTED_SOURCES
        and bool(data.title and data.creator)
        and len(objects) >= FEWEST_OBJECTS
        and objects[-1].time_ms - objects[0].time_ms >= FEWEST_MS
    )
