"""Songs' tempi drawn at random, and how near red lines come to them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from beat_tracking.red_line_fit import Beats
from evaluation.measures.timing_metrics import OCTAVES, TEMPO_TOLERANCE, beat_offsets_ms
from osu_beatmap.beatmap import TimingPoint
from osu_beatmap.timing.active_point import Timing
from synthesis.composition import TempoMap

METER = 4
SECTION_BARS = (4, 5, 6, 8, 12, 16)
"""At least 16 beats."""


@dataclass(frozen=True, slots=True)
class Tempi:
    """`changes` are (beat, bpm) in order; `sections` (first beat, bpm) of stretches of one tempo; a ramp has none."""

    offset_ms: float
    bpm: float
    beats: int
    changes: tuple[tuple[int, float], ...] = ()
    sections: tuple[tuple[int, float], ...] = ()

    @property
    def times_ms(self) -> np.ndarray:
        tempo = TempoMap(self.bpm, self.offset_ms, self.changes)
        return np.array([tempo.ms(beat) for beat in range(self.beats)])


def constant(rng: np.random.Generator, seconds: float) -> Tempi:
    """From 100 BPM on: a slower song with sixteenths sounds like one that is twice as fast."""
    bpm = _bpm(rng, 100, 220)
    return Tempi(rng.uniform(0, 3000), bpm, int((seconds - 3) * bpm / 60), sections=((0, bpm),))


def jumps(rng: np.random.Generator, seconds: float) -> Tempi:
    """Sections of at least 16 beats, each at least 2 BPM away from the last one."""
    offset_ms, bpm = rng.uniform(0, 3000), _bpm(rng, 90, 200)
    beat, sections, left_s = 0, [(0, bpm)], seconds - 3
    while True:
        length = METER * int(rng.choice(SECTION_BARS))
        if left_s - length * 60 / bpm < 20 * 60 / 90:
            break
        beat, left_s = beat + length, left_s - length * 60 / bpm
        while abs((other := _bpm(rng, 0.75 * bpm, 1.35 * bpm)) - bpm) < 2 or not 90 <= other <= 200:
            pass
        bpm = other
        sections.append((beat, bpm))
    beats = beat + int(left_s * bpm / 60)
    return Tempi(offset_ms, sections[0][1], beats, tuple(sections[1:]), tuple(sections))


def ramp(rng: np.random.Generator, seconds: float) -> Tempi:
    """A tempo, then one that changes from beat to beat, by up to 25 % in 16 to 48 beats, and then stays."""
    offset_ms, first = rng.uniform(0, 3000), _bpm(rng, 100, 180)
    last = first * rng.uniform(0.8, 1.25)
    length = METER * int(rng.integers(4, 13))
    start = METER * int(seconds / 3 * first / 60 / METER)
    bpms = np.linspace(first, last, length + 1)[1:]
    changes = tuple((start + index, float(bpm)) for index, bpm in enumerate(bpms))
    ramped_s = float((60 / bpms).sum())
    beats = start + length + int((seconds - 3 - start * 60 / first - ramped_s) * last / 60)
    return Tempi(offset_ms, first, beats, changes)


KINDS: dict[str, Callable[[np.random.Generator, float], Tempi]] = {"constant": constant, "jumps": jumps, "ramps": ramp}


def _bpm(rng: np.random.Generator, low: float, high: float) -> float:
    """Whole in seven songs of ten, with two decimals in the others."""
    bpm = rng.uniform(low, high)
    return float(round(bpm)) if rng.random() < 0.7 else round(float(bpm), 2)


def jitter(tempi: Tempi, rng: np.random.Generator, jitter_ms: float, missing: float, extra: float) -> Beats:
    """The beats as a model tells of them: off by `jitter_ms`, on steps of 10 ms, some missing, some extra, and of a
    hundred downbeats three wrong."""
    times_ms = tempi.times_ms
    is_measure = (np.arange(tempi.beats) % METER == 0) ^ (rng.random(tempi.beats) < 0.03)
    kept = rng.random(tempi.beats) >= missing
    count = round(extra * tempi.beats)
    heard_ms = (times_ms + rng.normal(0, jitter_ms, tempi.beats))[kept]
    heard_ms = np.concatenate([heard_ms, rng.uniform(times_ms[0], times_ms[-1], count)])
    marks = np.concatenate([is_measure[kept], np.zeros(count, bool)])
    return Beats(np.rint(heard_ms / 10) * 10, marks, np.zeros(len(heard_ms), bool), 10.0)


@dataclass(frozen=True, slots=True)
class Closeness:
    """`beats_ms`: how far each audible beat is off [beats].

    For each section of at least 16 audible beats: `tempo_bpm`, how far the tempo in its middle is off; `phase_ms`, the
    median distance of its beats; `octaves`, whether the tempo is twice or half of it, or four times or a quarter.
    """

    lines: int
    beats_ms: np.ndarray
    tempo_bpm: np.ndarray
    phase_ms: np.ndarray
    octaves: np.ndarray


def closeness(
    tempi: Tempi,
    lines: Sequence[TimingPoint],
    heard_later_ms: float = 0.0,
    silent_ms: tuple[float, float] = (np.inf, np.inf),
) -> Closeness:
    """How near lines come; those of songs lie `heard_later_ms` before what is heard, and have a silent break."""
    times_ms = tempi.times_ms
    audible = (times_ms < silent_ms[0]) | (times_ms >= silent_ms[1])
    beat_ms = np.diff(times_ms, append=2 * times_ms[-1] - times_ms[-2])
    beats_ms = np.abs(beat_offsets_ms(times_ms - heard_later_ms, beat_ms, lines))
    timing = Timing(lines)
    stops = [*(first for first, _ in tempi.sections[1:]), tempi.beats]
    tempo, phase, octaves = [], [], []
    for (first, bpm), stop in zip(tempi.sections, stops, strict=bool(tempi.sections)):
        heard = first + np.flatnonzero(audible[first:stop])
        if len(heard) < METER * min(SECTION_BARS):
            continue
        found = 60_000 / timing.beat_length_at(times_ms[heard[len(heard) // 2]] - heard_later_ms)
        tempo.append(abs(found - bpm))
        phase.append(np.median(beats_ms[heard]))
        octaves.append(any(abs(found / bpm / octave - 1) <= TEMPO_TOLERANCE for octave in OCTAVES))
    return Closeness(
        len(timing.reds), beats_ms[audible], np.array(tempo), np.array(phase), np.array(octaves, dtype=bool)
    )
