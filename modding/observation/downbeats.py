"""Comparison of bars with downbeats, by the song and the objects."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from modding.aspects import Aspect
from modding.habits.bars import bar_evidence
from modding.observation.observation import Observation
from osu_beatmap.beatmap import Beatmap, TimingPoint
from osu_beatmap.timing.active_point import Timing
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
        beats_late: By how many beats, up to half a bar, the bars of the map begin after those of the song; negative if
            before them, 0 if they agree.
        bits: Evidence for it.
    """

    red: TimingPoint
    start_ms: float
    end_ms: float
    beats_late: int
    bits: float


def bar_fits(beatmap: Beatmap, song: SongRhythm) -> list[BarFit]:
    """Return the deviations of bars.

    There is one for each run of red lines of one meter and tempo with enough beats.
    """
    timing = Timing(beatmap.timing_points)
    clock, logits = song.downbeats(timing.reds)
    evidence = logits / INDEPENDENT_BEATS + bar_evidence(beatmap, clock)
    edges_ms = [-math.inf, *(red.time_ms for red in timing.reds[1:]), math.inf]
    fits = []
    for red, (start_ms, end_ms) in zip(timing.reds, pairwise(edges_ms), strict=True):
        inside = (clock.beat_ms >= start_ms - 1.0) & (clock.beat_ms < end_ms - 1.0)
        bar_beats = int(clock.bar_beats[inside][0]) if inside.any() else 0
        if inside.sum() < MIN_BEATS or bar_beats < 2 or (clock.bar_beats[inside] != bar_beats).any():
            continue
        places, own = clock.place_in_bar[inside], evidence[inside]
        # Log likelihood of bars that begin at each place, but for what all have in common.
        gains = np.array([own[places == place].sum() for place in range(bar_beats)])
        best = int(gains.argmax())
        bits = (gains[best] - gains[0]) / math.log(2)
        beats_late = -best if best <= bar_beats // 2 else bar_beats - best
        times_ms = clock.beat_ms[inside]
        fits.append(BarFit(red, float(times_ms[0]), float(times_ms[-1]), beats_late, min(float(bits), MOST_BITS)))
    return fits


def observe_downbeats(beatmap: Beatmap, song: SongRhythm) -> Iterator[Observation]:
    """Yield an observation for each red line whose bars can be judged.

    Raises:
        ValueError: The map has no usable red line.
        ModelError: The rhythm model cannot be loaded.
    """
    for fit in bar_fits(beatmap, song):
        yield Observation(Aspect.BEAT, fit.start_ms, Surprisal(fit.bits, 0.0), None, fit, None)
