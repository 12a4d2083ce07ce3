"""Accuracy of a classifier of mappers, by excerpt and by chart.

It is the fraction whose mapper is among the most likely.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from classifier.dataset import Labels

TOP = 5


@dataclass(frozen=True, slots=True)
class Figures:
    """Metrics of a classifier.

    Attributes:
        top1: Fraction of the excerpts or charts, like `top5`.
        balanced: `top1` of each mapper, averaged over mappers.
    """

    top1: float
    top5: float
    balanced: float

    @classmethod
    def of(cls, scores: np.ndarray, truth: np.ndarray) -> Figures:
        """Compute the figures of scores [n, mappers] for the true mappers [n].

        A higher score is more likely; ties count against the truth. `n` is at least 1.
        """
        own = np.take_along_axis(scores, truth[:, None], axis=1)
        ranks = (scores >= own).sum(1)  # 1 for the likeliest
        hits = ranks == 1
        by_mapper = [hits[truth == mapper].mean() for mapper in np.unique(truth)]
        return cls(float(hits.mean()), float((ranks <= TOP).mean()), float(np.mean(by_mapper)))


def chart_scores(log_probabilities: np.ndarray, labels: Labels) -> tuple[np.ndarray, np.ndarray]:
    """Return mean scores of each chart [charts, mappers], and its mapper.

    The mean is over its excerpts; mappers are [charts].
    """
    charts, first, place = np.unique(labels.charts, return_index=True, return_inverse=True)
    sums = np.zeros((len(charts), log_probabilities.shape[1]))
    np.add.at(sums, place, log_probabilities)
    return sums / np.bincount(place)[:, None], labels.mappers[first]
