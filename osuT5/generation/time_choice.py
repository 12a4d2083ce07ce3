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
import torch.nn.functional as F
from torch import Tensor

from osuT5.events import ContextKind, EventKind
from osuT5.generation.logit_rules import Row
from osuT5.vocabulary import Vocabulary

REACH_STEPS = 3
"""Neighbouring steps whose chances are those of one sound: the model is not sure of the very step."""


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

    def __call__(self, scores: Tensor, row: Row, generator: torch.Generator) -> int | None:
        """The id of a time, or of the context's end, from scores [vocabulary out] where forbidden ones are -inf.

        None where it is not the beginning of an object that is asked for: another token, the end of a slider.
        """
        if row.context is not ContextKind.MAP or (row.grammar is not None and row.grammar.waiting):
            return None
        time_ids = self.vocabulary.ids_of(EventKind.TIME)
        end_id = self.vocabulary.context_eos(row.context)
        probabilities = scores.softmax(0)
        times, end = probabilities[time_ids.start : time_ids.stop], float(probabilities[end_id])
        total = float(times.sum()) + end
        if total < 0.5:
            return None
        steps, chances = beginning_chances(times / total)
        threshold = self.threshold if row.time_threshold is None else row.time_threshold
        taken = torch.nonzero(self._takes(chances, threshold, generator))
        if len(taken):
            return time_ids.start + int(steps[taken[0]])
        return end_id if end > 0 else time_ids.start + int(times.argmax())

    def _takes(self, chances: Tensor, threshold: float, generator: torch.Generator) -> Tensor:
        """Which chances [times that stand out] are taken, as bools."""
        excess = torch.logit(chances.double()) - torch.logit(torch.tensor(threshold).double())
        if self.temperature <= 0:
            return excess >= 0
        dice = torch.rand(len(chances), generator=generator, dtype=torch.float64)
        return dice < torch.sigmoid(excess / self.temperature)


def beginning_chances(times: Tensor) -> tuple[Tensor, Tensor]:
    """The steps that stand out, and the chance of each that the next object begins there if it did not before.

    times: probability of each step [steps]; what they lack to 1 is that of no object at all
    """
    before = F.pad(times.double().cumsum(0), (1, 0))  # [steps + 1]
    highest = F.max_pool1d(times[None, None], 2 * REACH_STEPS + 1, 1, REACH_STEPS)[0, 0]
    steps = torch.nonzero((times >= highest) & (times > 0)).squeeze(1)
    first, last = (steps - REACH_STEPS).clamp(min=0), (steps + REACH_STEPS + 1).clamp(max=len(times))
    left = (1 - before[first]).clamp(min=1e-9)
    return steps, ((before[last] - before[first]) / left).clamp(max=1.0)
