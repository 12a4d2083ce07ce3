"""Text about one observation."""

from __future__ import annotations

from dataclasses import dataclass

from modding.fixes import Fix


@dataclass(frozen=True, slots=True)
class SuggestionText:
    """Text of a suggestion; `time_ms` is its place if not the object's."""

    message: str
    actual: str = ""
    expected: str = ""
    fix: Fix | None = None
    time_ms: float | None = None
    end_time_ms: float | None = None
