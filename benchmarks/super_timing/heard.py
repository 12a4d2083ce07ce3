"""Timing of one song, in one pass and in many."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

from osu_beatmap.attributes import Attributes
from osu_beatmap.model import TimingPoint
from osuT5.generation.sampling import Sampling
from osuT5.generation.schedule import ChartInProgress, SongWriter
from osuT5.generation.super_timing import SuperTimer
from osuT5.mel import song_mel
from osuT5.model.seq2seq import MapperModel
from osuT5.spec import ModelSpec
from pipeline.generate import hear_timing
from pipeline.timing import super_timed_red_lines

SEED = 1


@dataclass(frozen=True, slots=True)
class HeardTiming:
    """Red lines, the seconds of processor time that they took, and the passes over the song."""

    lines: list[TimingPoint]
    seconds: float
    passes: int = 1


def hear_both_ways(
    model: MapperModel, spec: ModelSpec, samples: np.ndarray, attributes: Attributes, iterations: int
) -> dict[str, HeardTiming]:
    """{"plain", "super"}: the timing of mono audio at the model's rate."""
    song_ms = 1000.0 * len(samples) / spec.grid.sample_rate
    writer = SongWriter(model, spec, song_mel(samples, spec), song_ms, samples=samples)
    started = time.process_time()
    plain = hear_timing(writer, ChartInProgress(attributes, SEED), Sampling())
    middle = time.process_time()
    timer = SuperTimer(writer.listener, attributes, Sampling(), SEED)
    lines = super_timed_red_lines(timer, iterations)
    ended = time.process_time()
    return {
        "plain": HeardTiming(plain, middle - started),
        "super": HeardTiming(lines, ended - middle, len(timer.passes)),
    }
