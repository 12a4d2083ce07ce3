"""Options whose stage is not built yet: accepted, and answered with one sentence as soon as they ask for something.

This is the only place that knows. Whoever builds a stage removes its line.
"""

from __future__ import annotations

from collections.abc import Callable

from osuT5.events import ContextKind
from pipeline.options import WHOLE_MAP, GenerationRequest

GIVEN_CONTEXTS = ((ContextKind.NONE,), (ContextKind.TIMING,))
"""Values of `in_context` that can be met so far."""

Asked = Callable[[GenerationRequest], bool]

LATER_OPTIONS: tuple[tuple[str, Asked], ...] = (
    ("add_to_beatmap=true (changing an existing map)", lambda r: r.scope.add_to_beatmap),
    ("start_time (mapping part of a song)", lambda r: r.scope.start_time_ms is not None),
    ("end_time (mapping part of a song)", lambda r: r.scope.end_time_ms is not None),
    ("in_context other than [NONE] or [TIMING]", lambda r: r.scope.in_context not in GIVEN_CONTEXTS),
    ("output_type that leaves out a part of the map", lambda r: not (_is_whole(r) or r.scope.is_timing_alone)),
    ("cfg_scale other than 1 (guidance)", lambda r: r.sampling.cfg_scale != 1),
    ("negative_descriptors (guidance)", lambda r: bool(r.map.negative_descriptors)),
)


def not_built_yet(request: GenerationRequest) -> str | None:
    """One sentence about the first thing asked for that is not there yet; None where all is."""
    for what, is_asked in LATER_OPTIONS:
        if is_asked(request):
            return f"{what} is not part of this version yet."
    return None


def _is_whole(request: GenerationRequest) -> bool:
    """SV may be left out: only mania has it as a part of its own."""
    scope = request.scope
    asked = {*scope.in_context, *scope.output_type}
    return asked >= {*WHOLE_MAP} - {ContextKind.SV}
