"""Scope of a request: given and generated parts of a map.

Incomplete requests are completed and checked.
"""

from __future__ import annotations

from dataclasses import replace

from osu_beatmap.song_bounds import LONGEST_SONG_MS
from osuT5.tokens.events import ContextKind
from pipeline.request.options import WHOLE_MAP, GenerationRequest, RequestError, ScopeOptions

NOTHING = (ContextKind.NONE,)
SHORTEST_PART_MS = 1000
"""A shorter part at the very start of a song is probably given in seconds."""


def with_open_parts(request: GenerationRequest, is_requested: bool) -> GenerationRequest:
    """Set `output_type` to the parts that `in_context` leaves open.

    Given parts need not be generated. `is_requested` states whether the user named the parts to generate.
    """
    scope = request.scope
    if ContextKind.NO_HS in scope.in_context:
        # A finished map has its timing and kiai.
        scope = replace(scope, in_context=_add_contexts(scope.in_context, ContextKind.TIMING, ContextKind.KIAI))
        output = scope.output_type if is_requested else (ContextKind.MAP,)
        return replace(request, scope=replace(scope, output_type=output))
    if scope.add_to_beatmap:
        kept = [
            part for part in (ContextKind.TIMING, ContextKind.KIAI) if not (is_requested and part in scope.output_type)
        ]
        scope = replace(scope, in_context=_add_contexts(scope.in_context, *kept))
    if not is_requested:
        scope = replace(scope, output_type=tuple(part for part in WHOLE_MAP if part not in scope.in_context))
    return replace(request, scope=scope)


def check_scope(request: GenerationRequest) -> None:
    """Raise RequestError for the first impossible part."""
    scope = request.scope
    if ContextKind.NONE in scope.in_context and len(scope.in_context) > 1:
        raise RequestError("in_context must be either [NONE] or a list of given parts, not both.")
    both = [part.name for part in scope.output_type if part in scope.in_context]
    if both:
        raise RequestError(f"{both[0]} is in in_context and in output_type; a part is either given or generated.")
    for part in scope.output_type:
        if part not in WHOLE_MAP:
            raise RequestError(f"output_type may contain TIMING, KIAI, MAP, SV, got {part.name}.")
    if scope.super_timing and ContextKind.TIMING not in scope.output_type:
        raise RequestError("super_timing predicts the timing, but TIMING is not in output_type.")
    _check_reference(request)
    if not request.model.parity:
        _check_parts(scope)
    check_part(scope.start_time_ms, scope.end_time_ms)


def check_part(start_ms: int | None, end_ms: int | None) -> None:
    """Raise RequestError for a part that ends before it starts.

    Times in seconds are refused, too.
    """
    if end_ms is None:
        return
    if start_ms is not None and end_ms <= start_ms:
        raise RequestError(f"end_time must be later than start_time ({start_ms}), got {end_ms}.")
    first_ms = start_ms or 0
    if end_ms - first_ms < SHORTEST_PART_MS and end_ms <= LONGEST_SONG_MS / 1000:
        raise RequestError(
            f"The part from start_time to end_time is {end_ms - first_ms} ms long, but times are in ms: for seconds, "
            f"give start_time={1000 * first_ms} end_time={1000 * end_ms}."
        )


def _check_reference(request: GenerationRequest) -> None:
    scope = request.scope
    needs_map = {"in_context": scope.in_context != NOTHING, "add_to_beatmap": scope.add_to_beatmap}
    # What adding gives by itself is no wish of the user's.
    for name in reversed(needs_map) if scope.add_to_beatmap else needs_map:
        if needs_map[name] and request.song.beatmap_path is None:
            raise RequestError(f"{name} needs a reference map: give one with beatmap_path=map.osu.")
    if scope.overwrite_reference_beatmap and not scope.add_to_beatmap:
        raise RequestError("overwrite_reference_beatmap=true needs add_to_beatmap=true, which changes an existing map.")


def _check_parts(scope: ScopeOptions) -> None:
    """Check that the parts can be generated from the given ones."""
    given, made = set(scope.in_context), set(scope.output_type)
    names = ContextKind
    if not made:
        raise RequestError("Nothing is left to generate: in_context gives all parts of the map.")
    if names.NO_HS in given and made != {names.MAP}:
        raise RequestError("in_context=[NO_HS,...] adds hitsounds to a finished map: output_type must be [MAP].")
    if names.NO_HS in given and names.MAP in given:
        raise RequestError("in_context has the map twice: MAP with its hitsounds, and NO_HS without them.")
    if names.GD in given and names.MAP not in made:
        raise RequestError("GD is the reference for a new map, but MAP is not in output_type.")
    if names.TIMING not in given | made:
        raise RequestError("A map needs its timing: put TIMING into output_type, or into in_context to keep it.")
    if names.SV in made and names.MAP not in given | made:
        raise RequestError(
            "SV goes with the objects of a map: put MAP into output_type, or into in_context to keep it."
        )
    if scope.add_to_beatmap and names.TIMING in made:
        raise RequestError("add_to_beatmap=true keeps the timing of the map: remove TIMING from output_type.")
    if scope.is_part and names.MAP not in made and not scope.add_to_beatmap:
        raise RequestError("start_time and end_time are for objects, or with add_to_beatmap=true for other parts.")


def _add_contexts(context: tuple[ContextKind, ...], *more: ContextKind) -> tuple[ContextKind, ...]:
    return tuple(dict.fromkeys(part for part in (*context, *more) if part is not ContextKind.NONE)) or NOTHING
