"""Comparison of maps: objects, times, positions, sounds, lines, settings.

Times match within 1 ms, positions within 1 px.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields

from benchmarks.parity.cases import Outcome, Verdict
from osu_beatmap.beatmap import Beatmap, HitObject, HoldNote, Slider, Spinner, TimingPoint
from osu_beatmap.geometry.slider_path import path_of

TIME_MS, PLACE_PX, RATIO = 1.0, 1.0, 1e-6
PATH_SAMPLES = 50


def compare_maps(ours: Beatmap, theirs: Beatmap) -> Outcome:
    """Compare two maps.

    The figure counts differing objects and lines; the note states the first.
    """
    settings = list(_compare_settings(ours, theirs))
    objects = _count_differences(ours.hit_objects, theirs.hit_objects, object_difference)
    lines = _count_differences(ours.timing_points, theirs.timing_points, line_difference)
    found = [*settings, *objects, *lines]
    if not found:
        return Verdict.OK, f"{len(theirs.hit_objects)} objects", ""
    return Verdict.DIFFERS, f"{len(objects)} + {len(lines)}", "; ".join([*settings, *objects[:1], *lines[:1]])


def _compare_settings(ours: Beatmap, theirs: Beatmap) -> Iterator[str]:
    if ours.mode != theirs.mode:
        yield f"mode {ours.mode}, not {theirs.mode}"
    for setting in fields(theirs.difficulty):
        own, other = getattr(ours.difficulty, setting.name), getattr(theirs.difficulty, setting.name)
        if not math.isclose(own, other, rel_tol=RATIO):
            yield f"{setting.name} {own}, not {other}"


def _count_differences(ours: Sequence, theirs: Sequence, difference: Callable[..., str]) -> list[str]:
    """Return the differences of pairs, and items without partners."""
    if len(ours) == len(theirs):
        return [text for own, other in zip(ours, theirs, strict=True) if (text := difference(own, other))]
    own_times, other_times = ({item.time_ms for item in items} for items in (ours, theirs))
    extra = [f"{item.time_ms:g} ms too many" for item in ours if item.time_ms not in other_times]
    missing = [f"{item.time_ms:g} ms missing" for item in theirs if item.time_ms not in own_times]
    return [f"{len(ours)}, not {len(theirs)}", *extra, *missing]


def line_difference(own: TimingPoint, other: TimingPoint) -> str:
    """Return the difference of two lines, empty if they are equal."""
    same = (
        abs(own.time_ms - other.time_ms) <= TIME_MS
        and math.isclose(own.beat_length_ms, other.beat_length_ms, rel_tol=RATIO)
        and untimed_part(own) == untimed_part(other)
    )
    return "" if same else f"line {own}, not {other}"


def untimed_part(line: TimingPoint) -> tuple:
    """Return a line's values besides time and tempo."""
    return line.meter, line.sample_set, line.sample_index, line.volume, line.uninherited, line.effects


def object_difference(own: HitObject, other: HitObject) -> str:
    """Return the difference of two objects, empty if they are equal."""
    at = f"object at {other.time_ms:g} ms: "
    if type(own) is not type(other):
        return f"{at}{type(own).__name__}, not {type(other).__name__}"
    if abs(own.time_ms - other.time_ms) > TIME_MS:
        return f"{at}at {own.time_ms:g}"
    if math.dist((own.x, own.y), (other.x, other.y)) > PLACE_PX:
        return f"{at}at {own.x:g},{own.y:g}, not {other.x:g},{other.y:g}"
    if (own.new_combo, own.combo_skip) != (other.new_combo, other.combo_skip):
        return f"{at}another combo"
    if (own.hitsound, own.sample) != (other.hitsound, other.sample):
        return f"{at}sounds {own.hitsound} {own.sample}, not {other.hitsound} {other.sample}"
    if isinstance(own, Spinner | HoldNote) and abs(own.end_ms - other.end_ms) > TIME_MS:
        return f"{at}ends at {own.end_ms:g}, not {other.end_ms:g}"
    if isinstance(own, Slider) and (difference := _slider_difference(own, other)):
        return at + difference
    return ""


def _slider_difference(own: Slider, other: Slider) -> str:
    if own.slides != other.slides:
        return f"{own.slides} slides, not {other.slides}"
    if not math.isclose(own.length_px, other.length_px, rel_tol=RATIO, abs_tol=0.01):
        return f"{own.length_px:g} px long, not {other.length_px:g}"
    if own.edges != other.edges:
        return f"edges {own.edges}, not {other.edges}"
    if [segment.kind for segment in own.segments] != [segment.kind for segment in other.segments]:
        # A straight arc may be written as a line or as a Bezier curve.
        return "" if _is_same_way(own, other) else "another kind of path"
    for ours, theirs in zip(own.segments, other.segments, strict=True):
        if len(ours.points) != len(theirs.points):
            return "another number of control points"
        if any(math.dist(a, b) > PLACE_PX for a, b in zip(ours.points, theirs.points, strict=True)):
            return f"control points {ours.points}, not {theirs.points}"
    return ""


def _is_same_way(own: Slider, other: Slider) -> bool:
    """Return whether paths are within a pixel of each other throughout."""
    paths = path_of(own), path_of(other)
    shares = [step / PATH_SAMPLES for step in range(PATH_SAMPLES + 1)]
    return all(math.dist(*(path.position_at(share) for path in paths)) <= PLACE_PX for share in shares)
