"""Comparison of bars with downbeats, by the song and the objects."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from modding.aspects import Aspect
from modding.habits.bars import bar_evidence
from modding.observation.observation import Observation
from osu_beatmap.beatmap import Beatmap, TimingPoint
from osu_beatmap.timing.active_point import Timing
from osu_beatmap.timing.beat_clock import BeatClock
from osuT5.bars.placement import MIN_BEATS
from osuT5.generation.token_scores import Surprisal
from pipeline.generation.map_model.rhythm import SongRhythm

INDEPENDENT_BEATS = 16.0
"""Beats whose logits count as those of one: the network reads the same bars for all of them.

With 16 to 24, the bars of 96 taiko maps were likeliest, of songs that the network was not trained on.
"""

MOST_BITS = 40.0


@dataclass(frozen=True, slots=True)
class BarFit:
    """Red lines whose bars begin on other beats than the song's.

    Attributes:
        beats_late: By how many beats of the red line, up to half a bar, the bars of the map begin after those of the
            song; negative if before them, 0 if they agree.
        bits: Evidence for it.
    """

    red: TimingPoint
    start_ms: float
    end_ms: float
    beats_late: float
    bits: float


def bar_fits(beatmap: Beatmap, song: SongRhythm) -> list[BarFit]:
    """Return the deviations of bars.

    There is one for each run of red lines of one meter and tempo with enough beats.
    """
    reds = Timing(beatmap.timing_points).reds
    clock, *evidence = _evidence(beatmap, song, reds)
    runs = _runs(clock, reds)
    halved = [
        run.any() and clock.beat_length_ms[run][0] > 1.5 * red.beat_length_ms
        for red, run in zip(reds, runs, strict=True)
    ]
    late_reds = [_half_a_beat_late(red, clock) for red in reds]
    between = _evidence(beatmap, song, late_reds) if any(halved) else None
    others = runs if between is None else _runs(between[0], late_reds)
    fits = []
    for red, run, other, is_halved in zip(reds, runs, others, halved, strict=True):
        bar_beats = int(clock.bar_beats[run][0]) if run.any() else 0
        if run.sum() < MIN_BEATS or bar_beats * (1 + is_halved) < 2 or (clock.bar_beats[run] != bar_beats).any():
            continue
        gains = _gains(clock.place_in_bar[run], *(each[run] for each in evidence))
        if is_halved:
            if set(between[0].bar_beats[other]) != {bar_beats}:
                continue
            late = _gains(between[0].place_in_bar[other], *(each[other] for each in between[1:]))
            gains = np.stack([gains, late], axis=1).ravel()
        best, places = int(gains.argmax()), len(gains)
        bits = (gains[best] - gains[0]) / math.log(2)
        places_late = -best if best <= places // 2 else places - best
        times_ms = clock.beat_ms[run]
        beats_late = float(places_late * bar_beats / places * clock.beat_length_ms[run][0] / red.beat_length_ms)
        fits.append(BarFit(red, float(times_ms[0]), float(times_ms[-1]), beats_late, min(float(bits), MOST_BITS)))
    return fits


def _evidence(
    beatmap: Beatmap, song: SongRhythm, reds: Sequence[TimingPoint]
) -> tuple[BeatClock, np.ndarray, np.ndarray]:
    """Return the clock of red lines, and the evidence for a downbeat.

    That of the song, and that of the map, in nats [beats].
    """
    clock, logits = song.downbeats(reds)
    return clock, logits / INDEPENDENT_BEATS, bar_evidence(beatmap, clock)


def _half_a_beat_late(red: TimingPoint, clock: BeatClock) -> TimingPoint:
    """Return a red line half a beat of the clock later.

    This is a beat of a tempo that is halved.
    """
    beat = max(0, int(np.searchsorted(clock.beat_ms, red.time_ms + 1.0)) - 1)
    return replace(red, time_ms=red.time_ms + clock.beat_length_ms[beat] / 2)


def _runs(clock: BeatClock, reds: Sequence[TimingPoint]) -> list[np.ndarray]:
    """Return the beats of each red line, bool [beats] each."""
    edges_ms = [-math.inf, *(red.time_ms - 1.0 for red in reds[1:]), math.inf]
    return [(clock.beat_ms >= start_ms) & (clock.beat_ms < end_ms) for start_ms, end_ms in pairwise(edges_ms)]


def _gains(places: np.ndarray, by_song: np.ndarray, by_map: np.ndarray) -> np.ndarray:
    """Return the log likelihood of bars from each place on.

    It is up to a constant. The song prefers neither of two clocks, since the bar model was trained on whole beats.
    """
    bars = places.max() + 1
    song, marks = (np.array([each[places == place].sum() for place in range(bars)]) for each in (by_song, by_map))
    return song - np.logaddexp.reduce(song) + marks


def observe_downbeats(beatmap: Beatmap, song: SongRhythm) -> Iterator[Observation]:
    """Yield an observation for each red line whose bars can be judged.

    Raises:
        ValueError: The map has no usable red line.
        ModelError: The rhythm model cannot be loaded.
    """
    for fit in bar_fits(beatmap, song):
        yield Observation(Aspect.BEAT, fit.start_ms, Surprisal(fit.bits, 0.0), None, fit, None)
