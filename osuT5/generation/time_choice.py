"""When the next object begins: a choice of its own, because a time drawn from the tail skips all objects before it.

What a model writes is the time of the next object, so the chance that one begins at t, given that none did before, is
p(t) / p(not before t). Times are gone through from early to late, and that chance is compared with a threshold: for the
F1 of all objects the best one is half the F1 that can be reached (Lipton et al. 2014, "Optimal thresholding of
classifiers to maximize F1 measure"), well below one half. The likeliest token would compare a sound with all later ones
instead, and leave out what it is unsure of again and again.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from osuT5.events import ContextKind, EventKind
from osuT5.generation.draws import draw_beginning
from osuT5.generation.logit_rules import Row
from osuT5.vocabulary import Vocabulary


@dataclass(frozen=True, slots=True)
class TimeChoice:
    """Takes or leaves each time that stands out, in order.

    A chance c is taken with the odds (c / (1 - c) * (1 - threshold) / threshold) ** (1 / temperature); at temperature 0
    when it reaches the threshold. A threshold of 0.5 at temperature 1 draws from the model's own chances. A row may
    have a threshold of its own.
    """

    vocabulary: Vocabulary
    threshold: float
    temperature: float

    def __call__(self, scores: Tensor, row: Row, uniform: float) -> int | None:
        """The id of a time, or of the context's end, from scores [vocabulary out] where forbidden ones are -inf.

        None where it is not the beginning of an object that is asked for: another token, the end of a slider.
        uniform: the random number of this token, in [0, 1)
        """
        if row.context is not ContextKind.MAP or (row.grammar is not None and row.grammar.waiting):
            return None
        end_id = self.vocabulary.context_eos(row.context)
        times, end, total = shares_of_times(scores[None], self.vocabulary.ids_of(EventKind.TIME), end_id)
        if float(total) < LEAST_SHARE:
            return None
        threshold = self.threshold if row.time_threshold is None else row.time_threshold
        thresholds = torch.tensor([threshold], dtype=torch.float64)
        uniforms = torch.tensor([uniform], dtype=torch.float64)
        step = int(draw_beginning(times / total, uniforms, thresholds, self.temperature))
        if step == times.shape[1]:
            if float(end) > 0:
                return end_id
            step = int(times.argmax())
        return self.vocabulary.ids_of(EventKind.TIME).start + step


LEAST_SHARE = 0.5
"""Times and the end must be so likely together for it to be them that are asked for."""


def shares_of_times(scores: Tensor, time_ids: range, end_id: int) -> tuple[Tensor, Tensor, Tensor]:
    """The share of each time [rows, steps], of the end [rows], and of all of these [rows].

    scores: [rows, vocabulary out]
    """
    shares = scores.softmax(1)
    times, end = shares[:, time_ids.start : time_ids.stop], shares[:, end_id]
    return times, end, times.sum(1) + end
