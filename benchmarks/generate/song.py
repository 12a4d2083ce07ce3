"""Processor time of a song, stage by stage, on a CPU.

The whole program runs with the bundled model.

    python -m benchmarks.generate.song SONG [--seconds 60] [--precision fp32 int8] [--model DIR] [--threads 1]

`--seconds` takes the beginning of the song only. Stages are computed one after the other.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

import psutil
import soundfile
import torch

from benchmarks.arguments import command_parser
from benchmarks.generate.ways import Work
from evaluation.report import markdown
from osu_diffusion import refine
from osuT5.audio.decode import load_audio
from osuT5.generation import audio_encoder
from osuT5.generation import window_schedule as schedule
from osuT5.generation.sampling.row_choice import RowChoice
from osuT5.generation.window_schedule import SongGenerator
from osuT5.model import inference_setup
from osuT5.model.decoding.row_decoder import RowDecoder
from osuT5.model.files import loading
from osuT5.model.seq2seq import MapperModel
from osuT5.objects.generation import ObjectGenerator
from pipeline.generation import chart, models, timing
from pipeline.generation import generate as program
from pipeline.generation.map_model import rhythm as map_rhythm
from pipeline.generation.map_model.rhythm import SongRhythm
from pipeline.request.options import GenerationRequest
from pipeline.request.resolve import resolve

SAMPLE_RATE = 44_100
STAGES = {
    "loading": (loading, "load_model"),
    "loading, map model": (map_rhythm, "load_map_model"),
    "fusing": (inference_setup, "prepare_to_generate"),
    "audio": (models, "load_audio"),
    "mel": (audio_encoder, "song_mel"),
    "beats": (map_rhythm, "predict_timing"),
    "rhythm": (SongRhythm, "object_times_ms"),
    "objects": (ObjectGenerator, "generate"),
    "encoder": (MapperModel, "encode"),
    "prefill": (RowDecoder, "begin"),
    "decode": (RowDecoder, "step"),
    "rules": (RowChoice, "choose"),
    "red lines": (timing, "fit_from_activation"),
    "assembly": (chart, "assemble"),
    "diffusion": (refine, "refine_positions"),
    "export": (program, "export"),
}
"""What is timed as which stage: none of them calls another."""


@dataclass(frozen=True, slots=True)
class SongCost:
    """Cost of a song.

    Attributes:
        work: Processor seconds by stage, "rest" included.
        tokens: Number of tokens generated in all attempts.
    """

    work: Work
    tokens: int
    objects: int
    osu_path: Path

    @property
    def tokens_per_s(self) -> float:
        seconds = self.work.seconds
        return self.tokens / max(1e-9, seconds["prefill"] + seconds["decode"] + seconds["rules"])


def main(arguments: Sequence[str] | None = None) -> int:
    parser = command_parser(__doc__)
    parser.add_argument("song", type=Path)
    parser.add_argument("--seconds", type=float, default=0.0, help="of the song; 0: all of it")
    parser.add_argument("--precision", nargs="+", choices=["fp32", "int8"], default=["fp32", "int8"])
    parser.add_argument("--model")
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args(arguments)
    torch.set_num_threads(options.threads)
    print(f"{options.threads} threads, torch {torch.__version__}\n")
    with tempfile.TemporaryDirectory() as folder:
        song = _write_beginning(options.song, options.seconds, folder) if options.seconds else options.song
        flat = {"audio_path": str(song), "output_path": folder, "seed": 1, "device": "cpu"}
        costs, maps = {}, []
        for precision in options.precision:
            costs[precision] = time_song(resolve(flat | {"precision": precision, "model_path": options.model}))
            maps.append(costs[precision].osu_path.read_text(encoding="utf-8"))
    stages = dict.fromkeys(stage for cost in costs.values() for stage in cost.work.seconds)
    rows = [[stage, *(f"{1000 * cost.work.seconds[stage]:.0f}" for cost in costs.values())] for stage in stages]
    rows.append(["all", *(f"{1000 * cost.work.total_s:.0f}" for cost in costs.values())])
    rows.append(["tokens", *(cost.tokens for cost in costs.values())])
    rows.append(["tokens/s", *(f"{cost.tokens_per_s:.0f}" for cost in costs.values())])
    rows.append(["objects", *(cost.objects for cost in costs.values())])
    print(markdown.table(("ms", *costs), rows, " --- "))
    if len(maps) > 1:
        print(f"\nThe maps are {'identical' if len(set(maps)) == 1 else 'not identical'}.")
    print(f"\nPeak memory of this process: {_peak_mb():.0f} MB")
    return 0


def _write_beginning(song: Path, seconds: float, folder: str) -> Path:
    excerpt = Path(folder) / f"{seconds:g}.flac"
    samples = load_audio(song, SAMPLE_RATE)
    soundfile.write(excerpt, samples[: round(seconds * SAMPLE_RATE)], SAMPLE_RATE)
    return excerpt


def time_song(request: GenerationRequest) -> SongCost:
    """Generate a map on a CPU; imports count only the first time."""
    work = Work()
    written: list[int] = []

    def take(writer, row, *others, plain=SongGenerator.take):
        written.append(len(row.written_ids))
        plain(writer, row, *others)

    with ExitStack() as stack:
        for stage, (owner, name) in STAGES.items():
            stack.enter_context(_count_calls(owner, name, stage, work))
        stack.enter_context(mock.patch.object(SongGenerator, "take", take))
        # One after the other: processor time cannot be divided between stages that overlap.
        stack.enter_context(mock.patch.object(schedule, "has_idle_core", lambda: False))
        whole = Work()
        with whole.stage("all"):
            result = program.generate(request)
    work.seconds["rest"] = whole.total_s - work.total_s
    return SongCost(work, sum(written), len(result.beatmap.hit_objects), result.osu_path)


@contextmanager
def _count_calls(owner: object, name: str, stage: str, work: Work) -> Iterator[None]:
    plain = getattr(owner, name)

    def count_call(*args, **kwargs):
        with work.stage(stage):
            return plain(*args, **kwargs)

    with mock.patch.object(owner, name, count_call):
        yield


def _peak_mb() -> float:
    if sys.platform == "win32":
        return psutil.Process().memory_info().peak_wset / 1e6
    import resource  # not on Windows

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e6 if sys.platform == "darwin" else peak / 1e3


if __name__ == "__main__":
    sys.exit(main())
