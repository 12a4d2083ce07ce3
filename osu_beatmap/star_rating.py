"""Star rating and maximum combo of a beatmap, computed by rosu-pp.

rosu-pp rates maps as osu! does.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby

import rosu_pp_py as rosu

from osu_beatmap.beatmap import Beatmap, Circle, GameMode, HitSound, HoldNote, Slider, Spinner, TimingPoint
from osu_beatmap.editor_notation import clock
from osu_beatmap.errors import BeatmapError
from osu_beatmap.files.reader import parse_beatmap
from osu_beatmap.files.writer import write_beatmap
from osu_beatmap.timing.active_point import Timing, slider_duration_ms


class UnratableBeatmap(BeatmapError):
    """Beatmap without a star rating; the message states the reason."""


_SKILLS = {
    GameMode.STANDARD: ("aim", "speed"),
    GameMode.TAIKO: ("stamina", "rhythm", "color"),
    GameMode.CATCH: ("movement",),
    GameMode.MANIA: ("strains",),
}

LONGEST_OBJECT_MS = 24 * 60 * 60 * 1000.0
"""rosu-pp counts the bananas of a catch spinner and the droplets of a juice stream one by one, those of months too."""

PLAIN_LINE = TimingPoint(0.0, 1000.0)
"""Beats of a map without a red line."""

SHORT_WAY_PX = 5_000.0
"""No slider goes on for a day on a shorter way, however slow it is."""

MOST_SQUARED_RUNS = 6_000**2
"""Of taiko notes of one colour in a row: rosu-pp compares each with all others, 0.5 s for a run of 5,000."""

LAST_PLAYABLE_MS = 24 * 60 * 60 * 1000.0

_B_SPLINE = re.compile(r"[,|]B\d+\|")

_SUSPICIOUS = "the beatmap has unplayable objects, so it has no star rating"


def star_rating(beatmap: Beatmap | str, clock_rate: float = 1.0) -> float:
    """Compute the star rating of a beatmap or of .osu text.

    Args:
        beatmap: The beatmap, or the text of a .osu file.
        clock_rate: Playback speed; 1.5 is Double Time.

    Returns:
        The star rating; 0 for a beatmap without hit objects.

    Raises:
        UnratableBeatmap: The text is not a .osu file, or rosu-pp reports the map as suspicious (hundreds of objects in
            a moment, sliders of absurd length). The rating of a suspicious map is meaningless and may take minutes.
    """
    return star_ratings(beatmap, [clock_rate])[0]


def star_ratings(beatmap: Beatmap | str, clock_rates: Sequence[float]) -> tuple[float, ...]:
    """Compute the star ratings at several playback speeds.

    This is faster than one by one. Raises as `star_rating` does.
    """
    parsed = _parse(beatmap)
    if not parsed.n_objects:  # rosu-pp gives an empty standard map 0.138 stars
        return (0.0,) * len(clock_rates)
    return tuple(_attributes(parsed, clock_rate).stars for clock_rate in clock_rates)


def stars_or_none(beatmap: Beatmap) -> float | None:
    """Return the star rating of a beatmap, None if it has none."""
    try:
        return star_rating(beatmap)
    except BeatmapError:
        return None


def unrated_reason(beatmap: Beatmap) -> str:
    """Return why a beatmap without a star rating has none."""
    for obj in beatmap.hit_objects:
        if not -LAST_PLAYABLE_MS <= obj.time_ms <= getattr(obj, "end_ms", obj.time_ms) <= LAST_PLAYABLE_MS:
            return f"an object at {clock(obj.time_ms)} is unplayable"
    return "it has unplayable objects"


@dataclass(frozen=True, slots=True)
class Strains:
    """Difficulty of each section of a map, by skill.

    osu! adds it up to the star rating. The shape is what counts. The first of the sections, each of `section_ms`,
    begins at `start_ms`.
    """

    start_ms: float
    section_ms: float
    by_skill: dict[str, Sequence[float]]


def strains(beatmap: Beatmap) -> Strains:
    """Return the strains of a map in its own mode.

    There are none for fewer than two objects. Raises as `star_rating` does.
    """
    parsed = _parse(beatmap)
    if parsed.n_objects < 2:
        return Strains(0.0, 400.0, {})
    if parsed.is_suspicious():
        raise UnratableBeatmap(_SUSPICIOUS)
    found = rosu.Difficulty().strains(parsed)
    # A section begins at each multiple of its length, the first with the object that has one before it.
    start_ms = found.section_length * (beatmap.hit_objects[1].time_ms // found.section_length)
    by_skill = {skill: getattr(found, skill) for skill in _SKILLS[beatmap.mode]}
    return Strains(start_ms, found.section_length, {skill: curve for skill, curve in by_skill.items() if curve})


def max_combo(beatmap: Beatmap | str) -> int:
    """Return the largest possible combo of a beatmap.

    Raises as `star_rating` does.
    """
    parsed = _parse(beatmap)
    return _attributes(parsed, 1.0).max_combo if parsed.n_objects else 0


def _attributes(parsed: rosu.Beatmap, clock_rate: float) -> rosu.DifficultyAttributes:
    if parsed.is_suspicious():
        raise UnratableBeatmap(_SUSPICIOUS)
    return rosu.Difficulty(clock_rate=clock_rate).calculate(parsed)


def _has_endless_object(beatmap: Beatmap) -> bool:
    """Return whether an object lasts longer than a day.

    It counts spinners, hold notes and sliders.
    """
    # In other modes than mania, rosu-pp counts the parts of a hold note like those of a spinner.
    held = (obj for obj in beatmap.hit_objects if isinstance(obj, Spinner | HoldNote))
    if any(obj.end_ms - obj.time_ms > LONGEST_OBJECT_MS for obj in held):
        return True
    sliders = [_with_length(obj) for obj in beatmap.hit_objects if isinstance(obj, Slider)]
    sliders = [slider for slider in sliders if slider.slides * slider.length_px > SHORT_WAY_PX]
    if not sliders:
        return False
    has_tempo = any(line.uninherited for line in beatmap.timing_points)
    timing = Timing(beatmap.timing_points if has_tempo else [PLAIN_LINE, *beatmap.timing_points])
    return any(slider_duration_ms(slider, timing, beatmap.difficulty) > LONGEST_OBJECT_MS for slider in sliders)


def _has_endless_runs(beatmap: Beatmap) -> bool:
    """Return whether a taiko map has notes of one colour without end."""
    if beatmap.mode is not GameMode.TAIKO or len(beatmap.hit_objects) ** 2 <= MOST_SQUARED_RUNS:
        return False
    rims = HitSound.WHISTLE | HitSound.CLAP
    runs = groupby(bool(obj.hitsound & rims) for obj in beatmap.hit_objects if isinstance(obj, Circle))
    return sum(sum(1 for _ in run) ** 2 for _, run in runs) > MOST_SQUARED_RUNS


def _with_length(slider: Slider) -> Slider:
    """Return a slider, with its path's length if none is stated."""
    if slider.length_px > 0:
        return slider
    from osu_beatmap.geometry.slider_path import SliderPath  # needs numpy, which answers to options do not

    return replace(slider, length_px=SliderPath(slider.segments).natural_length_px)


def _parse(beatmap: Beatmap | str) -> rosu.Beatmap:
    if isinstance(beatmap, str):
        text = beatmap
        # rosu-pp reads any text at all, as a map without objects.
        if "osu file format" not in text[:200]:
            raise UnratableBeatmap("the text is not a .osu file: it does not start with 'osu file format'")
        if _B_SPLINE.search(text):
            text = write_beatmap(_with_bezier_curves(parse_beatmap(text)))
    else:
        if _has_endless_object(beatmap) or _has_endless_runs(beatmap):
            raise UnratableBeatmap(_SUSPICIOUS)
        text = write_beatmap(_with_bezier_curves(beatmap))
    try:
        return rosu.Beatmap(content=text)
    except rosu.ParseError as error:
        raise UnratableBeatmap("rosu-pp cannot read the beatmap") from error


def _with_bezier_curves(beatmap: Beatmap) -> Beatmap:
    """Return the beatmap with Bezier curves in place of B-splines.

    rosu-pp ignores the degree of B-splines.
    """
    from osu_beatmap.geometry.slider_path import replace_b_splines  # needs numpy, which answers to options do not

    splines = {
        index: replace(obj, segments=replace_b_splines(obj.segments))
        for index, obj in enumerate(beatmap.hit_objects)
        if isinstance(obj, Slider) and any(segment.kind.degree for segment in obj.segments)
    }
    if not splines:
        return beatmap
    return replace(beatmap, hit_objects=[splines.get(index, obj) for index, obj in enumerate(beatmap.hit_objects)])
