"""How complex a rhythm is: the surprise of its intervals, in bits for each second that is played."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from rcomplexion.dataset import batch_of
from rcomplexion.model import RhythmModel
from rcomplexion.rhythm import Rhythm, interval_lengths_ms


@dataclass(frozen=True, slots=True)
class Complexity:
    """bits_per_second    the rhythm complexity of a map
    bits_per_interval  how surprising it is however fast
    intervals, drain_s what both are made of
    """

    bits_per_second: float
    bits_per_interval: float
    intervals: int
    drain_s: float


def complexity_of(rhythm: Rhythm, model: RhythmModel) -> Complexity:
    bits = lenient_bits(rhythm, interval_probabilities(rhythm, model))
    total = float(bits.sum())
    return Complexity(total / rhythm.drain_s, total / len(rhythm), len(rhythm), rhythm.drain_s)


@torch.inference_mode()
def interval_probabilities(rhythm: Rhythm, model: RhythmModel) -> np.ndarray:
    """What the model expects of each interval, given all before it: [intervals, classes]."""
    batch = batch_of([(rhythm, slice(None))])
    device = next(model.parameters()).device
    return model(batch.inputs.to(device))[0].double().softmax(-1).cpu().numpy()


def lenient_bits(rhythm: Rhythm, probabilities: np.ndarray) -> np.ndarray:
    """Surprise of each interval [intervals], that of one that can be played for another being shared with it.

    An expected interval counts for the actual one by how likely a player's hits, which stray by `deviation_ms`, would
    make up the difference: exp(-(difference / deviation)^2 / 2). So what no hit window can tell apart is no surprise.
    """
    lengths_ms = interval_lengths_ms(rhythm.beat_ms)
    actual_ms = np.take_along_axis(lengths_ms, rhythm.classes[:, None], axis=1)
    passes = np.exp(-0.5 * ((lengths_ms - actual_ms) / rhythm.deviation_ms) ** 2)
    return -np.log2(np.clip((probabilities * passes).sum(1), 1e-9, 1.0))
