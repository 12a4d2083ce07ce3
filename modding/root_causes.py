"""Reduction of the consequences of one fault to one observation.

It is the most surprising one, with the number of places that it represents. An object at a wrong time makes its
position, its sound and the gap after it surprising too; a velocity set by one line affects every slider under it; an
offset, every section of the map.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from modding.aspects import Aspect
from modding.observation.audio_timing import Stretch
from modding.observation.observation import Observation
from osu_beatmap.beatmap import Beatmap
from osu_beatmap.timing.active_point import Timing

TIMES = frozenset({Aspect.RHYTHM, Aspect.ABSENCE})
PLACES = frozenset({Aspect.POSITION, Aspect.COLUMN})
SOUNDS = frozenset({Aspect.COLOUR, Aspect.ADDITIONS})
FROM_TIME = TIMES | PLACES | SOUNDS | {Aspect.KIND, Aspect.LENGTH, Aspect.COMBO, Aspect.SCROLL}
"""Aspects that are unusual at an object with a wrong time."""

SLIDER_PATHS = frozenset({Aspect.ANCHORS, Aspect.SHAPE, Aspect.VELOCITY, Aspect.LENGTH, Aspect.REPEATS, Aspect.KIND})
RUNS = frozenset({Aspect.VELOCITY, Aspect.BANK, Aspect.VOLUME})
"""Aspects that lines set for all objects up to the next line."""

NEIGHBOUR_BEATS = 2.0
PASSAGE_BEATS = 4.0
COMBO_REACH = 4
RUN_REACH = 3
BEAT_RUN_BARS = 4.5


@dataclass(frozen=True, slots=True)
class RatedObservation:
    """Observation, its rate in human-made maps, and the places it represents.

    Attributes:
        last_obj: Last object of a run.
        passage_ms: Span of changes that follow each other closely.
    """

    observation: Observation
    per_minute: float
    count: int = 1
    last_obj: int | None = None
    passage_ms: tuple[float, float] | None = None


def merged(beatmap: Beatmap, rated: Iterable[RatedObservation]) -> list[RatedObservation]:
    """Merge observations with a common cause; return the rarest first."""
    timing = Timing(beatmap.timing_points)
    kept: list[RatedObservation] = []
    causes = _join_passages(_join_sections(list(rated)), timing)
    for each in sorted(causes, key=lambda each: (each.per_minute, each.observation.time_ms)):
        place = next((i for i, cause in enumerate(kept) if _follows_from(each, cause, timing)), None)
        if place is None:
            kept.append(each)
        elif _is_of_run(each, kept[place]):
            kept[place] = _extend(kept[place], each)
    return kept


def _join_sections(rated: list[RatedObservation]) -> list[RatedObservation]:
    """Join successive stretches that are off alike."""
    offsets = sorted((e for e in rated if e.observation.aspect is Aspect.OFFSET), key=lambda e: e.observation.time_ms)
    joined: list[RatedObservation] = []
    for each in offsets:
        stretch: Stretch = each.observation.actual
        if joined and joined[-1].observation.actual.goes_on_as(stretch):
            whole = joined[-1].observation.actual.joined(stretch)
            observation = replace(joined[-1].observation, actual=whole, surprise=whole.surprise)
            rate = min(joined[-1].per_minute, each.per_minute)
            joined[-1] = RatedObservation(observation, rate, joined[-1].count + 1)
        else:
            joined.append(each)
    return [each for each in rated if each.observation.aspect is not Aspect.OFFSET] + joined


def _join_passages(rated: list[RatedObservation], timing: Timing) -> list[RatedObservation]:
    """Join repeated changes of scroll speed into one decision.

    The most surprising of them represents it.
    """
    changes = sorted((e for e in rated if e.observation.aspect is Aspect.SCROLL), key=lambda e: e.observation.time_ms)
    passages: list[list[RatedObservation]] = []
    for each in changes:
        time_ms = each.observation.time_ms
        reach_ms = PASSAGE_BEATS * timing.beat_length_at(time_ms)
        if passages and time_ms - passages[-1][-1].observation.time_ms <= reach_ms:
            passages[-1].append(each)
        else:
            passages.append([each])
    others = [each for each in rated if each.observation.aspect is not Aspect.SCROLL]
    return others + [_describe_by_worst(each) for each in passages]


def _describe_by_worst(passage: list[RatedObservation]) -> RatedObservation:
    """Return the worst observation of a passage, with its span.

    A line and the objects at its time count once.
    """
    worst = min(passage, key=lambda each: each.per_minute)
    times_ms = sorted({each.observation.time_ms for each in passage})
    if len(times_ms) == 1:
        return next((each for each in passage if each.observation.obj is not None), worst)
    return replace(worst, count=len(times_ms), passage_ms=(times_ms[0], times_ms[-1]))


def _follows_from(each: RatedObservation, cause: RatedObservation, timing: Timing) -> bool:
    """Return whether an observation follows from a more surprising one."""
    own, other = each.observation, cause.observation
    if own.obj is None or other.obj is None:
        return own.aspect is other.aspect and _is_same_beat_fault(own, other, timing)
    if own.obj == other.obj:
        return _is_of_one_object(own.aspect, other.aspect)
    apart = abs(own.obj - other.obj)
    near_beats = abs(own.time_ms - other.time_ms) / timing.beat_length_at(other.time_ms)
    if other.aspect in TIMES and own.aspect in TIMES:
        return near_beats <= NEIGHBOUR_BEATS
    if own.aspect is not other.aspect:
        return False
    if own.aspect in PLACES:
        return apart == 1 and near_beats <= NEIGHBOUR_BEATS
    if own.aspect is Aspect.COMBO:
        return apart <= COMBO_REACH and own.actual != other.actual
    return _is_of_run(each, cause)


def _is_of_one_object(own: Aspect, cause: Aspect) -> bool:
    return own is cause or (cause in TIMES and own in FROM_TIME) or (cause in SLIDER_PATHS and own in SLIDER_PATHS)


def _is_of_run(each: RatedObservation, cause: RatedObservation) -> bool:
    """Return whether one line may cause both observations.

    That is the case if successive objects have the same answer and the same expected one.
    """
    own, other = each.observation, cause.observation
    if own.aspect is not other.aspect or own.aspect not in RUNS or own.actual != other.actual or own.obj is None:
        return False
    first, last = other.obj, cause.last_obj or other.obj
    return first - RUN_REACH <= own.obj <= last + RUN_REACH


def _extend(cause: RatedObservation, each: RatedObservation) -> RatedObservation:
    last = max(cause.last_obj or cause.observation.obj, each.observation.obj)
    return replace(cause, count=cause.count + 1, last_obj=last)


def _is_same_beat_fault(own: Observation, other: Observation, timing: Timing) -> bool:
    """Return whether two observations are one fault of beats.

    They are beats whose bars begin elsewhere throughout, or edges of kiai a bar apart.
    """
    beats = abs(own.time_ms - other.time_ms) / timing.beat_length_at(other.time_ms)
    meter = max(1, timing.red_at(other.time_ms).meter)
    return own.aspect in (Aspect.BEAT, Aspect.KIAI) and beats <= BEAT_RUN_BARS * meter and own.actual == other.actual
