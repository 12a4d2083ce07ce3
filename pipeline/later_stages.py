"""Options whose stage is not built yet: accepted, and answered with one sentence as soon as they ask for something.

This is the only place that knows. Whoever builds a stage removes its line.
"""

from __future__ import annotations

from collections.abc import Callable

from pipeline.options import GenerationRequest

Asked = Callable[[GenerationRequest], bool]

LATER_OPTIONS: tuple[tuple[str, Asked], ...] = (
    ("precision=int8 (quantised weights)", lambda r: r.model.precision == "int8"),
)


def not_built_yet(request: GenerationRequest) -> str | None:
    """One sentence about the first thing asked for that is not there yet; None where all is."""
    for what, is_asked in LATER_OPTIONS:
        if is_asked(request):
            return f"{what} is not part of this version yet."
    return None
