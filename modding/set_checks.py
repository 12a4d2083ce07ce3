"""Checks across a mapset: snapping, spread, hitsound files, unused files."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import PurePosixPath

from modding.aspects import Category
from modding.suggestions import Severity, Source, Suggestion
from osu_beatmap.beatmap import Beatmap, GameMode
from osu_beatmap.editor_notation import clock
from osu_beatmap.errors import BeatmapError
from osu_beatmap.rules.finding import Level
from osu_beatmap.star_rating import star_rating
from osu_beatmap.timing.active_point import Timing

TRIPLE, QUADRUPLE = (3, 6, 12), (4, 8, 16)
FEWEST_BEATS = 2
"""Minimum beats with different snapping for a suggestion."""

LOWEST_LEVELS = ((210.0, Level.NORMAL), (255.0, Level.HARD), (300.0, Level.INSANE))
"""Seconds of drain time below which the easiest difficulty may be no harder than a level.

Source: the wiki page "Ranking criteria", section on spread.
"""

SOUND_FILE = re.compile(
    r"^(?:taiko-)?(?:normal|soft|drum)-(?:hit(?:normal|whistle|finish|clap)|slider(?:slide|tick|whistle))(\d*)$"
)
SOUND_ENDINGS = frozenset({".wav", ".ogg", ".mp3"})
MEDIA_ENDINGS = SOUND_ENDINGS | {".jpg", ".jpeg", ".png", ".avi", ".mp4", ".flv"}
SKIN_ELEMENTS = (
    "applause approachcircle are arrow button combo count cursor default drum failsound followpoint fruit go hit "
    "inputoverlay lighting mania menu normal pause pippidon play ranking ready reversearrow score section selection "
    "slider soft spinner star taiko"
)
SKIN_FILE = re.compile(rf"^({SKIN_ELEMENTS.replace(' ', '|')})")
"""Beginnings of the names of skin elements, which osu! reads from the folder of a mapset."""


def set_suggestions(maps: Mapping[str, Beatmap], files: Sequence[str], storyboards: Sequence[str]) -> list[Suggestion]:
    """Return suggestions about a mapset as a whole.

    Values that its difficulties should share are elsewhere.

    Args:
        maps: Difficulties by name.
        files: Names of all files, relative to the mapset; empty if they are not known.
        storyboards: Texts of its .osb files.
    """
    found = [*_spread(maps), *_snapping(maps)]
    if files:
        found += [*_missing_sounds(maps, files), *_unused_files(maps, files, storyboards)]
    return found


def set_suggestion(category: Category, message: str, rule: str, severity: Severity = Severity.WARNING) -> Suggestion:
    """Return a suggestion about a mapset."""
    return Suggestion(
        category=category,
        source=Source.RULE,
        severity=severity,
        subject="mapset",
        message=message,
        rule=rule,
        documented=True,
    )


# ---- spread ----


def _spread(maps: Mapping[str, Beatmap]) -> Iterator[Suggestion]:
    """Yield suggestions for levels missing between difficulties or below the easiest."""
    for mode in GameMode:
        rated = sorted(_rated(beatmap for beatmap in maps.values() if beatmap.mode is mode))
        if len(rated) < 2:
            continue
        names = [f"[{version}] ({stars:.1f} stars)" for stars, version, _ in rated]
        levels = [Level.of_star_rating(stars) for stars, _, _ in rated]
        for (low, high), (before, after) in zip(pairwise(levels), pairwise(names), strict=True):
            if high - low > 1:
                missing = Level(low + 1).name.capitalize()
                yield set_suggestion(
                    Category.GENERAL, f"Between {before} and {after}, a {missing} is missing.", "spread"
                )
        drain_s = max(seconds for _, _, seconds in rated)
        lowest = next((level for limit_s, level in LOWEST_LEVELS if drain_s < limit_s), None)
        if lowest is not None and levels[0] > lowest:
            level = lowest.name.capitalize()
            message = f"The easiest difficulty {names[0]} is harder than the {level} that the length needs."
            yield set_suggestion(Category.GENERAL, message, "spread")


def _rated(maps: Iterator[Beatmap]) -> Iterator[tuple[float, str, float]]:
    """Yield star rating, name and drain time (s) of nonempty maps."""
    for beatmap in maps:
        if not beatmap.hit_objects:
            continue
        times_ms = [obj.time_ms for obj in beatmap.hit_objects]
        try:
            stars = star_rating(beatmap)
        except BeatmapError:
            continue
        breaks_ms = sum(pause.end_ms - pause.start_ms for pause in beatmap.breaks)
        yield stars, beatmap.metadata.version, (max(times_ms) - min(times_ms) - breaks_ms) / 1000


# ---- snapping ----


def _snapping(maps: Mapping[str, Beatmap]) -> Iterator[Suggestion]:
    """Yield beats that difficulties of a mode divide differently.

    One divides by three and the fullest one by four, or the other way round.
    """
    for mode in GameMode:
        of_mode = [beatmap for beatmap in maps.values() if beatmap.mode is mode and _has_tempo(beatmap)]
        if len(of_mode) < 2:
            continue
        fullest = max(of_mode, key=lambda beatmap: len(beatmap.hit_objects))
        reference = _divisions(fullest)
        for beatmap in of_mode:
            own = _divisions(beatmap)
            for triple, other, of in ((True, False, "1/3 where {} has 1/4"), (False, True, "1/4 where {} has 1/3")):
                beats = [ms for ms, kinds in own.items() if kinds == {triple} and reference.get(ms) == {other}]
                if beatmap is not fullest and len(beats) >= FEWEST_BEATS:
                    versus = of.format(f"[{fullest.metadata.version}]")
                    where = f"in {len(beats)} beats, first at {clock(min(beats))}"
                    message = f"[{beatmap.metadata.version}] has {versus} {where}."
                    yield set_suggestion(Category.RHYTHM, message, "mapset_snapping")


def _has_tempo(beatmap: Beatmap) -> bool:
    return any(line.uninherited and line.beat_length_ms > 0 for line in beatmap.timing_points)


def _divisions(beatmap: Beatmap) -> dict[int, set[bool]]:
    """Map beats in ms to their divisions: thirds (true), quarters (false)."""
    timing = Timing(beatmap.timing_points)
    found: dict[int, set[bool]] = defaultdict(set)
    for obj in beatmap.hit_objects:
        divisor = timing.best_divisor(obj.time_ms)
        if divisor in TRIPLE or divisor in QUADRUPLE:
            beat_ms = timing.snap(obj.time_ms - timing.beat_length_at(obj.time_ms) / 2, 1)
            found[round(beat_ms)].add(divisor in TRIPLE)
    return found


# ---- files ----


def _missing_sounds(maps: Mapping[str, Beatmap], files: Sequence[str]) -> Iterator[Suggestion]:
    """Yield suggestions for missing hitsound files and empty custom sample sets."""
    known, stems = {name.lower() for name in files}, {_stem(name) for name in files}
    for beatmap in maps.values():
        named = {obj.sample.filename for obj in beatmap.hit_objects if obj.sample.filename}
        missing = sorted(
            name for name in named if name.replace("\\", "/").lower() not in known and _stem(name) not in stems
        )
        if missing:
            message = f"[{beatmap.metadata.version}] plays files that are missing: {_listed(missing)}."
            yield set_suggestion(Category.HIT_SOUNDS, message, "missing_sounds", Severity.PROBLEM)
        empty = sorted(index for index in _sample_indices(beatmap) if not _has_index(stems, index))
        if empty:
            message = (
                f"[{beatmap.metadata.version}] uses custom sample sets without any file: {_listed(map(str, empty))}."
            )
            yield set_suggestion(Category.HIT_SOUNDS, message, "missing_sounds")


def _sample_indices(beatmap: Beatmap) -> set[int]:
    """Return the numbers of the custom sample sets of a map.

    0 is that of the skin.
    """
    used = {line.sample_index for line in beatmap.timing_points} | {obj.sample.index for obj in beatmap.hit_objects}
    return {index for index in used if index > 0}


def _has_index(stems: set[str], index: int) -> bool:
    suffix = "" if index == 1 else str(index)
    return any((match := SOUND_FILE.match(stem)) and match[1] == suffix for stem in stems)


def _unused_files(
    maps: Mapping[str, Beatmap], files: Sequence[str], storyboards: Sequence[str]
) -> Iterator[Suggestion]:
    """Yield a suggestion if no difficulty or storyboard uses some files."""
    text = "\n".join([*storyboards, *("\n".join(_named_files(beatmap)) for beatmap in maps.values())])
    text = text.lower().replace("\\", "/")
    indices = {index for beatmap in maps.values() for index in _sample_indices(beatmap)}
    unused = []
    for name in files:
        path = PurePosixPath(name.lower())
        sound = SOUND_FILE.match(path.stem) if path.suffix in SOUND_ENDINGS else None
        is_used = str(path) in text or str(path.with_suffix("")) in text
        if sound is not None:
            is_used = is_used or int(sound[1] or 1) in indices
        elif SKIN_FILE.match(path.stem):
            is_used = True
        if path.suffix in MEDIA_ENDINGS and not is_used:
            unused.append(name)
    if unused:
        yield set_suggestion(Category.GENERAL, f"No difficulty uses {_listed(sorted(unused))}.", "unused_files")


def _named_files(beatmap: Beatmap) -> Iterator[str]:
    yield from (beatmap.audio_filename, beatmap.background, beatmap.video_line, *beatmap.storyboard_lines)
    yield from {obj.sample.filename for obj in beatmap.hit_objects if obj.sample.filename}


def _stem(name: str) -> str:
    return str(PurePosixPath(name.replace("\\", "/").lower()).with_suffix(""))


def _listed(names: Sequence[str] | Iterator[str], most: int = 5) -> str:
    names = list(names)
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
