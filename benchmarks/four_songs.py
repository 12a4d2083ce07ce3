"""Is the path itself right? A model trained on four songs alone must give back their charts.

    python -m benchmarks.four_songs CHART.osu CHART.osu CHART.osu CHART.osu [--steps 2400] [--work DIR]

Trains the embedded size from fresh weights on these charts, each beside its audio, and generates each again from its
audio through the whole program: timing, contexts, assembly, resnapping, finishing. Prints the object-time F1 at 30 ms;
exit status 1 when one is below 0.95. Tells nothing about other songs.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from benchmarks.arguments import command_parser
from evaluation.measures.object_metrics import match_times, object_times_ms
from osu_beatmap.files.reader import read_beatmap
from osu_beatmap.star_rating import star_rating
from osuT5.dataset.options import AugmentationOptions, BatchOptions, DataOptions
from osuT5.training.options import LossOptions, TrainOptions
from osuT5.training.run import train
from pipeline.generation.generate import generate
from pipeline.request.options import (
    GenerationRequest,
    MapOptions,
    ModelOptions,
    OutputOptions,
    SamplingOptions,
    SettingOptions,
    SongOptions,
)
from training.loop import LoopOptions

TARGET_F1 = 0.95


def main() -> int:
    parser = command_parser(__doc__)
    parser.add_argument("charts", type=Path, nargs=4)
    parser.add_argument("--steps", type=int, default=2400)
    parser.add_argument("--init", default="", help="a model of these four songs to go on from")
    parser.add_argument("--work", type=Path, help="folder for the run, so that it can be resumed")
    arguments = parser.parse_args()
    work = arguments.work or Path(tempfile.mkdtemp())
    songs = [_copy_song(chart, work / "songs" / f"{index}") for index, chart in enumerate(arguments.charts)]
    model_folder = train(_options(work, arguments.steps, arguments.init))
    worst = 1.0
    for song in songs:
        human = read_beatmap(song)
        result = generate(_request(song, model_folder, work / "maps"))
        score = match_times(object_times_ms(human), object_times_ms(result.beatmap))
        worst = min(worst, score.f1)
        print(
            f"{human.mode.name.lower():8} F1 {score.f1:.3f}, precision {score.precision:.3f}, recall {score.recall:.3f}"
        )
        print(f"         {len(human.hit_objects)} objects, {len(result.beatmap.hit_objects)} generated: {song.name}")
    return 0 if worst >= TARGET_F1 else 1


def _copy_song(chart: Path, folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(chart.parent / read_beatmap(chart).audio_filename, folder)
    return Path(shutil.copy(chart, folder))


def _options(work: Path, steps: int, init: str) -> TrainOptions:
    return TrainOptions(
        run_path=str(work / "run"),
        pretrained_path=init,
        data=DataOptions(train_dataset_path=str(work / "songs"), split="all", convert_to_catch=False),
        loss=LossOptions(frame_only_steps=0 if init else steps // 10),
        loop=LoopOptions(
            total_steps=steps, warmup_steps=50, learning_rate=2e-3, average_decay=0.98, checkpoint_every=50
        ),
        batch=BatchOptions(windows=8, charts_per_window=1, max_tokens=640, mode_shares=(0.25, 0.25, 0.25, 0.25)),
        augmentation=AugmentationOptions(
            speed_probability=0.0,
            mirror=False,
            condition_dropout=0.0,
            time_jitter_probability=0.0,
            mel_mask_probability=0.0,
        ),
    )


def _request(song: Path, model_folder: Path, output: Path) -> GenerationRequest:
    human = read_beatmap(song)
    wanted = human.difficulty
    return GenerationRequest(
        song=SongOptions(audio_path=song.parent / human.audio_filename),
        map=MapOptions(
            gamemode=human.mode,
            difficulty=star_rating(human),
            match_difficulty=False,
            keycount=round(wanted.circle_size) if human.mode == 3 else None,
        ),
        settings=SettingOptions(circle_size=wanted.circle_size, slider_multiplier=wanted.slider_multiplier),
        sampling=SamplingOptions(seed=1, temperature=0.0),
        model=ModelOptions(model_path=str(model_folder)),
        output=OutputOptions(output_path=output),
    )


if __name__ == "__main__":
    sys.exit(main())
