"""Correlation of returning patterns with returning music.

Definition. The song is cut into bars by the red lines of the human's chart (the chart's own where there is none). The
music of a bar is the levels of the bands of its spectrogram at sixteen ticks, each band about its mean over the song;
two phrases of four bars sound as alike as the mean cosine of their bars (Foote 1999, self-similarity matrices; phrases
are diagonals, Müller 2015, "Fundamentals of Music Processing", 4.2). Of the ticks at which either phrase has an object
(a bar has 48), the share at which both have the same symbol says how alike they are charted. A symbol says that an
object starts there (rhythm), or also how far from the one before, in which columns or of which colour (pattern).

Over all pairs of phrases that do not overlap, the metric is the chance that a pair from the twentieth of pairs that
sound most alike is charted more alike than a pair from the half that sounds least alike (an AUC): 0.5 is charting
without an ear for repetition, 1 is charting that returns whenever the music does.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import numpy as np

from evaluation.charts import Case, MeasuredChart
from evaluation.measures.bars import bar_edges_ms
from evaluation.measures.music import Music
from evaluation.measures.review_metrics import auc
from evaluation.metrics.metric import Better, Metric, Reaction
from osu_beatmap.beatmap import GameMode, HitSound
from osu_beatmap.rules.mania import columns

MUSIC_TICKS, CHART_TICKS = 16, 48
PHRASE_BARS = 4
FEWEST_PHRASES = 12
ALIKE_SHARE, UNLIKE_SHARE = 0.05, 0.5
STEP_PX = 48.0

_ADDITIONS = HitSound.WHISTLE | HitSound.FINISH | HitSound.CLAP

Symbols = Callable[[MeasuredChart], np.ndarray]


def rhythm_symbols(chart: MeasuredChart) -> np.ndarray:
    """Return the same symbol for every object [n]."""
    return np.ones(len(chart.start_ms), np.int64)


def pattern_symbols(chart: MeasuredChart) -> np.ndarray:
    """Return symbols that distinguish objects of a mode [n], positive.

    A column is a bit of its own.
    """
    mode = chart.beatmap.mode
    if mode is GameMode.MANIA:
        return 1 << np.minimum(columns(chart), 60)
    if mode is GameMode.TAIKO:
        return np.array([1 + (int(note.hitsound) & _ADDITIONS) for note in chart.objects], np.int64)
    moves = np.diff(chart.start_xy, axis=0, prepend=chart.start_xy[:1])
    steps_px = moves[:, 0] if mode is GameMode.CATCH else np.hypot(moves[:, 0], moves[:, 1])
    return 100 + np.rint(steps_px / STEP_PX).astype(np.int64)


def returns(case: Case, symbols: Symbols) -> float:
    """Return the metric; NaN without the song.

    It is also NaN if there are too few bars for a pair of phrases to return.
    """
    chart, timed, music = case.generated, case.timed, case.music
    if music is None or not timed.has_tempo or not len(chart.start_ms):
        return math.nan
    edges_ms = bar_edges_ms(timed.timing, timed.start_ms)
    if len(edges_ms) - PHRASE_BARS < FEWEST_PHRASES:
        return math.nan
    same, either = chart_matches(chart, symbols(chart), edges_ms)
    apart = np.triu(np.ones(same.shape, bool), PHRASE_BARS) & (either > 0)
    if apart.sum() < FEWEST_PHRASES:
        return math.nan
    charted = same[apart] / either[apart]
    heard = music_similarity(music, edges_ms)[apart]
    alike, unlike = np.quantile(heard, [1 - ALIKE_SHARE, UNLIKE_SHARE])
    return auc(charted[heard >= alike], charted[heard < unlike])


def music_similarity(music: Music, edges_ms: np.ndarray) -> np.ndarray:
    """Return the similarity of phrases' sound [phrases, phrases], -1 to 1."""
    ticks_ms = np.append(_ticks_ms(edges_ms, MUSIC_TICKS), edges_ms[-1])
    levels = music.mean_levels(ticks_ms)
    bars = (levels - levels.mean(axis=0)).reshape(len(edges_ms) - 1, -1)
    bars /= np.maximum(np.linalg.norm(bars, axis=1, keepdims=True), 1e-9)
    return _sum_over_phrases(bars @ bars.T) / PHRASE_BARS


def chart_matches(chart: MeasuredChart, symbols: np.ndarray, edges_ms: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return ticks with equal symbols, and with any, per phrase pair.

    Both are [phrases, phrases].
    """
    ticks_ms = _ticks_ms(edges_ms, CHART_TICKS)
    half_ms = np.diff(np.append(ticks_ms, edges_ms[-1])) / 2
    places = np.searchsorted(ticks_ms + half_ms, chart.start_ms)
    grid = np.zeros(len(ticks_ms), np.int64)
    inside = (places < len(grid)) & (chart.start_ms >= edges_ms[0] - half_ms[0])
    np.bitwise_or.at(grid, places[inside], symbols[inside])
    bars = grid.reshape(-1, CHART_TICKS)
    there = bars > 0
    same = np.stack([((bars == bar) & there).sum(axis=1) for bar in bars])
    either = np.stack([(there | own).sum(axis=1) for own in there])
    return _sum_over_phrases(same), _sum_over_phrases(either)


def _ticks_ms(edges_ms: np.ndarray, ticks: int) -> np.ndarray:
    """Return the ticks of every bar [bars * ticks].

    The end of the last bar is left out.
    """
    shares = np.arange(ticks) / ticks
    return (edges_ms[:-1, None] + np.diff(edges_ms)[:, None] * shares).ravel()


def _sum_over_phrases(of_bars: np.ndarray) -> np.ndarray:
    """Sum over the bars of each pair of phrases.

    [bars, bars] becomes [bars - 3, bars - 3].
    """
    count = len(of_bars) - PHRASE_BARS + 1
    return sum(of_bars[bar : bar + count, bar : bar + count] for bar in range(PHRASE_BARS))


def _metric(name: str, about: str, symbols: Symbols, reacts: dict[str, Reaction]) -> Metric:
    return Metric(
        name,
        f"probability that phrases of similar sound have a more similar {about} than others; 0.5: chance level",
        partial(returns, symbols=symbols),
        Better.HIGHER,
        reacts | {"sections_shuffled": Reaction.FALLS, "song_swapped": Reaction.FALLS, "flattened": Reaction.FALLS},
        0.03,
        source="Foote 1999; Müller 2015",
    )


METRICS = (
    _metric("rhythm_returns", "rhythm", rhythm_symbols, {"random_places": Reaction.STAYS}),
    _metric("pattern_returns", "rhythm and place, column or colour", pattern_symbols, {}),
)
