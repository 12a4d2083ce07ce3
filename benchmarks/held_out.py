"""How near generated maps come to human ones on songs that no model was trained on.

    python -m benchmarks.held_out FOLDER [--model DIR] [--charts 2] [--songs 0] [--matched] [--json FILE] [--keep DIR]

For each held-out song of a folder of mapsets, and for some of its charts, a map is generated through the whole program
at the chart's star rating: once from the audio alone and once with the chart's timing given. Times are compared one to
one at 30 ms, beside two baselines that know more than the program does: the strongest spectral-flux onsets, as many as
the chart has objects, at the best shift; and all ticks of the chart's own timing at its best divisor. A second table
has what objects the maps from audio consist of, beside the human ones, with intervals by bootstrap over songs.

The maps are the first that the model writes. `--matched` also makes the one that a user gets, whose star rating is
brought to what was asked for.
"""

from __future__ import annotations

import json
import math
import statistics
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from itertools import chain, islice, pairwise
from pathlib import Path

import numpy as np
from tqdm import tqdm

from benchmarks.arguments import corpus_parser
from benchmarks.bootstrap import bootstrap_interval
from benchmarks.mai_mod.review_charts import stepmania_sets
from evaluation.baselines import onset_baseline, tick_baseline
from evaluation.charts import Case, MeasuredChart
from evaluation.generate_maps import chosen_charts, options_like
from evaluation.measures.object_metrics import snapped_share
from evaluation.measures.timing_metrics import compare_timing
from evaluation.metrics import METRICS
from evaluation.report import markdown
from osu_beatmap.attributes import attributes_of
from osu_beatmap.beatmap import Beatmap, GameMode, HoldNote, Slider, TimingPoint
from osu_beatmap.files.writer import save_beatmap
from osu_beatmap.held_out import Split, title_hash
from osu_beatmap.rules import Severity, check
from osuT5.audio.decode import load_audio
from osuT5.audio.mel import song_mel
from osuT5.dataset.files.sources import FolderSong, ReadChart, mapset_songs
from osuT5.generation.chart_state import ChartState
from osuT5.generation.sampling.sampler import Sampling
from osuT5.generation.window_schedule import SongGenerator
from osuT5.model.files.loading import load_model
from osuT5.model.inference_setup import prepare_to_generate
from osuT5.tokens.events import ContextKind
from pipeline.finishing.finish import finish
from pipeline.generation.chart import PreparedChart, write_charts
from pipeline.generation.matching.star_matching import generate_matched_map
from pipeline.generation.rhythm import SongRhythm
from pipeline.generation.timing import predict_timing, timing_groups
from pipeline.request.resolve import resolve

SEED = 1
STRAIGHT_PX = 2.0

RATIOS = {
    "sliders": ("sliders", "objects"),
    "curved sliders": ("curved", "sliders"),
    "hold notes": ("holds", "objects"),
    "jacks": ("jacks", "objects"),
}
"""Columns of the second table: a part of the objects, and what it is a part of."""
F1 = METRICS["f1_30ms"]


@dataclass(slots=True)
class ChartScore:
    """One chart: figures of the map from audio alone, of the one with given timing, and of the baselines."""

    song: str
    chart: str
    mode: str
    stars: float
    f1: float = 0.0
    f1_with_timing: float = 0.0
    onsets_f1: float = 0.0
    ticks_f1: float = 0.0
    tempo_right: float = 0.0
    tempo_octave: float = 0.0
    offset_ms: float = 0.0
    on_grid: float = 0.0
    star_error: float = 0.0
    objects: int = 0
    human_objects: int = 0
    problems: int = 0
    made_of: dict[str, int] = field(default_factory=dict)
    human_made_of: dict[str, int] = field(default_factory=dict)
    f1_matched: float = math.nan
    star_error_matched: float = math.nan


def main() -> int:
    parser = corpus_parser(__doc__)
    parser.add_argument("--model", type=Path)
    parser.add_argument("--charts", type=int, default=2, help="charts of each mode and song")
    parser.add_argument("--songs", type=int, default=0, help="at most this many songs; 0: all")
    parser.add_argument("--stepmania", type=Path, help="JSON list of {dir, kind}: mania of kind sm is reported apart")
    parser.add_argument("--matched", action="store_true", help="also make maps whose star rating is matched")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--keep", type=Path, help="folder for the maps from audio, as .osu files")
    arguments = parser.parse_args()
    model, spec = load_model(arguments.model)
    prepare_to_generate(model)
    converted = stepmania_sets(arguments.stepmania)
    scores: list[ChartScore] = []
    matched_with = str(arguments.model or "") if arguments.matched else None
    chosen = chosen_charts(mapset_songs(arguments.folder), Split.HELD_OUT, arguments.charts)
    for song, charts in tqdm(list(islice(chosen, arguments.songs or None)), unit="song"):
        rhythm_of = (lambda writer: None) if arguments.model else (lambda writer: SongRhythm(writer.listener))
        scores += score_song(model, spec, song, charts, song.name in converted, rhythm_of, matched_with, arguments.keep)
        if arguments.json:
            arguments.json.write_text(json.dumps([asdict(s) for s in scores], indent=1), encoding="utf-8")
    print(table(scores), kinds_table(scores), sep="\n\n")
    return 0


def score_song(
    model,
    spec,
    song: FolderSong,
    charts: list[ReadChart],
    from_stepmania: bool,
    rhythm_of: Callable[[SongGenerator], SongRhythm | None],
    matched_with: str | None = None,
    keep: Path | None = None,
) -> list[ChartScore]:
    """Scores of the charts of a song; `matched_with` names the model that also makes matched maps."""
    samples = load_audio(song.audio_path, spec.grid.sample_rate)
    song_ms = 1000.0 * len(samples) / spec.grid.sample_rate
    writer = SongGenerator(model, spec, song_mel(samples, spec), song_ms, samples=samples)
    attributes = [attributes_of(chart.beatmap, chart.record.stars) for chart in charts]
    heard = predict_timing(writer, ChartState(attributes[0], SEED), Sampling())
    rhythm = rhythm_of(writer)
    heard = heard if rhythm is None else rhythm.place_bars(heard)
    given = [[point for point in chart.beatmap.timing_points if point.uninherited] for chart in charts]
    lines = [*([heard] * len(charts)), *given]
    settings = [chart.beatmap.difficulty for chart in charts] * 2
    drafts = _generate(writer, rhythm, [*attributes, *attributes], lines, settings)
    scores = []
    for index, chart in enumerate(charts):
        if keep is not None:
            keep.mkdir(parents=True, exist_ok=True)
            save_beatmap(drafts[index], keep / f"{title_hash(song.name)} {index}.osu")
        mode = chart.beatmap.mode.name.lower() + (" (StepMania)" if from_stepmania else "")
        human = MeasuredChart(chart.beatmap)
        score = ChartScore(song.name, chart.name.removesuffix(".osu"), mode, human.stars)
        from_audio, with_timing = (Case(MeasuredChart(drafts[at]), human) for at in (index, index + len(charts)))
        score.f1, score.f1_with_timing = F1.measure(from_audio), F1.measure(with_timing)
        score.onsets_f1 = onset_baseline(human.times_ms, samples, spec.grid.sample_rate)[1].f1
        score.ticks_f1 = tick_baseline(human.times_ms, human.timing)[1].f1
        span_ms = float(human.times_ms[0]), float(human.times_ms[-1])
        agreement = compare_timing(chart.beatmap.timing_points, heard, *span_ms)
        score.tempo_right, score.tempo_octave = agreement.tempo_share, agreement.octave_share
        score.offset_ms = agreement.offset_ms
        score.on_grid = snapped_share(drafts[index])
        score.star_error = from_audio.generated.stars - human.stars
        score.objects, score.human_objects = len(from_audio.generated.times_ms), len(human.times_ms)
        score.made_of, score.human_made_of = count_kinds(drafts[index]), count_kinds(chart.beatmap)
        score.problems = sum(f.severity is Severity.PROBLEM for f in check(drafts[index], song_ms))
        if matched_with is not None:
            matched = MeasuredChart(_match_map(song, chart.beatmap, matched_with))
            score.f1_matched = F1.measure(Case(matched, human))
            score.star_error_matched = matched.stars - human.stars
        scores.append(score)
    return scores


def _match_map(song: FolderSong, human: Beatmap, model_path: str) -> Beatmap:
    """The map that a user gets who asks for what the human's is like."""
    options = options_like(human) | {"audio_path": str(song.audio_path), "seed": SEED, "generate_positions": False}
    return generate_matched_map(resolve(options | ({"model_path": model_path} if model_path else {})), None, SEED)[0]


def _generate(
    writer: SongGenerator,
    rhythm: SongRhythm | None,
    attributes: list,
    lines: list[list[TimingPoint]],
    settings: list,
) -> list[Beatmap]:
    """Finished maps, all written side by side."""
    spec, song_ms = writer.spec, writer.song_ms
    prepared = []
    for wanted, reds, difficulty in zip(attributes, lines, settings, strict=True):
        chart = ChartState(wanted, SEED, {ContextKind.TIMING: timing_groups(reds, spec, song_ms)})
        begun = PreparedChart(writer, chart, reds, difficulty, Sampling(), rhythm=rhythm)
        prepared.append(replace(begun, chart=begun.with_rhythm(chart)))
    write_charts(writer, [each.chart for each in prepared], Sampling())
    return [finish(each.draft().beatmap, song_ms)[0] for each in prepared]


def table(scores: list[ChartScore]) -> str:
    """Means by mode as a Markdown table; the offset is the median of absolute values where the tempo is right."""
    columns = ("mode", "charts", "F1", "F1, timing given", "onsets", "ticks", "tempo right", "octave", "offset ms")
    columns += ("on grid", "stars", "matched", "stars")
    rows = []
    for mode in sorted({score.mode for score in scores}):
        of_mode = [score for score in scores if score.mode == mode]

        def mean(name: str, of_mode: list[ChartScore] = of_mode) -> float:
            return statistics.fmean(getattr(score, name) for score in of_mode)

        offsets = [abs(score.offset_ms) for score in of_mode if score.tempo_right > 0.5]
        offset = f"{statistics.median(offsets):.1f}" if offsets else "-"
        star_error = statistics.fmean(abs(score.star_error) for score in of_mode)
        thirds = [f"{mean(name):.3f}" for name in ("f1", "f1_with_timing", "onsets_f1", "ticks_f1")]
        tempi = [f"{mean('tempo_right'):.2f}", f"{mean('tempo_octave'):.2f}", offset]
        matched = statistics.fmean(abs(score.star_error_matched) for score in of_mode)
        stars = [f"{mean('on_grid'):.3f}", f"{star_error:.2f}", f"{mean('f1_matched'):.3f}", f"{matched:.2f}"]
        rows.append([mode, len(of_mode), *thirds, *tempi, *stars])
    return markdown.table(columns, rows)


def count_kinds(beatmap: Beatmap) -> dict[str, int]:
    """Count the objects of a map by kind, and its jacks.

    A slider is curved if a control point lies more than `STRAIGHT_PX` off the line through its ends. In mania, a jack
    is a note in a column that was hit at the time before.
    """
    sliders = [obj for obj in beatmap.hit_objects if isinstance(obj, Slider)]
    counts = Counter(objects=len(beatmap.hit_objects), sliders=len(sliders), curved=sum(map(_is_curved, sliders)))
    counts["holds"] = sum(isinstance(obj, HoldNote) for obj in beatmap.hit_objects)
    if beatmap.mode is GameMode.MANIA:
        rows: dict[float, set[float]] = defaultdict(set)
        for obj in beatmap.hit_objects:
            rows[obj.time_ms].add(obj.x)
        counts["jacks"] = sum(len(rows[now] & rows[before]) for before, now in pairwise(sorted(rows)))
    return dict(counts)


def _is_curved(slider: Slider) -> bool:
    points = np.array([point for segment in slider.segments for point in segment.points], np.float64)
    if not len(points):
        return False
    offsets, (dx, dy) = points - points[0], points[-1] - points[0]
    length = math.hypot(dx, dy)
    off_line = np.hypot(*offsets.T) if length == 0 else abs(offsets[:, 0] * dy - offsets[:, 1] * dx) / length
    return bool(off_line.max() > STRAIGHT_PX)


def kinds_table(scores: list[ChartScore]) -> str:
    """Format the make-up of maps by mode as a Markdown table.

    Intervals are of 90 %, by bootstrap over songs.
    """
    columns = ("mode", "songs", "objects / human", "problems", *(f"{name}, human" for name in RATIOS))
    rows = []
    for mode in sorted({score.mode for score in scores}):
        by_song: dict[str, list[ChartScore]] = defaultdict(list)
        for score in scores:
            if score.mode == mode:
                by_song[score.song].append(score)
        songs = list(by_song.values())
        counts = interval(songs, lambda some: sum(s.objects for s in some) / sum(s.human_objects for s in some))
        cells = [counts, str(sum(score.problems for song in songs for score in song))]
        for part, whole in RATIOS.values():
            made = interval(songs, lambda some, part=part, whole=whole: _ratio([s.made_of for s in some], part, whole))
            human = _ratio([score.human_made_of for song in songs for score in song], part, whole)
            cells.append("-" if math.isnan(human) else f"{made}, {human:.3f}")
        rows.append([mode, len(songs), *cells])
    return markdown.table(columns, rows)


def _ratio(counts: Sequence[dict[str, int]], part: str, whole: str) -> float:
    total = sum(each[whole] for each in counts)
    return sum(each.get(part, 0) for each in counts) / total if total else math.nan


def interval(songs: list[list[ChartScore]], figure: Callable[[list[ChartScore]], float]) -> str:
    """Format a figure of all charts with its 90 % interval over songs."""
    low, high = bootstrap_interval(songs, lambda some: figure([*chain.from_iterable(some)]))
    return f"{figure([*chain.from_iterable(songs)]):.3f} [{low:.3f}-{high:.3f}]"


if __name__ == "__main__":
    started = time.monotonic()
    status = main()
    print(f"{time.monotonic() - started:.0f} s")
    sys.exit(status)
