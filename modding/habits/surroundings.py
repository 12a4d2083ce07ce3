"""Choices of a mapper in similar surroundings elsewhere in the map.

Maps repeat themselves, by bars and by sections.

What stands around a place (marks, some ticks away, the nearer the more) and where in its bar the place is make a
vector; the more alike two places are (by the angle between their vectors), the more the answer at one says about the
other. This is kernel regression (Nadaraya 1964, Watson 1964) over the other places of the map.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from modding.habits.choices import Question, View
from modding.habits.places import TICKS_PER_BEAT

RADIUS = 4 * TICKS_PER_BEAT
DECAY = 2.0 * TICKS_PER_BEAT
"""Radius of the surroundings of a place, and distance at which a mark weighs 1/e, both in ticks."""

PHASE_SHARE = 1.0
SHARPNESS = 20.0
"""Decay of the weight of less similar places: e^-SHARPNESS without any similarity."""

DOUBT_LIKENESS = 0.5
"""Similarity below which all candidates are equally likely."""

DOUBT = 0.3 * math.exp(-SHARPNESS * DOUBT_LIKENESS)

ROWS = 1024
MAX_COMPARED = 20_000
"""A place is compared with at most so many others around it: work grows with the length of a song, not its square."""

NO_MARK = -1


@dataclass(frozen=True, slots=True)
class Marks:
    """Marks on ticks, each of one of `kind_count` kinds from 0 on.

    Attributes:
        share: Weight next to other marks.
        apart: Marks nearer to a place than this number of ticks do not count; a place's own mark never does.
    """

    ticks: Sequence[int]
    kinds: Sequence[int]
    kind_count: int
    share: float = 1.0
    apart: int = 0

    def around(self, ticks: Sequence[int], own: np.ndarray | None = None) -> np.ndarray:
        """Return vectors [places, ...] of the surroundings of places at ticks.

        Args:
            own: The places' own marks [places, marks of each], NO_MARK if there is none. By default, each place has
                the one mark of its index.
        """
        at_ticks = np.array(ticks, int)
        if not len(at_ticks):
            return np.zeros((0, 0), np.float32)
        own = np.arange(len(at_ticks)) if own is None else own
        mark_ticks, kinds = np.array(self.ticks, int), np.array(self.kinds, int)
        order = np.argsort(mark_ticks, kind="stable")
        sorted_ticks = mark_ticks[order]
        low = np.searchsorted(sorted_ticks, at_ticks - RADIUS)
        counts = np.searchsorted(sorted_ticks, at_ticks + RADIUS, side="right") - low
        rows = np.repeat(np.arange(len(at_ticks)), counts)
        marks = order[np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts) + np.repeat(low, counts)]
        away = mark_ticks[marks] - at_ticks[rows]
        seen = (marks[:, None] != own.reshape(len(at_ticks), -1)[rows]).all(1) & (np.abs(away) >= self.apart)
        rows, marks, away = rows[seen], marks[seen], away[seen]
        distances, place = np.unique(away, return_inverse=True)
        vectors = np.zeros((len(at_ticks), len(distances) * self.kind_count), np.float32)
        vectors[rows, place * self.kind_count + kinds[marks]] = self.share * np.exp(-np.abs(away) / DECAY)
        return vectors


class Surroundings:
    """Unit vectors of places [places, ...].

    Vectors of two instances are comparable if made from similar marks.
    """

    def __init__(self, vectors: np.ndarray) -> None:
        self.vectors = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)

    @classmethod
    def of(cls, bar_phases: Sequence[int], *around: np.ndarray) -> Surroundings:
        """Return the surroundings of places.

        Args:
            bar_phases: Ticks of the places in their bars.
            around: Results of `Marks.around` for them, each [places, ...].
        """
        phases = np.array(bar_phases, int)
        in_bar = np.zeros((len(phases), phases.max(initial=0) + 1), np.float32)
        in_bar[np.arange(len(phases)), phases] = PHASE_SHARE
        return cls(np.concatenate([in_bar, *around], axis=1))

    def evidence(self, answers: np.ndarray, others: np.ndarray | None = None) -> np.ndarray:
        """Return the evidence for each answer [places, answers + 1].

        The last column is the total weight.

        Args:
            answers: Answers of each place [places, answers].
            others: Vectors to compare with; by default the places' own.
        """
        others = self.vectors if others is None else others
        said = np.concatenate([answers, np.ones((len(answers), 1))], axis=1)
        found = np.zeros(said.shape)
        for start in range(0, len(self.vectors), ROWS):
            first = max(0, min(start + (ROWS - MAX_COMPARED) // 2, len(others) - MAX_COMPARED))
            near = slice(first, first + MAX_COMPARED)
            likeness = self.vectors[start : start + ROWS] @ others[near].T
            weights = np.exp(SHARPNESS * (likeness - 1.0))
            own = np.arange(len(weights))
            weights[own, start - first + own] = 0.0
            found[start : start + ROWS] = weights @ said[near]
        return found


def alike(
    questions: Sequence[Question],
    surroundings: Surroundings,
    others: np.ndarray | None = None,
    answers: Sequence[object] | None = None,
) -> View:
    """Return probabilities by choices in similar surroundings.

    `answers` are those of `others`.
    """
    answers = [question.answer for question in questions] if answers is None else answers
    places = {answer: place for place, answer in enumerate(dict.fromkeys(answers))}
    said = np.zeros((len(questions), len(places) + 1))
    said[np.arange(len(questions)), [places[answer] for answer in answers]] = 1.0
    evidence = surroundings.evidence(said, others)
    view = []
    for row, question in zip(evidence, questions, strict=True):
        found = row[[places.get(candidate, len(places)) for candidate in question.candidates]]
        found = found + DOUBT / len(found) + 1e-12
        view.append(np.log(found / found.sum()))
    return view
