"""Rhythm complexity: surprisal of intervals, in bits per second of play."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from rcomplexion.dataset import batch_of
from rcomplexion.model import RhythmModel
from rcomplexion.rhythm import Rhythm, interval_lengths_ms


@dataclass(frozen=True, slots=True)
class Complexity:
    """Rhythm complexity of a map.

    Attributes:
        bits_per_second: The rhythm complexity.
        bits_per_interval: Surprisal independent of speed.
        intervals: Number of intervals that both are computed from, in `drain_s` seconds.
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
    """Return the probabilities of each interval [intervals, classes].

    They are given all intervals before it.
    """
    batch = batch_of([(rhythm, slice(None))])
    device = next(model.parameters()).device
    return model(batch.inputs.to(device))[0].double().softmax(-1).cpu().numpy()


def lenient_bits(rhythm: Rhythm, probabilities: np.ndarray) -> np.ndarray:
    """Return the surprisal of each interval [intervals].

    Intervals that a player can confuse share it. An expected interval counts for the actual one by the probability that
    a player's hits, which vary by `deviation_ms`, make up the difference: exp(-(difference / deviation)^2 / 2).
    Intervals that no hit window distinguishes are thus no surprise.
    """
    lengths_ms = interval_lengths_ms(rhythm.beat_ms)
    actual_ms = np.take_along_axis(lengths_ms, rhythm.classes[:, None], axis=1)
    passes = np.exp(-0.5 * ((lengths_ms - actual_ms) / rhythm.deviation_ms) ** 2)
    return -np.log2(np.clip((probabilities * passes).sum(1), 1e-9, 1.0))
