"""The account of what finishing a draft has changed."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from osu_beatmap.rules import Finding


@dataclass
class FinishReport:
    """Number of repairs by name, and remaining problems of a map.

    Attributes:
        repairs: Number of changes by the name of the repair.
        remaining: Problems that no repair could remove, such as a song too short for its own red line.
    """

    repairs: Counter[str] = field(default_factory=Counter)
    remaining: list[Finding] = field(default_factory=list)

    def count(self, repair: str, times: int = 1) -> None:
        if times:
            self.repairs[repair] += times
