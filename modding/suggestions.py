"""Suggestions to a mapper: one for each fault, with place and fix."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import Enum

from modding.aspects import Category
from modding.fixes import Fix


class Source(Enum):
    """Origin of a suggestion."""

    SURPRISAL = "surprisal"
    """The models and the habits of the map: an opinion."""
    RULE = "rule"
    """A documented rule."""
    MAP = "map"
    """A comparison of the whole map with human-made ones."""


class Severity(Enum):
    """Importance of a suggestion, from most to least."""

    PROBLEM = "problem"
    """Breaks a rule of the ranking criteria."""
    WARNING = "warning"
    """Breaks a guideline, or differs from the other difficulties."""
    CERTAIN = "certain"
    """Rarer than anything in the measured human-made maps."""
    LIKELY = "likely"
    """Very rare in human-made maps."""
    POSSIBLE = "possible"
    """Unusual; a human-made map has such a place now and then."""

    @property
    def rank(self) -> int:
        return list(Severity).index(self)

    @property
    def label(self) -> str:
        return "worth a look" if self is Severity.POSSIBLE else self.value


@dataclass(frozen=True, slots=True)
class Place:
    """Time in a map in the editor's notation, with a link."""

    time_ms: float
    stamp: str
    link: str


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One suggestion.

    id          names it on the command line (`apply=[id]`): what it is about and when, the same in every run
    stamp, link  the place as the editor writes it, and a link that opens it
    surprisal   relative surprisal (bits over bits expected); None for rules
    per_minute  how often human maps of this mode surprise as much under this aspect; None for rules
    per_map     share of human-made maps that are as far from the others; None for single places
    places      the worst places of what is about the whole map
    rule        the name of the rule, or of the metric; empty for opinions about single places
    documented  whether it can be looked up in the ranking criteria
    count       how many places it stands for, where one cause shows in several
    """

    category: Category
    source: Source
    severity: Severity
    subject: str
    message: str
    id: str = ""
    time_ms: float | None = None
    stamp: str = ""
    link: str = ""
    expected: str = ""
    actual: str = ""
    surprisal: float | None = None
    per_minute: float | None = None
    per_map: float | None = None
    places: tuple[Place, ...] = ()
    rule: str = ""
    documented: bool = False
    end_time_ms: float | None = None
    count: int = 1
    objects: tuple[int, ...] = ()
    fix: Fix | None = None


@dataclass(frozen=True, slots=True)
class MapScore:
    """Weighted suggestions for each minute of a map; the fewer, the better.

    Attributes:
        usual: Score that half of the human-made maps of the mode exceed; NaN if none were measured.
        cleaner_share: Fraction of human-made maps with a score of at most this one; NaN likewise.
    """

    per_minute: float
    usual: float
    cleaner_share: float


@dataclass(frozen=True, slots=True)
class Review:
    """Suggestions about one map in order of time, and their sources.

    Attributes:
        timing: Red lines of the map, each with the confidence that the song has its beats; see `timing_of`.
        score: None for what is not about one map.
    """

    title: str
    version: str
    mode: str
    stars: float
    song_ms: float
    suggestions: tuple[Suggestion, ...]
    notes: tuple[str, ...] = ()
    path: str = ""
    score: MapScore | None = None
    timing: tuple[dict[str, float], ...] = ()


def with_distinct_ids(suggestions: Iterable[Suggestion]) -> list[Suggestion]:
    """Make equal ids distinct by numbers.

    Ids consist of category and time or metric.
    """
    seen: Counter[str] = Counter()
    named = []
    for suggestion in suggestions:
        time = "map" if suggestion.time_ms is None else str(round(suggestion.time_ms))
        name = f"{suggestion.category.value}-{suggestion.rule if suggestion.source is Source.MAP else time}"
        seen[name] += 1
        named.append(replace(suggestion, id=name if seen[name] == 1 else f"{name}-{seen[name]}"))
    return named


def in_time(suggestions: Iterable[Suggestion]) -> list[Suggestion]:
    """Sort suggestions by time, those about the whole map first."""
    return sorted(suggestions, key=lambda each: (-1e12 if each.time_ms is None else each.time_ms, each.severity.rank))


def most_surprising_first(suggestions: Iterable[Suggestion]) -> list[Suggestion]:
    """Sort rules by severity, then opinions by rarity of their surprisal."""

    def key(each: Suggestion) -> tuple:
        rarity = each.per_map if each.per_minute is None else each.per_minute
        is_opinion = each.source is Source.SURPRISAL
        return is_opinion, 0 if is_opinion else each.severity.rank, rarity or 0.0

    return sorted(suggestions, key=key)
