"""The table: case by case, then what came of each kind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from benchmarks.parity.cases import CaseResult, Verdict

CASE_WIDTH = 56


def row(result: CaseResult) -> str:
    case = result.case if len(result.case) <= CASE_WIDTH else "..." + result.case[3 - CASE_WIDTH :]
    return f"{result.kind:13}{case:{CASE_WIDTH}} {result.verdict.value:8} {result.figure:12} {result.note}".rstrip()


def summary(results: Iterable[CaseResult]) -> Iterator[str]:
    """Yield a line for each kind, and for each intended difference."""
    counts: dict[str, Counter[Verdict]] = {}
    reasons: Counter[tuple[str, str]] = Counter()
    for result in results:
        counts.setdefault(result.kind, Counter())[result.verdict] += 1
        if result.verdict is Verdict.ARGUED:
            reasons[result.kind, result.note] += 1
    yield "".join([f"{'kind':13}", *(f"{verdict.value:>9}" for verdict in Verdict)])
    for kind, verdicts in counts.items():
        yield "".join([f"{kind:13}", *(f"{verdicts[verdict]:9}" for verdict in Verdict)])
    for (kind, reason), count in reasons.items():
        yield f"argued, {kind}, {count} x: {reason}"
