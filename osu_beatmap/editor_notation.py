"""Notation of the osu! editor for points in time: `01:23:456`."""

from __future__ import annotations


def clock(time_ms: float) -> str:
    """Format a time as mm:ss:mmm; times before the song have a minus."""
    total = round(time_ms)
    sign, total = ("-", -total) if total < 0 else ("", total)
    return f"{sign}{total // 60_000:02}:{total // 1000 % 60:02}:{total % 1000:03}"
