"""Parts of a reference map: contexts to read, and parts to keep."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from osu_beatmap.attributes import attributes_of
from osu_beatmap.beatmap import EFFECT_KIAI, EFFECT_OMIT_BARLINE, Beatmap, TimingPoint
from osu_beatmap.star_rating import stars_or_none
from osu_beatmap.timing.active_point import Timing
from osu_beatmap.timing.beat_grid import sort_lines
from osu_beatmap.timing.edits import set_kiai
from osuT5.dataset.contexts import ContextTemplate
from osuT5.encoding import encode_context
from osuT5.generation.chart_state import ChartState, ContextInput
from osuT5.generation.window_schedule import LONGEST_OBJECT_MS
from osuT5.tokens.contract import INPUT_CONTEXTS, Contract
from osuT5.tokens.events import ContextKind, EventGroup
from pipeline.finishing.working_map import with_sound
from pipeline.request.options import RequestError, ScopeOptions

USUAL_CONTEXTS = ("NONE", "TIMING", "TIMING,KIAI", "MAP")


def check_trained(scope: ScopeOptions, contract: Contract) -> None:
    """Raise RequestError for a given context without training."""
    unknown = [part for part in scope.in_context if part in INPUT_CONTEXTS and part not in contract.vocabulary.contexts]
    if not unknown:
        return
    others = [f"{part.name},TIMING,KIAI" for part in INPUT_CONTEXTS if part in contract.vocabulary.contexts]
    known = ", ".join(f"[{name}]" for name in (*USUAL_CONTEXTS, *others))
    raise RequestError(
        f"{contract.name} was not trained for {unknown[0].name} in in_context; it was trained for {known}."
    )


def add_reference_parts(
    chart: ChartState, scope: ScopeOptions, reference: Beatmap | None, contract: Contract, song_ms: float
) -> None:
    """Add to a chart the parts that are given or not requested.

    Timing is not among them: its lines are needed to hear anything else. Raises RequestError where the model was not
    trained for what is given, or the reference has nothing to give.
    """
    check_trained(scope, contract)
    given = [part for part in scope.in_context if part is not ContextKind.NONE]
    mode = chart.attributes.mode
    order = contract.contexts_of(mode)
    if reference is not None and given:
        plan = ContextTemplate(tuple(given)).make_plan(order)
        inputs = [_input(part, reference, contract, song_ms) for part in plan.inputs if _reads(part, contract)]
        chart.inputs = tuple(inputs)
        chart.guide = reference if ContextKind.GD in plan.inputs else None
        for part in given:
            if part in order and part is not ContextKind.TIMING:
                chart.contexts[part] = _encode(reference, part, contract, song_ms)
    wanted = [place for place, part in enumerate(order) if part in scope.output_type]
    for part in order[max(wanted, default=-1) + 1 :]:
        chart.contexts.setdefault(part, ())


def _reads(part: ContextKind, contract: Contract) -> bool:
    """Return whether the model was trained to read a part first.

    A model without that training predicts timing and kiai from the song alone, as for a new map.
    """
    return part in INPUT_CONTEXTS or any(known in contract.vocabulary.contexts for known in INPUT_CONTEXTS)


def _input(part: ContextKind, reference: Beatmap, contract: Contract, song_ms: float) -> ContextInput:
    if part is not ContextKind.GD:
        return ContextInput(part, _encode(reference, part, contract, song_ms))
    attributes = attributes_of(reference, stars_or_none(reference))
    return ContextInput(part, _encode(reference, ContextKind.MAP, contract, song_ms), attributes)


def _encode(beatmap: Beatmap, part: ContextKind, contract: Contract, song_ms: float) -> list[EventGroup]:
    try:
        return encode_context(beatmap, part, contract.encoding, song_ms)
    except ValueError as error:
        raise RequestError(f"beatmap_path cannot give {part.name}: {error}.") from error


def begin_before(
    chart: ChartState, scope: ScopeOptions, reference: Beatmap, contract: Contract, song_ms: float
) -> None:
    """Start a chart with the reference's objects before the span."""
    start_ms = float(scope.start_time_ms or 0)
    earlier = [obj for obj in reference.hit_objects if start_ms - LONGEST_OBJECT_MS <= obj.time_ms < start_ms]
    before = chart.before = replace(reference, hit_objects=earlier)
    for part in contract.contexts_of(chart.attributes.mode):
        groups = _encode(before, part, contract, song_ms)
        if part is not ContextKind.MAP:
            groups = [group for group in groups if group.time_ms < start_ms]
        chart.begun[part] = groups


# ---- parts that stay ----


def copy_red_lines(reference: Beatmap | None) -> list[TimingPoint]:
    """Copy the red lines of a reference; raise RequestError without any."""
    lines = [replace(point) for point in reference.timing_points if point.uninherited] if reference else []
    if not lines:
        raise RequestError("in_context=[TIMING] needs a beatmap_path whose beatmap has timing.")
    return lines


def with_reference_parts(beatmap: Beatmap, scope: ScopeOptions, reference: Beatmap | None) -> Beatmap:
    """Restore the given timing and kiai of the reference, to the millisecond.

    Kiai that is neither given nor asked for is left out. The red lines of a reference without objects stay as they are:
    volume and kiai at their times are green lines.
    """
    lines = beatmap.timing_points
    if reference is not None and ContextKind.TIMING in scope.in_context:
        lines = _with_reds(lines, copy_red_lines(reference))
    if reference is not None and ContextKind.KIAI in scope.in_context:
        lines = with_kiai_of(lines, reference)
    elif ContextKind.KIAI not in scope.output_type:
        lines = set_kiai(lines, [])
    if reference is not None and ContextKind.TIMING in scope.in_context and not reference.hit_objects:
        lines = _with_unchanged_reds(lines, copy_red_lines(reference))
    return replace(beatmap, timing_points=lines)


def with_kiai_of(lines: Sequence[TimingPoint], reference: Beatmap) -> list[TimingPoint]:
    """Apply the kiai of a reference to timing points."""
    return set_kiai(lines, Timing(reference.timing_points).kiai_spans())


def _with_reds(lines: Sequence[TimingPoint], reds: Sequence[TimingPoint]) -> list[TimingPoint]:
    """Replace the red lines; keep sound and kiai at their times."""
    said = {round(line.time_ms): line for line in lines if line.uninherited}
    moved = {round(red.time_ms): red.time_ms for red in reds}
    found = []
    for red in reds:
        line = said.get(round(red.time_ms), red)
        effects = red.effects & EFFECT_OMIT_BARLINE | line.effects & EFFECT_KIAI
        found.append(with_sound(red, line, effects=effects))
    greens = [replace(line, time_ms=moved.get(line.time_ms, line.time_ms)) for line in lines if not line.uninherited]
    return sort_lines([*found, *(line for line in greens if line.time_ms >= reds[0].time_ms)])


def _with_unchanged_reds(lines: Sequence[TimingPoint], reds: Sequence[TimingPoint]) -> list[TimingPoint]:
    """Replace red lines by given ones at their times.

    A green line at such a time states the differences.
    """
    given = {red.time_ms: red for red in reds}
    green_times_ms = {line.time_ms for line in lines if not line.uninherited}
    found: list[TimingPoint] = []
    for line in lines:
        red = given.get(line.time_ms) if line.uninherited else None
        found.append(red or line)
        if red is None or line.time_ms in green_times_ms:
            continue
        green = replace(line, beat_length_ms=-100.0, uninherited=False, effects=line.effects & EFFECT_KIAI)
        if green != replace(red, beat_length_ms=-100.0, uninherited=False, effects=red.effects & EFFECT_KIAI):
            found.append(green)
    return found
