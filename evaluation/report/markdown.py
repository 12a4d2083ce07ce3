"""Markdown tables, for reports and benchmarks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def table(columns: Sequence[str], rows: Iterable[Sequence[object]], rule: str = "---") -> str:
    """Format a table; `rule` is a cell of its second line."""
    lines = [f"| {' | '.join(map(str, line))} |" for line in (columns, *rows)]
    return "\n".join([lines[0], f"|{rule}" * len(columns) + "|", *lines[1:]])
