"""Benchmark of the rhythm model on held-out songs, with timing given.

    python -m benchmarks.rhythm FOLDER [--model DIR] [--bars DIR] [--cache DIR] [--no-bars] [--phase] [--baselines]

All maps of all held-out songs are scored: F1 of object times at 30 ms, one to one, over the whole song. Figures are
means over songs of the means over a song's maps. "Own count" takes as many ticks as the probabilities add up to,
"human count" as many as the human-made map has objects. The baselines are given more than the model: half beats lie
between the human's first and last object, ticks are at the best divisor, onsets are as many as the human's objects at
the best shift. Intervals are bootstrapped over songs.
"""

from __future__ import annotations

import math
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tqdm import tqdm

from benchmarks.arguments import corpus_parser
from benchmarks.bootstrap import bootstrap_interval
from evaluation.baselines import onset_baseline, tick_baseline
from evaluation.measures.object_metrics import match_times
from evaluation.report import markdown
from osu_beatmap.held_out import Split
from osu_beatmap.timing.active_point import Timing
from osu_beatmap.timing.beat_clock import TICKS_PER_BEAT, BeatClock
from osuT5.audio.decode import load_audio
from osuT5.bars.beat_sound import beat_sound
from osuT5.bars.files import load_bar_model
from osuT5.bars.network import BarNetwork
from osuT5.bars.placement import constant_meter, most_likely_downbeat
from osuT5.bars.prediction import predict_downbeats
from osuT5.rhythm.axis import SongAxis, song_axes
from osuT5.rhythm.corpus import RhythmChart, RhythmSong, audio_key, load_songs
from osuT5.rhythm.features import FEATURE_SPEC, load_pitches
from osuT5.rhythm.files import load_rhythm_model
from osuT5.rhythm.network import RhythmNetwork
from osuT5.rhythm.phase import most_likely_shift
from osuT5.rhythm.prediction import RhythmPrediction, nats_per_object, predict_rhythm

DRAWS = 2000
STAR_BANDS = ((0.0, 2.0), (2.0, 3.0), (3.0, 4.0), (4.0, 5.0), (5.0, math.inf))


@dataclass(slots=True)
class RhythmScore:
    """Measurements of one map.

    Attributes:
        count_ratio: Expected objects of the model for each object of the human.
    """

    song: str
    group: str
    stars: float
    own: float
    human_count: float
    count_ratio: float
    nats: float
    half_beats: float
    ticks: float = math.nan
    onsets: float = math.nan


@dataclass(slots=True)
class DownbeatScore:
    """Accuracy of the downbeats of a song.

    Attributes:
        right: Whether the pooled downbeat is right; None if the meter is not constant.
        beats_right: Fraction of beats whose logit has the right sign.
        frequency: The same if no beat is called a downbeat.
    """

    song: str
    bar_beats: int | None
    right: bool | None
    beats_right: float
    frequency: float


def main() -> int:
    """Score a model and print the tables."""
    parser = corpus_parser(__doc__)
    parser.add_argument("--model", type=Path, default=Path("models/mini/rhythm"))
    parser.add_argument("--bars", type=Path, default=Path("models/mini/bars"), help="bar model, for the downbeats")
    parser.add_argument("--cache", type=Path, default=Path("runs/rhythm/cache"), help="folder of cached features")
    parser.add_argument("--split", choices=[split.value for split in Split], default=Split.HELD_OUT.value)
    parser.add_argument("--no-bars", action="store_true", help="do not give places in the bar to the model")
    parser.add_argument("--as-given", action="store_true", help="do not align charts that are clearly off the audio")
    parser.add_argument("--baselines", action="store_true", help="also score ticks and onsets, which takes minutes")
    parser.add_argument("--phase", action="store_true", help="also find the phase of the beat without charts")
    arguments = parser.parse_args()
    network, bars = load_rhythm_model(arguments.model), load_bar_model(arguments.bars)
    songs = load_songs(str(arguments.folder), arguments.cache, Split(arguments.split))
    scores: list[RhythmScore] = []
    downbeats: list[DownbeatScore] = []
    shifts: dict[str, int] = {}
    for song in tqdm(songs, unit="song"):
        axes = song_axes(song, is_aligned=not arguments.as_given)
        for axis in axes:
            scores += score_axis(network, axis, not arguments.no_bars)
        pitches = load_pitches(song.source, arguments.cache / f"{audio_key(song.source)}.pitches.npy")
        downbeats.append(score_downbeats(bars, axes[0], pitches))
        if arguments.phase:
            shifts[song.name] = most_likely_shift(network, axes[0])
        if arguments.baselines:
            add_baselines(scores[-len(song.charts) :], song, [chart for axis in axes for chart in axis.charts])
    print(score_table(scores), downbeat_summary(downbeats), sep="\n\n")
    if shifts:
        print(phase_summary(shifts))
    return 0


def score_axis(network: RhythmNetwork, axis: SongAxis, bars_known: bool) -> list[RhythmScore]:
    """Score all maps of an axis."""
    prediction = predict_rhythm(network, axis, axis.conditions, bars_known)
    return [_score_chart(axis, prediction, index) for index in range(len(axis.charts))]


def _score_chart(axis: SongAxis, prediction: RhythmPrediction, index: int) -> RhythmScore:
    chart, human_ms = axis.charts[index], np.array(axis.charts[index].times_ms)

    def f1(steps: np.ndarray) -> float:
        return match_times(human_ms, axis.clock.times_at(steps)).f1

    expected = prediction.expected_count(index)
    return RhythmScore(
        song=axis.name,
        group=chart.conditions.group,
        stars=chart.stars,
        own=f1(prediction.most_likely_steps(index, round(expected))),
        human_count=f1(prediction.most_likely_steps(index, len(human_ms))),
        count_ratio=expected / len(human_ms),
        nats=nats_per_object(prediction, index, axis.objects[index]),
        half_beats=f1(half_beat_steps(axis.clock, human_ms[0], human_ms[-1])),
    )


def half_beat_steps(clock: BeatClock, start_ms: float, end_ms: float) -> np.ndarray:
    """Return the steps of all half beats from start to end, inclusive."""
    first, last = clock.steps_at(np.array([start_ms, end_ms]))
    return clock.steps[(clock.steps % (TICKS_PER_BEAT // 2) == 0) & (clock.steps >= first) & (clock.steps <= last)]


def add_baselines(scores: Sequence[RhythmScore], song: RhythmSong, charts: Sequence[RhythmChart]) -> None:
    """Fill in the scores of ticks and of onsets, in place."""
    with song.source.audio_file() as path:
        samples = load_audio(path, FEATURE_SPEC.sample_rate)
    for score, chart in zip(scores, charts, strict=True):
        human_ms = np.array(chart.times_ms)
        score.ticks = tick_baseline(human_ms, Timing(chart.timing_points()))[1].f1
        score.onsets = onset_baseline(human_ms, samples, FEATURE_SPEC.sample_rate)[1].f1


def score_downbeats(network: BarNetwork, axis: SongAxis, pitches: np.ndarray) -> DownbeatScore:
    """Compare downbeat logits with the bar lines."""
    logits = predict_downbeats(network, beat_sound(axis.features, pitches, axis.clock, axis.lead_ms))
    is_downbeat = axis.clock.place_in_bar == 0
    bar_beats = constant_meter(axis.clock)
    right = None
    if bar_beats is not None:
        right = bool(is_downbeat[most_likely_downbeat(logits, bar_beats)])
    beats_right = float(((logits > 0) == is_downbeat).mean())
    return DownbeatScore(axis.name, bar_beats, right, beats_right, float(1 - is_downbeat.mean()))


def score_table(scores: Sequence[RhythmScore]) -> str:
    """Return a Markdown table by group, and of standard by stars."""
    rows: list[tuple[str, list[RhythmScore]]] = [
        (group, [score for score in scores if score.group == group]) for group in sorted({s.group for s in scores})
    ]
    for low, high in STAR_BANDS:
        in_band = [score for score in scores if score.group == "standard" and low <= score.stars < high]
        rows.append((f"standard {low:g}-{high:g} stars", in_band))
    names = ("own", "human_count", "count_ratio", "nats", "half_beats", "ticks", "onsets")
    columns = ("group", "songs", "charts", *names, "own, 90 %", "own - half beats, 90 %", "count, p10-p90")
    lines = []
    for title, some in rows:
        if not some:
            continue
        figures = [f"{song_means(some, lambda score, name=name: getattr(score, name)).mean():.3f}" for name in names]
        own = bootstrap_interval(song_means(some, lambda score: score.own), np.mean, DRAWS)
        gain = bootstrap_interval(song_means(some, lambda score: score.own - score.half_beats), np.mean, DRAWS)
        counts = np.quantile([score.count_ratio for score in some], [0.1, 0.9])
        intervals = [f"{low:.2f} to {high:.2f}" for low, high in (own, gain, counts)]
        songs = len({score.song for score in some})
        lines.append([title, songs, len(some), *figures, *intervals])
    return markdown.table(columns, lines)


def downbeat_summary(scores: Sequence[DownbeatScore]) -> str:
    """Return pooled and single downbeats as a sentence each."""
    pooled = [score for score in scores if score.right is not None]
    trivial = [score for score in pooled if score.bar_beats == 1]
    right = sum(bool(score.right) for score in pooled)
    wrong = ", ".join(score.song[:30] for score in pooled if not score.right)
    single, frequency = (np.mean([getattr(s, name) for s in scores]) for name in ("beats_right", "frequency"))
    return (
        f"Pooled downbeats: {right} of {len(pooled)} songs of constant meter right ({len(trivial)} of them trivial); "
        f"wrong: {wrong or 'none'}.\nSingle beats: {single:.3f} right ({frequency:.3f} if none is a downbeat)."
    )


def phase_summary(shifts: Mapping[str, int]) -> str:
    """Return the songs whose beats would move, with shifts in ticks."""
    wrong = ", ".join(f"{name[:30]} ({shift})" for name, shift in shifts.items() if shift)
    return (
        f"Phase: {sum(not shift for shift in shifts.values())} of {len(shifts)} songs right; wrong: {wrong or 'none'}."
    )


def song_means(scores: Iterable[RhythmScore], value: Callable[[RhythmScore], float]) -> np.ndarray:
    """Return the mean over the maps of each song, float64 [songs]."""
    by_song: dict[str, list[float]] = defaultdict(list)
    for score in scores:
        by_song[score.song].append(value(score))
    return np.array([np.mean(values) for values in by_song.values()])


if __name__ == "__main__":
    started = time.monotonic()
    status = main()
    print(f"{time.monotonic() - started:.0f} s")
    sys.exit(status)
