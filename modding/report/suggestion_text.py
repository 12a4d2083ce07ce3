"""Text about one observation."""

from __future__ import annotations

from dataclasses import dataclass

from modding.fixes import Fix


@dataclass(frozen=True, slots=True)
class SuggestionText:
    """`time_ms`: where to look, if not where the object is."""

    message: str
    actual: str = ""
    expected: str = ""
    fix: Fix | None = None
    time_ms: float | None = None
    end_time_ms: float | None = None
