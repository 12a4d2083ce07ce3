"""Do generated maps break a rule?

Many short maps, all modes, 1 to 8 stars, several songs.

    python -m benchmarks.many_maps SONG... [--seconds 40] [--maps 200] [--model DIR] [--keep DIR]

Generates maps for excerpts of the songs, at each of 1 to 8 stars in each mode, finishes them as the program does and
checks them as `benchmarks.check_maps` does. Exit status 1 if there is a problem.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from itertools import cycle, islice
from pathlib import Path

from tqdm import tqdm

from benchmarks.arguments import command_parser
from benchmarks.check_maps import MapReport
from osu_beatmap.beatmap import GameMode
from osu_beatmap.files.writer import save_beatmap, write_beatmap
from osu_beatmap.star_rating import star_rating
from osuT5.audio.decode import load_audio
from osuT5.generation.chart_state import ChartState
from osuT5.generation.sampling.sampler import Sampling
from osuT5.generation.window_schedule import SongGenerator
from osuT5.map_model.folder import is_map_model, map_contract
from osuT5.model.files.find import BUNDLED_MODEL
from osuT5.model.files.loading import load_model
from osuT5.model.inference_setup import prepare_to_generate
from osuT5.tokens.events import ContextKind
from pipeline.generation.chart import PreparedChart, write_charts
from pipeline.generation.conditions import conditions_of
from pipeline.generation.final_map import finish_with_settings
from pipeline.generation.map_model.objects import add_kiai
from pipeline.generation.map_model.rhythm import SongRhythm
from pipeline.generation.refinement import refine_draft
from pipeline.generation.timing import predict_timing, timing_groups
from pipeline.request.options import GenerationRequest, MapOptions

STARS = range(1, 9)
KEY_COUNTS = (4, 7, 5, 6)


def main() -> int:
    parser = command_parser(__doc__)
    parser.add_argument("songs", type=Path, nargs="+")
    parser.add_argument("--seconds", type=float, default=40.0)
    parser.add_argument("--maps", type=int, default=200)
    parser.add_argument("--model", type=Path)
    parser.add_argument("--keep", type=Path, help="folder for the .osu files")
    arguments = parser.parse_args()
    folder = arguments.model or BUNDLED_MODEL
    model, spec = (None, map_contract()) if is_map_model(folder) else load_model(folder)
    if model is not None:
        prepare_to_generate(model)
    rounds = -(-arguments.maps // len(STARS))
    combinations = list(islice(cycle(GameMode), rounds))
    report = MapReport()
    star_errors: list[float] = []
    for index, mode in enumerate(tqdm(combinations, unit="batch")):
        song = arguments.songs[index % len(arguments.songs)]
        samples = load_audio(song, spec.grid.sample_rate)
        length = int(arguments.seconds * spec.grid.sample_rate)
        start = max(0, (len(samples) - length) * (index % 5) // 5)
        excerpt = samples[start : start + length]
        for stars, beatmap, song_ms in _batch(model, spec, excerpt, mode, index, folder):
            star_errors.append(abs(star_rating(beatmap) - stars))
            name = f"{index:03}-{mode.name.lower()}-{stars}.osu"
            report.add(name, write_beatmap(beatmap).encode(), song_ms)
            if arguments.keep:
                arguments.keep.mkdir(parents=True, exist_ok=True)
                save_beatmap(beatmap, arguments.keep / name)
    report.print()
    print(f"mean star error {sum(star_errors) / len(star_errors):.2f}")
    return 0 if report.is_clean else 1


def _batch(model, spec, samples, mode: GameMode, seed: int, folder: Path):
    """Yield a finished map of one excerpt for each star rating.

    Each comes with its star rating and the length of the song in ms.
    """
    song_ms = 1000.0 * len(samples) / spec.grid.sample_rate
    writer = SongGenerator(model, spec, None, song_ms, samples=samples)
    keys = KEY_COUNTS[seed // 4 % len(KEY_COUNTS)] if mode is GameMode.MANIA else None
    charts, requests, settings = [], [], []
    for stars in STARS:
        request = GenerationRequest(map=MapOptions(gamemode=mode, difficulty=float(stars), keycount=keys))
        requests.append(request)
        settings.append(request.difficulty_settings(stars))
        charts.append(ChartState(conditions_of(request, settings[-1], spec.encoding), seed * 100 + stars))
    rhythm = SongRhythm.of(writer, folder)
    lines = predict_timing(writer, charts[0], Sampling()) if rhythm is None else rhythm.timing.lines
    prepared = []
    for chart, difficulty in zip(charts, settings, strict=True):
        chart.contexts[ContextKind.TIMING] = timing_groups(lines, spec, song_ms)
        if rhythm is not None:
            add_kiai(chart, rhythm, lines, spec)
        begun = PreparedChart(writer, chart, lines, difficulty, Sampling(), rhythm=rhythm)
        prepared.append(replace(begun, chart=begun.with_rhythm(chart)))
    write_charts(writer, [each.chart for each in prepared], Sampling())
    for stars, each, request in zip(STARS, prepared, requests, strict=True):
        placed = refine_draft(request, each.draft(), each.chart.seed)
        yield stars, finish_with_settings(request, placed, song_ms)[0], song_ms


if __name__ == "__main__":
    sys.exit(main())
