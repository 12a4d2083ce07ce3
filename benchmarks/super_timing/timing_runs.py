"""Timing of one song, in one pass, a few and many; what was heard can be kept, so that fitting again takes seconds."""

from __future__ import annotations

import pickle
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import numpy as np

from osu_beatmap.attributes import Attributes
from osu_beatmap.beatmap import TimingPoint
from osuT5.audio.mel import song_mel
from osuT5.encoding.timing import MarkedBeat
from osuT5.generation.activations import song_activations
from osuT5.generation.chart_state import ChartState
from osuT5.generation.sampling.sampler import Sampling
from osuT5.generation.super_timing import SuperTimer
from osuT5.generation.window_schedule import SongGenerator
from osuT5.model.seq2seq import MapperModel
from osuT5.tokens.contract import Contract
from osuT5.tokens.events import ContextKind, EventGroup
from pipeline.generation.timing import QUICK_PASSES, quickly_timed_red_lines, red_lines_from, super_timed_red_lines

SEED = 1
WAYS = ("one pass", "plain", "super")
"""One pass of overlapping windows, as models without frame heads get it; a few passes, as every map of ours gets
them; up to twenty."""


@dataclass(frozen=True, slots=True)
class HeardTiming:
    """Red lines, the seconds of processor time that they took, and the passes over the song."""

    lines: list[TimingPoint]
    seconds: float
    passes: int = 1


@dataclass(slots=True)
class HeardSong:
    """All that red lines are made of. `seconds` of processor time: of the one pass, then of each of the many.

    passes: beats of each pass; activations: float16 [frames, channels], their average after each pass
    """

    song_ms: float
    plain_groups: list[EventGroup]
    plain_activations: np.ndarray | None
    passes: list[list[MarkedBeat]]
    activations: list[np.ndarray | None]
    attack_strengths: np.ndarray
    seconds: list[float]


def hear_all_ways(
    model: MapperModel,
    spec: Contract,
    load: Callable[[], np.ndarray],
    attributes: Attributes,
    iterations: int,
    kept: Path | None = None,
) -> dict[str, HeardTiming]:
    """The timing of mono audio at the model's rate in each of WAYS.

    What the model hears is kept in the file `kept`, and not asked for again where that is there with enough passes.
    """
    song = pickle.loads(kept.read_bytes()) if kept is not None and kept.exists() else None
    if song is None or len(song.passes) < iterations:
        song = _hear(model, spec, load(), attributes, iterations)
        if kept is not None:
            kept.write_bytes(pickle.dumps(song))
    started = time.process_time()
    lines = red_lines_from(song.plain_groups, song.plain_activations, spec, song.song_ms, song.attack_strengths)
    one_pass = HeardTiming(lines, song.seconds[0] + time.process_time() - started)
    several = (quickly_timed_red_lines, partial(super_timed_red_lines, passes=iterations))
    return dict(zip(WAYS, (one_pass, *(_in_passes(song, spec, timing) for timing in several)), strict=True))


def _in_passes(song: HeardSong, spec: Contract, timing: Callable[[SuperTimer], list[TimingPoint]]) -> HeardTiming:
    started = time.process_time()
    again = _HeardAgain(song, spec)
    lines = timing(again)
    passes = len(again.passes)
    return HeardTiming(lines, sum(song.seconds[1 : passes + 1]) + time.process_time() - started, passes)


def _hear(
    model: MapperModel, spec: Contract, samples: np.ndarray, attributes: Attributes, iterations: int
) -> HeardSong:
    song_ms = 1000.0 * len(samples) / spec.grid.sample_rate
    times_s = [time.process_time()]
    writer = SongGenerator(model, spec, song_mel(samples, spec), song_ms, samples=samples)
    (groups,) = writer.write_context(ContextKind.TIMING, [ChartState(attributes, SEED)], Sampling())
    plain = song_activations(model, spec, writer.encoder_states, writer.windows, song_ms)
    attacks = writer.listener.attack_strengths
    times_s.append(time.process_time())
    timer = SuperTimer(writer.listener, attributes, Sampling(), SEED)
    activations = []
    for _ in range(max(iterations, QUICK_PASSES)):
        timer.listen()
        activations.append(_halve(timer.activations.mean()))
        times_s.append(time.process_time())
    seconds = np.diff(times_s).tolist()
    return HeardSong(song_ms, groups, _halve(plain), timer.passes, activations, attacks, seconds)


def _halve(activations: np.ndarray | None) -> np.ndarray | None:
    return None if activations is None else activations.astype(np.float16)


class _HeardAgain:
    """A `SuperTimer` that remembers."""

    def __init__(self, song: HeardSong, spec: Contract) -> None:
        self.listener = SimpleNamespace(spec=spec, song_ms=song.song_ms, attack_strengths=song.attack_strengths)
        self.activations = self
        self._song = song
        self.passes: list[list[MarkedBeat]] = []

    def listen(self) -> None:
        self.passes.append(self._song.passes[len(self.passes)])

    def mean(self) -> np.ndarray | None:
        return self._song.activations[len(self.passes) - 1]
