"""Choices of a mapper, with probabilities by other choices of the map.

A question about an object has candidates for an answer. Each view of it gives every candidate a chance, from counts
over the other objects of the map or from places whose surroundings are alike (`surroundings`). Views know much of the
same, so their log chances are weighted, not added, and the candidates' chances made to sum to one again: a conditional
logistic regression (McFadden 1974), whose weights `benchmarks.mai_mod.habit_weights` finds.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from modding.aspects import Aspect
from osuT5.generation.token_scores import Surprisal

LEAST_CHANCE = 1e-9


@dataclass(frozen=True, slots=True)
class Question:
    """Question about an object with candidates for the answer.

    `actual` is the index of the candidate that it is. `other` is another object that the answer is equally about, as a
    distance is about the object that it is measured from.
    """

    obj: int
    candidates: tuple[Hashable, ...]
    actual: int
    other: int | None = None

    @property
    def answer(self) -> Hashable:
        return self.candidates[self.actual]


@dataclass(frozen=True, slots=True)
class ViewedQuestion:
    """Question in a view of counts.

    It has contexts from general to special, and the class of each candidate.
    """

    contexts: tuple[Hashable, ...]
    classes: tuple[Hashable, ...]


View = Sequence[np.ndarray]
"""Log chances of the candidates of each question."""


@dataclass(frozen=True, slots=True)
class Choices:
    """Questions of one aspect of a map, with views by name."""

    aspect: Aspect
    questions: Sequence[Question]
    views: Mapping[str, View]


@dataclass(frozen=True, slots=True)
class HabitScore:
    """Score of an answer by habits: its surprisal, and the usual answer.

    `chances` are the log probabilities of all candidates, in nats, if there are few.
    """

    surprise: Surprisal
    usual: Hashable
    chances: Mapping[Hashable, float] = field(default_factory=dict)


def counted(questions: Sequence[Question], seen: Sequence[ViewedQuestion]) -> View:
    """Return probabilities by counts of earlier choices in a context.

    The question itself is excluded. A special context counts more if it occurs often and has few classes (interpolated
    Witten-Bell smoothing; Bell, Cleary & Witten 1990, "Text Compression"). Candidates of one class share its
    probability.
    """
    counts: dict[Hashable, Counter] = defaultdict(Counter)
    for question, each in zip(questions, seen, strict=True):
        for context in ((), *each.contexts):
            counts[context][each.classes[question.actual]] += 1
    plainest = 1.0 / (len(counts[()]) + 1)
    return [
        _log_chances(counts, each, each.classes[q.actual], plainest) for q, each in zip(questions, seen, strict=True)
    ]


def count_views(questions: Sequence[Question], seen: Sequence[Mapping[str, ViewedQuestion]]) -> dict[str, View]:
    """Return each view's probabilities by counts.

    `seen` has each question in all views.
    """
    names = seen[0] if seen else ()
    return {name: counted(questions, [each[name] for each in seen]) for name in names}


def _log_chances(
    counts: Mapping[Hashable, Counter], seen: ViewedQuestion, own: Hashable, plainest: float
) -> np.ndarray:
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
    """Return the score of each question by all views together.

    Views without a weight do not count.
    """
    used = {name: view for name, view in choices.views.items() if weights.get(name)}
    scores = []
    for number, question in enumerate(choices.questions):
        logits = sum((weights[name] * view[number] for name, view in used.items()), np.zeros(len(question.candidates)))
        log_chances = logits - np.logaddexp.reduce(logits)
        bits = -np.maximum(log_chances, math.log(LEAST_CHANCE)) / math.log(2)
        surprise = Surprisal(float(bits[question.actual]), float(np.exp(log_chances) @ bits))
        chances = dict(zip(question.candidates, log_chances.tolist(), strict=True))
        scores.append(HabitScore(surprise, question.candidates[int(log_chances.argmax())], chances))
    return scores
