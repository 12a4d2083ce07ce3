"""Findings of rules, and difficulty levels that some rules depend on."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from enum import Enum, IntEnum


class Severity(Enum):
    """Importance of a finding."""

    PROBLEM = "problem"
    """The map breaks a rule; a generated map has none of these."""
    WARNING = "warning"
    """Worth a look by the mapper."""


class Level(IntEnum):
    """Difficulty levels of the ranking criteria.

    In catch, they are cup, salad, platter, rain and overdose.
    """

    EASY = 0
    NORMAL = 1
    HARD = 2
    INSANE = 3
    EXPERT = 4

    @classmethod
    def of_star_rating(cls, star_rating: float) -> Level:
        """Return the level that the osu! website shows for a star rating."""
        return cls(bisect_right(_STAR_LIMITS, star_rating))


_STAR_LIMITS = (2.0, 2.7, 4.0, 5.3)


@dataclass(frozen=True, slots=True)
class Finding:
    """One broken rule at one place.

    `time_ms` is None where the finding concerns the whole map; `message` is one plain sentence for a mapper;
    `objects` holds the indices into `Beatmap.hit_objects` of what is concerned.
    """

    rule: str
    severity: Severity
    time_ms: float | None
    message: str
    objects: tuple[int, ...] = ()


def problem(rule: str, time_ms: float | None, message: str, *objects: int) -> Finding:
    """Return a finding that a generated map must not have."""
    return Finding(rule, Severity.PROBLEM, time_ms, message, objects)


def warning(rule: str, time_ms: float | None, message: str, *objects: int) -> Finding:
    """Return a finding that a mapper should check."""
    return Finding(rule, Severity.WARNING, time_ms, message, objects)
