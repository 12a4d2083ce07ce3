"""Observations and rules -> the suggestions about a map."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from modding.aspects import CATEGORY_OF, Aspect
from modding.observation.audio_timing import Stretch
from modding.observation.downbeats import BarFit
from modding.observation.line_fit import LineFit
from modding.observation.observation import Observation
from modding.report.editor_notation import MapNames
from modding.report.wording import Wording, nearest_tick_ms
from modding.root_causes import RatedObservation, merged
from modding.rule_suggestions import rule_suggestions
from modding.suggestions import Severity, Source, Suggestion, in_time, with_distinct_ids
from modding.thresholds import CERTAIN_PER_MINUTE, LIKELY_PER_MINUTE, LISTED_PER_MINUTE, ThresholdTable
from osu_beatmap.beatmap import Beatmap, Spinner
from osu_beatmap.timing.active_point import Timing, end_time_ms

LEAST_RELATIVE = 2.0
"""Surprisal relative to the entropy below which an observation is not a suggestion, however rare its aspect."""

MOST_OF_ASPECT = 75.0
"""Limit of suggestions of one aspect, as a multiple of the rate in human-made maps: three a minute."""

LONGEST_GAP_BEATS = 8.0
"""Gap above which the absence of objects is intentional."""

USUAL_OFFSET_MS = 15.0
"""Of 72 osu! songs, a tenth are further than 10 to 12 ms from the median offset (docs/mai_mod.md)."""

RED_LINE = "red line"
"""Subjects of suggestions about an offset or a tempo."""

UNSNAPPED = "unsnapped"
TIMED_BY_RULE = frozenset({UNSNAPPED, "concurrent"})
"""Rules on the time of an object, which a surprisal would only repeat."""


def suggestions_of(
    beatmap: Beatmap,
    observations: Iterable[Observation],
    table: ThresholdTable,
    audio_ms: float | None = None,
    stars: float | None = None,
    min_surprisal: float | None = None,
    listed_per_minute: float = LISTED_PER_MINUTE,
    whole: Sequence[Suggestion] = (),
) -> list[Suggestion]:
    """Return all suggestions in order of time, each with its id.

    Args:
        min_surprisal: List every relative surprisal from this on, regardless of the table.
        listed_per_minute: Largest frequency at which human-made maps have a surprisal as high as a listed one.
        whole: Suggestions about the whole map.
    """
    names = MapNames(beatmap)
    by_rule = rule_suggestions(names, audio_ms, stars)
    rated = rate(beatmap, observations, table)
    listed = _rare(rated, listed_per_minute) if min_surprisal is None else _select_surprising(rated, min_surprisal)
    timed = {index for each in by_rule if each.rule in TIMED_BY_RULE for index in each.objects}
    most_per_minute = math.inf if min_surprisal is not None else MOST_OF_ASPECT * listed_per_minute
    wording = Wording(names) if listed else None
    opinions = []
    for each in _limit_frequency(beatmap, merged(beatmap, listed), most_per_minute):
        if each.observation.aspect is Aspect.LINES:
            by_rule, line = _with_consequences(by_rule, _suggestion(each, wording), each.observation.actual)
            opinions.append(line)
        elif each.observation.aspect is not Aspect.RHYTHM or each.observation.obj not in timed:
            opinions.append(_suggestion(each, wording))
    return with_distinct_ids(in_time([*whole, *by_rule, *opinions]))


def _limit_frequency(
    beatmap: Beatmap, causes: Iterable[RatedObservation], most_per_minute: float
) -> Iterator[RatedObservation]:
    """Yield the most surprising causes of each aspect.

    Frequently repeated choices of a map are its style.
    """
    most = most_per_minute * max(1.0, drain_minutes(beatmap))
    told: Counter[Aspect] = Counter()
    for each in causes:
        told[each.observation.aspect] += 1
        if told[each.observation.aspect] <= most:
            yield each


def _with_consequences(
    by_rule: Sequence[Suggestion], line: Suggestion, fit: LineFit
) -> tuple[list[Suggestion], Suggestion]:
    """Return the rule suggestions without those of a wrong red line.

    The line is reported as that rule if it replaces any. Its objects need not be snapped one by one.
    """
    off = [each for each in by_rule if each.rule == UNSNAPPED and fit.start_ms <= each.time_ms <= fit.end_ms]
    if not off:
        return list(by_rule), line
    severity = min((each.severity for each in off), key=lambda each: each.rank)
    line = replace(
        line, source=Source.RULE, severity=severity, rule=UNSNAPPED, documented=True, surprisal=None, per_minute=None
    )
    return [each for each in by_rule if each not in off], line


def rate(beatmap: Beatmap, observations: Iterable[Observation], table: ThresholdTable) -> list[RatedObservation]:
    """Return the rarity of each observation, without intended ones."""
    timing = Timing(beatmap.timing_points)
    return [
        RatedObservation(each, _per_minute(each, beatmap, table))
        for each in observations
        if not _is_meant(each, beatmap, timing)
    ]


def _per_minute(observation: Observation, beatmap: Beatmap, table: ThresholdTable) -> float:
    """Return the rate of an equal surprisal in human-made maps.

    A small offset is never more than worth a look.
    """
    per_minute = table.per_minute(beatmap.mode, observation.aspect, observation.surprise.relative)
    stretch = observation.actual
    if isinstance(stretch, Stretch) and not stretch.drift and abs(stretch.offset_ms) < USUAL_OFFSET_MS:
        return max(per_minute, LISTED_PER_MINUTE / 2)
    return per_minute


def _rare(rated: Iterable[RatedObservation], listed_per_minute: float) -> list[RatedObservation]:
    return [
        each
        for each in rated
        if each.observation.surprise.relative >= LEAST_RELATIVE and each.per_minute <= listed_per_minute
    ]


def _select_surprising(rated: Iterable[RatedObservation], min_surprisal: float) -> list[RatedObservation]:
    surprises = ((each, each.observation.surprise) for each in rated)
    return [each for each, surprise in surprises if surprise.bits > 0 and surprise.relative >= min_surprisal]


def _is_meant(observation: Observation, beatmap: Beatmap, timing: Timing) -> bool:
    """Return whether the mapper intends an observation.

    Intended are spinners, which are rare in all maps, and gaps by a pause (the start of the map, a break, a long gap)
    or without a tick.
    """
    if observation.aspect is Aspect.KIND and isinstance(beatmap.hit_objects[observation.obj], Spinner):
        return True
    if observation.aspect is not Aspect.ABSENCE or observation.obj is None:
        return False
    if observation.obj == 0 or nearest_tick_ms(timing, observation.expected) is None:
        return True
    before, after = beatmap.hit_objects[observation.obj - 1], beatmap.hit_objects[observation.obj]
    start_ms = end_time_ms(before, timing, beatmap.difficulty)
    is_long = after.time_ms - start_ms > LONGEST_GAP_BEATS * timing.beat_length_at(start_ms)
    return is_long or any(pause.start_ms < after.time_ms and pause.end_ms > start_ms for pause in beatmap.breaks)


def _suggestion(rated: RatedObservation, wording: Wording) -> Suggestion:
    observation, names = rated.observation, wording.names
    words = wording.words(observation)
    time_ms = observation.time_ms if words.time_ms is None else words.time_ms
    points_at_object = observation.obj is not None and words.time_ms is None
    objects = (observation.obj,) if points_at_object else ()
    message, end_time_ms_ = words.message, words.end_time_ms
    if rated.passage_ms is not None:
        start_ms, end_time_ms_ = rated.passage_ms
        span = f"{names.stamp(start_ms)} to {names.stamp(end_time_ms_)}"
        message = f"{message.rstrip('.')}; {rated.count} such changes from {span}."
    if rated.count > 1 and observation.aspect is not Aspect.OFFSET and rated.last_obj is not None:
        end_time_ms_ = names.beatmap.hit_objects[rated.last_obj].time_ms
        message = f"{message.rstrip('.')} ({rated.count} objects up to {names.stamp(end_time_ms_)})."
    return Suggestion(
        category=CATEGORY_OF[observation.aspect],
        source=Source.SURPRISAL,
        severity=severity_of(rated.per_minute),
        time_ms=time_ms,
        stamp=names.stamp(time_ms, objects),
        link=names.link(time_ms, objects),
        subject=_subject(observation, names),
        message=message,
        expected=words.expected,
        actual=words.actual,
        surprisal=observation.surprise.relative,
        per_minute=rated.per_minute,
        end_time_ms=end_time_ms_,
        count=rated.count,
        objects=() if observation.obj is None else (observation.obj,),
        fix=words.fix if _is_mended_at_once(rated) else None,
    )


def _is_mended_at_once(rated: RatedObservation) -> bool:
    """Return whether one fix is enough.

    Of successive changes, this holds only for a change there and back.
    """
    is_there_and_back = rated.passage_ms is not None and rated.count == 2
    return rated.count == 1 or is_there_and_back or rated.observation.aspect is Aspect.OFFSET


def severity_of(per_minute: float) -> Severity:
    if per_minute <= CERTAIN_PER_MINUTE:
        return Severity.CERTAIN
    return Severity.LIKELY if per_minute <= LIKELY_PER_MINUTE else Severity.POSSIBLE


def _subject(observation: Observation, names: MapNames) -> str:
    """Return the subject of a suggestion, in a word or two."""
    if observation.aspect is Aspect.ABSENCE:
        return "gap"
    if observation.obj is not None:
        kind = names.kind(names.beatmap.hit_objects[observation.obj])
        return f"{kind}, {observation.part}" if observation.part else kind
    if observation.aspect in (Aspect.OFFSET, Aspect.LINES) or isinstance(observation.actual, BarFit):
        return RED_LINE
    if observation.aspect is Aspect.SCROLL:
        return "green line"
    return "beat" if observation.aspect is Aspect.BEAT else "kiai"


def drain_minutes(beatmap: Beatmap) -> float:
    """Return the minutes from the first to the last object.

    False alarms are counted over them.
    """
    times_ms = [obj.time_ms for obj in beatmap.hit_objects]
    return (max(times_ms) - min(times_ms)) / 60_000 if times_ms else 0.0
