"""Verdict on one case."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np


class Verdict(Enum):
    OK = "ok"
    ARGUED = "argued"  # differs, for a reason that the note gives
    DIFFERS = "differs"
    PENDING = "pending"  # nothing here can be compared yet


@dataclass(frozen=True, slots=True)
class CaseResult:
    """Result of a case.

    `figure` is the number behind the verdict, with its unit; `note` states the difference or its reason.
    """

    kind: str
    case: str
    verdict: Verdict
    figure: str = ""
    note: str = ""

    @property
    def fails(self) -> bool:
        return self.verdict is Verdict.DIFFERS


Outcome = tuple[Verdict, str, str]
"""Verdict, figure and note of a case."""

Named = Iterator[tuple[str, Callable[[], Outcome]]]
"""Cases by name, each with its comparison."""


def each_case(kind: str, cases: Named) -> Iterator[CaseResult]:
    """Yield the results of named comparisons.

    A comparison that raises counts as different; the others continue.
    """
    for name, compare in cases:
        try:
            verdict, figure, note = compare()
        except Exception as error:
            verdict, figure, note = Verdict.DIFFERS, "", f"failed: {type(error).__name__}: {error}"
        yield CaseResult(kind, name, verdict, figure, note)


def compare_within(ours: np.ndarray, theirs: np.ndarray, limit: float, relative: bool = False) -> Outcome:
    """Compare arrays: max |ours - theirs| is at most `limit`.

    If `relative`, the limit is multiplied by max |theirs|. Equal infinities match.
    """
    if ours.shape != theirs.shape:
        return Verdict.DIFFERS, "", f"shape {ours.shape}, not {theirs.shape}"
    infinite = np.isinf(theirs)
    if (
        not np.array_equal(np.where(infinite, ours, 0), np.where(infinite, theirs, 0))
        or not np.isfinite(ours[~infinite]).all()
    ):
        return Verdict.DIFFERS, "", "infinite in other places"
    theirs = theirs[~infinite].astype(np.float64)
    error = float(np.abs(ours[~infinite] - theirs).max(initial=0.0))
    bound = limit * (float(np.abs(theirs).max(initial=0.0)) if relative else 1.0)
    figure = f"{error / bound * limit if relative and bound else error:.1e}"
    return (Verdict.OK if error <= bound else Verdict.DIFFERS), figure, ""


def identical(ours: object, theirs: object) -> Outcome:
    """Compare two values for equality."""
    if ours == theirs:
        return Verdict.OK, "identical", ""
    return Verdict.DIFFERS, "", f"{_short(ours)}, not {_short(theirs)}"


def same_list(ours: Sequence, theirs: Sequence, unit: str) -> Outcome:
    """Compare two lists for equality.

    The figure counts their items, the note has the first difference.
    """
    if list(ours) == list(theirs):
        return Verdict.OK, f"{len(theirs)} {unit}", ""
    pairs = enumerate(zip(ours, theirs, strict=False))
    place = next((index for index, (own, other) in pairs if own != other), min(len(ours), len(theirs)))
    parts = (_short(items[place : place + 2]) for items in (ours, theirs))
    return Verdict.DIFFERS, "", f"{len(ours)} and {len(theirs)} {unit}; from {place} on {', not '.join(parts)}"


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."
