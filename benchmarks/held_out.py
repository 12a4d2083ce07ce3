"""Similarity of generated and human-made maps on held-out songs.

    python -m benchmarks.held_out FOLDER [--model DIR] [--charts 2] [--songs 0] [--matched] [--json FILE] [--keep DIR]

For each held-out song of a folder of mapsets, and for some of its charts, a map is generated through the whole program
at the chart's star rating: once from the audio alone and once with the chart's timing given. Times are compared one to
one at 30 ms, beside two baselines that know more than the program does: the strongest spectral-flux onsets, as many as
the chart has objects, at the best shift; and all ticks of the chart's own timing at its best divisor. `--keep` writes
the maps from audio into a folder, for `benchmarks.profile`.

The maps are the first that the model writes. `--matched` also makes the one that a user gets, whose star rating is
brought to what was requested.
"""

from __future__ import annotations

import json
import math
import statistics
import sys
import time
from dataclasses import asdict, dataclass, replace
from itertools import islice
from pathlib import Path

from tqdm import tqdm

from benchmarks.arguments import corpus_parser
from benchmarks.mai_mod.review_charts import stepmania_sets
from evaluation.baselines import onset_baseline, tick_baseline
from evaluation.charts import Case, MeasuredChart
from evaluation.generate_maps import choose_charts, options_like
from evaluation.measures.object_metrics import snapped_share
from evaluation.measures.timing_metrics import compare_timing
from evaluation.metrics import METRICS
from evaluation.report import markdown
from osu_beatmap.attributes import attributes_of
from osu_beatmap.beatmap import Beatmap, TimingPoint
from osu_beatmap.files.writer import save_beatmap
from osu_beatmap.held_out import Split, title_hash
from osu_beatmap.rules import Severity, check
from osuT5.audio.decode import load_audio
from osuT5.dataset.files.sources import FolderSong, ReadChart, mapset_songs
from osuT5.generation.chart_state import ChartState
from osuT5.generation.sampling.sampler import Sampling
from osuT5.generation.window_schedule import SongGenerator
from osuT5.map_model.folder import is_map_model, map_contract
from osuT5.model.files.find import BUNDLED_MODEL
from osuT5.model.files.loading import load_model
from osuT5.model.inference_setup import prepare_to_generate
from osuT5.tokens.events import ContextKind
from pipeline.finishing.finish import finish
from pipeline.generation.chart import PreparedChart, write_charts
from pipeline.generation.map_model.objects import add_kiai
from pipeline.generation.map_model.rhythm import SongRhythm
from pipeline.generation.matching.star_matching import generate_matched_map
from pipeline.generation.timing import predict_timing, timing_groups
from pipeline.request.resolve import resolve

SEED = 1

F1 = METRICS["f1_30ms"]


@dataclass(slots=True)
class ChartScore:
    """Scores of one chart: map from audio, map with timing, baselines."""

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
    folder = arguments.model or BUNDLED_MODEL
    model, spec = (None, map_contract()) if is_map_model(folder) else load_model(folder)
    if model is not None:
        prepare_to_generate(model)
    converted = stepmania_sets(arguments.stepmania)
    scores: list[ChartScore] = []
    matched_with = str(arguments.model or "") if arguments.matched else None
    chosen = choose_charts(mapset_songs(arguments.folder), Split.HELD_OUT, arguments.charts)
    for song, charts in tqdm(list(islice(chosen, arguments.songs or None)), unit="song"):
        scores += score_song(model, spec, song, charts, song.name in converted, folder, matched_with, arguments.keep)
        if arguments.json:
            arguments.json.write_text(json.dumps([asdict(s) for s in scores], indent=1), encoding="utf-8")
    print(table(scores))
    return 0


def score_song(
    model,
    spec,
    song: FolderSong,
    charts: list[ReadChart],
    from_stepmania: bool,
    folder: Path,
    matched_with: str | None = None,
    keep: Path | None = None,
) -> list[ChartScore]:
    """Score maps generated for a song against its human-made ones.

    Args:
        folder: Of the model.
        matched_with: Names the model that also makes matched maps.
        keep: Folder for the maps from audio.
    """
    samples = load_audio(song.audio_path, spec.grid.sample_rate)
    song_ms = 1000.0 * len(samples) / spec.grid.sample_rate
    writer = SongGenerator(model, spec, None, song_ms, samples=samples)
    attributes = [attributes_of(chart.beatmap, chart.record.stars) for chart in charts]
    rhythm = SongRhythm.of(writer, folder)
    untimed = ChartState(attributes[0], SEED)
    heard = predict_timing(writer, untimed, Sampling()) if rhythm is None else rhythm.timing.lines
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
        score.problems = sum(f.severity is Severity.PROBLEM for f in check(drafts[index], song_ms))
        if matched_with is not None:
            matched = MeasuredChart(_match_map(song, chart.beatmap, matched_with))
            score.f1_matched = F1.measure(Case(matched, human))
            score.star_error_matched = matched.stars - human.stars
        scores.append(score)
    return scores


def _match_map(song: FolderSong, human: Beatmap, model_path: str) -> Beatmap:
    """Generate a map with matched conditions of the human-made one.

    A user who requests these conditions gets this map.
    """
    options = options_like(human) | {"audio_path": str(song.audio_path), "seed": SEED, "generate_positions": False}
    return generate_matched_map(resolve(options | ({"model_path": model_path} if model_path else {})), None, SEED)[0]


def _generate(
    writer: SongGenerator,
    rhythm: SongRhythm | None,
    attributes: list,
    lines: list[list[TimingPoint]],
    settings: list,
) -> list[Beatmap]:
    """Generate maps from all attributes in parallel, and finish them."""
    spec, song_ms = writer.spec, writer.song_ms
    prepared = []
    for wanted, reds, difficulty in zip(attributes, lines, settings, strict=True):
        chart = ChartState(wanted, SEED, {ContextKind.TIMING: timing_groups(reds, spec, song_ms)})
        if rhythm is not None:
            add_kiai(chart, rhythm, reds, spec)
        begun = PreparedChart(writer, chart, reds, difficulty, Sampling(), rhythm=rhythm)
        prepared.append(replace(begun, chart=begun.with_rhythm(chart)))
    write_charts(writer, [each.chart for each in prepared], Sampling())
    return [finish(each.draft().beatmap, song_ms)[0] for each in prepared]


def table(scores: list[ChartScore]) -> str:
    """Format means by mode as a Markdown table.

    The offset is the median of absolute values for right tempi.
    """
    columns = ("mode", "charts", "F1", "F1, timing given", "onsets", "ticks", "tempo right", "octave", "offset ms")
    columns += ("on grid", "objects / human", "problems", "stars", "matched", "stars")
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
        count = statistics.fmean(score.objects / score.human_objects for score in of_mode)
        objects = [f"{mean('on_grid'):.3f}", f"{count:.2f}", sum(score.problems for score in of_mode)]
        stars = [f"{star_error:.2f}", f"{mean('f1_matched'):.3f}", f"{matched:.2f}"]
        rows.append([mode, len(of_mode), *thirds, *tempi, *objects, *stars])
    return markdown.table(columns, rows)


if __name__ == "__main__":
    started = time.monotonic()
    status = main()
    print(f"{time.monotonic() - started:.0f} s")
    sys.exit(status)
