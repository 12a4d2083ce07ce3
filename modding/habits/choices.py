"""Choices of a mapper, and how likely each answer is by what the same mapper chose elsewhere in the map.

A question about an object has candidates for an answer. Each view of it gives every candidate a chance, from counts
over the other objects of the map or from places whose surroundings are alike (`surroundings`). Views know much of the
same, so their log chances are weighted, not added, and the candidates' chances made to sum to one again: a
conditional logistic regression (McFadden 1974), whose weights `benchmarks.mai_mod.habit_weights` finds.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from modding.aspects import Aspect
from osuT5.generation.token_scores import Surprisal

LEAST_CHANCE = 1e-9


@dataclass(frozen=True, slots=True)
class Question:
    """Which of some candidates an object is: `actual` is the place of the one that it is.

    `other`: another object that the answer speaks of as much, as a distance does of the one that it is from.
    """

    obj: int
    candidates: tuple[Hashable, ...]
    actual: int
    other: int | None = None

    @property
    def answer(self) -> Hashable:
        return self.candidates[self.actual]


@dataclass(frozen=True, slots=True)
class Seen:
    """A question as a view of counts has it: contexts from plain to special, and the class of each candidate."""

    contexts: tuple[Hashable, ...]
    classes: tuple[Hashable, ...]


View = Sequence[np.ndarray]
"""Log chances of the candidates of each question."""


@dataclass(frozen=True, slots=True)
class Choices:
    """All questions of one aspect of a map, and the views of them by name."""

    aspect: Aspect
    questions: Sequence[Question]
    views: Mapping[str, View]


@dataclass(frozen=True, slots=True)
class HabitScore:
    """How much the answer surprises, and what is usual instead."""

    surprise: Surprisal
    usual: Hashable


def counted(questions: Sequence[Question], seen: Sequence[Seen]) -> View:
    """Chances from how often candidates of a class were chosen in a context, the question itself left out.

    A special context counts the more the oftener it occurs and the fewer classes it has (interpolated Witten-Bell
    smoothing; Bell, Cleary & Witten 1990, "Text Compression"). Candidates of one class share its chance.
    """
    counts: dict[Hashable, Counter] = defaultdict(Counter)
    for question, each in zip(questions, seen, strict=True):
        for context in ((), *each.contexts):
            counts[context][each.classes[question.actual]] += 1
    plainest = 1.0 / (len(counts[()]) + 1)
    return [
        _log_chances(counts, each, each.classes[q.actual], plainest) for q, each in zip(questions, seen, strict=True)
    ]


def count_views(questions: Sequence[Question], seen: Sequence[Mapping[str, Seen]]) -> dict[str, View]:
    """Return the chances by counts of each view; `seen` has each question as all views have it."""
    names = seen[0] if seen else ()
    return {name: counted(questions, [each[name] for each in seen]) for name in names}


def _log_chances(counts: Mapping[Hashable, Counter], seen: Seen, own: Hashable, plainest: float) -> np.ndarray:
    chances = dict.fromkeys(seen.classes, plainest)
    for context in ((), *seen.contexts):
        counter = counts[context]
        total = counter.total() - 1
        if not total:
            continue
        weight = total / (total + len(counter) - (counter[own] == 1))
        for answer in chances:
            share = (counter[answer] - (answer == own)) / total
            chances[answer] = weight * share + (1 - weight) * chances[answer]
    sizes = Counter(seen.classes)
    shared = np.array([chances[each] / sizes[each] for each in seen.classes])
    return np.log(shared / shared.sum())


def weigh(choices: Choices, weights: Mapping[str, float]) -> list[HabitScore]:
    """The score of each question by all views together; views without a weight do not count."""
    used = {name: view for name, view in choices.views.items() if weights.get(name)}
    scores = []
    for number, question in enumerate(choices.questions):
        logits = sum((weights[name] * view[number] for name, view in used.items()), np.zeros(len(question.candidates)))
        log_chances = logits - np.logaddexp.reduce(logits)
        bits = -np.maximum(log_chances, math.log(LEAST_CHANCE)) / math.log(2)
        surprise = Surprisal(float(bits[question.actual]), float(np.exp(log_chances) @ bits))
        scores.append(HabitScore(surprise, question.candidates[int(log_chances.argmax())]))
    return scores
