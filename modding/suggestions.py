"""What a review tells a mapper: one suggestion for one fault, with where it is and what would mend it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import Enum

from modding.aspects import Category
from modding.fixes import Fix


class Source(Enum):
    """Who says so."""

    SURPRISAL = "surprisal"
    """The model, and the map's own habits: an opinion."""
    RULE = "rule"
    """A rule that can be looked up."""


class Severity(Enum):
    """How much a suggestion matters, from most to least."""

    PROBLEM = "problem"
    """Breaks a rule of the ranking criteria."""
    WARNING = "warning"
    """Breaks a guideline, or differs from the other difficulties."""
    LIKELY = "likely"
    """As surprising as hardly anything in a human's map."""
    POSSIBLE = "possible"
    """Surprising; a human's map has such a place now and then."""
    SUBJECTIVE = "subjective"
    """Listed only because more was asked for."""

    @property
    def rank(self) -> int:
        return list(Severity).index(self)


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One suggestion.

    id          names it on the command line (`apply=[id]`): what it is about and when, the same in every run
    stamp, link  the place as the editor writes it, and a link that opens it
    surprisal   relative surprisal (bits over bits expected); None for rules
    per_minute  how often human maps of this mode surprise as much under this aspect; None for rules
    rule        the name of the rule; empty for the model's opinions
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
    rule: str = ""
    documented: bool = False
    end_time_ms: float | None = None
    count: int = 1
    objects: tuple[int, ...] = ()
    fix: Fix | None = None


@dataclass(frozen=True, slots=True)
class Review:
    """The suggestions about one map in order of time, and what they were made from."""

    title: str
    version: str
    mode: str
    stars: float
    song_ms: float
    suggestions: tuple[Suggestion, ...]
    notes: tuple[str, ...] = ()
    path: str = ""


def with_distinct_ids(suggestions: Iterable[Suggestion]) -> list[Suggestion]:
    """Ids made from category and time, those of one name counted on."""
    seen: Counter[str] = Counter()
    named = []
    for suggestion in suggestions:
        time = "map" if suggestion.time_ms is None else str(round(suggestion.time_ms))
        name = f"{suggestion.category.value}-{time}"
        seen[name] += 1
        named.append(replace(suggestion, id=name if seen[name] == 1 else f"{name}-{seen[name]}"))
    return named


def in_time(suggestions: Iterable[Suggestion]) -> list[Suggestion]:
    """By time, what is about the whole map first."""
    return sorted(suggestions, key=lambda each: (-1e12 if each.time_ms is None else each.time_ms, each.severity.rank))


def most_surprising_first(suggestions: Iterable[Suggestion]) -> list[Suggestion]:
    """Rules by severity, then opinions by how rare such a surprise is."""

    def key(each: Suggestion) -> tuple:
        rarity = 0.0 if each.per_minute is None else each.per_minute
        return each.source is Source.SURPRISAL, each.severity.rank if each.source is Source.RULE else 0, rarity

    return sorted(suggestions, key=key)
