"""Groups of events -> a beatmap.

Whatever a model wrote, this makes the best of it and counts what it could not use.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import groupby

from osu_beatmap.beatmap import Beatmap, CurveKind, Difficulty, GameMode, PathSegment, Point, Slider, TimingPoint
from osu_beatmap.geometry.slider_path import SliderPath
from osu_beatmap.timing.active_point import Timing, slider_length_px
from osu_beatmap.timing.edits import drop_redundant, set_kiai, with_sv_changes, with_volume_changes
from osuT5.encoding.hit_objects.object_decoder import decode_objects
from osuT5.encoding.hit_objects.object_drafts import AssemblyReport, Draft
from osuT5.encoding.hit_objects.positions import CENTRE
from osuT5.encoding.hit_objects.taiko import drumroll_path
from osuT5.encoding.kiai import decode_kiai
from osuT5.encoding.scroll_speed import decode_scroll_speeds, read_speed
from osuT5.encoding.timing import BEAT_KINDS
from osuT5.encoding.writer import whole_ms
from osuT5.tokens.encoding_spec import EncodingSpec
from osuT5.tokens.events import ContextKind, EventGroup, EventKind

MIN_SLIDER_SV, MAX_SLIDER_SV = 0.1, 10.0

SV_STEP = 0.05
"""Velocities that follow from a path are multiples of this, as mappers choose them."""

Change = tuple[float, float]


def assemble(
    contexts: Mapping[ContextKind, Sequence[EventGroup]],
    mode: GameMode,
    timing_points: Sequence[TimingPoint],
    difficulty: Difficulty,
    key_count: int,
    spec: EncodingSpec,
    drafts: Sequence[Draft] | None = None,
) -> tuple[Beatmap, AssemblyReport]:
    """Return the beatmap that these groups describe, and a report.

    The report lists the groups that are not part of it.

    `timing_points` are the red lines; the green ones come from the groups. Times are kept as they are, and control
    points as coarse as the groups have them; a slider's length follows from its velocity and duration, whatever its
    path. Never raises for any groups; raises ValueError without a usable red line.

    Args:
        drafts: Objects, in place of those that the groups describe.
    """
    Timing(timing_points)  # refuses lines without a tempo before anything else is done
    report = AssemblyReport()
    groups = sorted((g for part in contexts.values() for g in part), key=lambda group: whole_ms(group.time_ms))
    kiai = [group for group in groups if group.kind is EventKind.KIAI]
    speeds = [group for group in groups if group.kind is EventKind.SCROLL_SPEED_CHANGE]
    if drafts is None:
        elsewhere = {EventKind.KIAI, EventKind.SCROLL_SPEED_CHANGE, *BEAT_KINDS}
        objects = [group for group in groups if group.kind not in elsewhere]
        drafts = decode_objects(objects, mode, key_count, spec, report)
    drafts = sorted(drafts, key=lambda draft: draft.obj.time_ms)
    if mode is GameMode.MANIA:
        difficulty = replace(difficulty, circle_size=float(key_count))
        lines = _mania_lines(timing_points, speeds, drafts, spec, report)
    else:
        report.dropped.update(group.kind for group in speeds)
        lines = _with_object_speeds(timing_points, drafts, difficulty)
        _fit_sliders(drafts, Timing(lines), difficulty)
    lines = _with_volumes(lines, drafts)
    lines = _with_kiai(lines, kiai, drafts)
    beatmap = Beatmap(
        mode=mode,
        difficulty=replace(difficulty),
        timing_points=drop_redundant(lines),
        hit_objects=[draft.obj for draft in drafts],
    )
    return beatmap, report


def _mania_lines(
    reds: Sequence[TimingPoint],
    groups: Sequence[EventGroup],
    drafts: Sequence[Draft],
    spec: EncodingSpec,
    report: AssemblyReport,
) -> list[TimingPoint]:
    changes = []
    for group in groups:
        speed = read_speed(group.events, spec)
        if speed is None:
            report.invalid[group.kind] += 1
        else:
            changes.append((group.time_ms, speed))
    last_note_ms = max((draft.end_ms for draft in drafts), default=0.0)
    return decode_scroll_speeds(drop_redundant_changes(changes, reds), reds, last_note_ms)


def _with_object_speeds(
    reds: Sequence[TimingPoint], drafts: Sequence[Draft], difficulty: Difficulty
) -> list[TimingPoint]:
    """Return the lines with the velocity of each object that states one.

    Only sliders that do not take it from their path count.
    """
    timing = Timing(reds)
    changes = []
    for draft in drafts:
        speed = draft.speed
        if speed is None and isinstance(draft.obj, Slider) and draft.obj.segments:
            speed = _speed_of_path(draft, timing, difficulty)
        if speed is not None:
            changes.append((draft.obj.time_ms, speed))
    return with_sv_changes(reds, drop_redundant_changes(changes, reds))


def _speed_of_path(draft: Draft, timing: Timing, difficulty: Difficulty) -> float:
    at_speed_one_px = slider_length_px(draft.slide_ms, draft.obj.time_ms, timing, difficulty)
    speed = SliderPath(draft.obj.segments).natural_length_px / at_speed_one_px
    return min(max(round(speed / SV_STEP) * SV_STEP, MIN_SLIDER_SV), MAX_SLIDER_SV)


def _fit_sliders(drafts: Sequence[Draft], timing: Timing, difficulty: Difficulty) -> None:
    """Set the length of every slider from its duration and velocity."""
    for draft in drafts:
        slider = draft.obj
        if not isinstance(slider, Slider):
            continue
        slider.length_px = slider_length_px(draft.slide_ms, slider.time_ms, timing, difficulty)
        if not slider.segments:
            slider.segments = drumroll_path(slider.length_px)
            slider.x, slider.y = slider.segments[0].points[0]
        elif SliderPath(slider.segments).natural_length_px <= 0:
            slider.segments = [_line_to_centre((slider.x, slider.y), slider.length_px)]


def _line_to_centre(head: Point, length_px: float) -> PathSegment:
    """Return a path for a slider whose points share a cell.

    Without a direction it would have no body.
    """
    line = [head, CENTRE if head != CENTRE else (CENTRE[0] + 1.0, CENTRE[1])]
    end = SliderPath([PathSegment(CurveKind.LINEAR, line)], length_px).end
    return PathSegment(CurveKind.LINEAR, [head, end])


def _with_volumes(lines: Sequence[TimingPoint], drafts: Sequence[Draft]) -> list[TimingPoint]:
    changes = sorted((change for draft in drafts for change in draft.volumes), key=lambda change: change[0])
    return with_volume_changes(lines, drop_redundant_changes(changes, lines))


def _with_kiai(
    lines: Sequence[TimingPoint], groups: Sequence[EventGroup], drafts: Sequence[Draft]
) -> list[TimingPoint]:
    """Return the lines with kiai.

    A span without an end lasts to the last object.
    """
    first_ms = min(line.time_ms for line in lines)
    last_ms = max((draft.end_ms for draft in drafts), default=first_ms)
    spans = [
        (max(start_ms, first_ms), last_ms if math.isinf(end_ms) else end_ms) for start_ms, end_ms in decode_kiai(groups)
    ]
    return set_kiai(lines, [(start_ms, end_ms) for start_ms, end_ms in spans if start_ms < end_ms])


def drop_redundant_changes(changes: Sequence[Change], lines: Sequence[TimingPoint]) -> list[Change]:
    """Drop changes without effect, and those before the first line.

    Of several changes at one time, the last stays.
    """
    first_ms = min(line.time_ms for line in lines)
    clipped = [(max(time_ms, first_ms), value) for time_ms, value in changes]
    stated: list[Change] = []
    for time_ms, at_once in groupby(clipped, key=lambda change: change[0]):
        *_, (_, value) = at_once
        if not stated or stated[-1][1] != value:
            stated.append((time_ms, value))
    return stated
