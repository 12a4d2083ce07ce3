"""How fast a map is written on this machine, and where the time goes. Seconds are of processor time.

    python -m benchmarks.generate song SONG [--seconds 60 | --lengths 60 120 180] [--precision fp32 int8]
    python -m benchmarks.generate model CHART.osu [--architecture v29] [--windows 3] [--precision fp32 int8]
    python -m benchmarks.generate model CHART.osu --device cuda [--precision fp32 bf16 fp16]

`song` takes a song, or the beginning of it, through the whole program with the embedded model, stage by stage. `model`
takes windows of a human chart, with the prompts and the token counts that it has, through a model of any size (with
random weights unless one is given): by the plain model, by the same made ready to generate, and by transformers'
`generate`, which encodes a window for each context. It compares their tokens, and a step with what reading its weights
and its cache takes at the speed at which memory is copied. On a GPU seconds are those that pass;
`benchmarks.generate.gpu` measures all that is of interest there.
"""

from __future__ import annotations

import argparse
import copy
import platform
import sys
import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import psutil
import soundfile
import torch

from benchmarks.arguments import command_parser
from benchmarks.generate.floor import copy_gb_s, numbers_read
from benchmarks.generate.tasks import Task, tasks_of
from benchmarks.generate.ways import Mels, Work, as_transformers, by_graphs, by_reference, by_rows, by_transformers
from benchmarks.generate.whole_song import SongCost, time_song
from benchmarks.random_models import random_model
from evaluation.report import markdown
from osu_beatmap.beatmap import Beatmap
from osu_beatmap.files.reader import read_beatmap
from osuT5.audio.decode import load_audio
from osuT5.audio.mel import song_mel, window_mel
from osuT5.generation.window_schedule import SongGenerator
from osuT5.model.files.loading import DTYPES, load_model
from osuT5.model.inference_setup import prepare_to_generate
from osuT5.model.seq2seq import MapperModel
from osuT5.tokens.contract import Contract
from osuT5.training.architectures import ARCHITECTURES
from pipeline.request.resolve import resolve

SAMPLE_RATE = 44_100


def main(arguments: Sequence[str] | None = None) -> int:
    parser = command_parser(__doc__)
    parser.add_argument("what", choices=["song", "model"])
    parser.add_argument("file", type=Path)
    parser.add_argument("--seconds", type=float, default=0.0, help="of the song; 0: all of it")
    parser.add_argument(
        "--lengths", type=float, nargs="+", help="how the time grows: s of the song, one after the other"
    )
    parser.add_argument("--architecture", default="v29", choices=list(ARCHITECTURES))
    parser.add_argument("--model", help="a model instead of random weights")
    parser.add_argument("--windows", type=int, default=3)
    parser.add_argument("--device", default="cpu", choices=["cpu", "cuda"], help="for `model`; cuda: a GPU of any make")
    parser.add_argument("--precision", nargs="+", choices=list(DTYPES), help="unless given: fp32, and int8 or bf16")
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args(arguments)
    options.precision = options.precision or ["fp32", "int8" if options.device == "cpu" else "bf16"]
    fitting = ("fp32", "int8") if options.device == "cpu" else ("fp32", "bf16", "fp16")
    if not set(options.precision) <= set(fitting):
        parser.error(f"on {options.device}, precision can be {', '.join(fitting)}")
    if options.device == "cuda" and (options.what == "song" or not torch.cuda.is_available()):
        parser.error("--device cuda is for `model`, where there is a GPU")
    torch.set_num_threads(options.threads)
    print(f"{_processor()}, {options.threads} threads, torch {torch.__version__}\n")
    if options.device == "cuda":
        print(f"{torch.cuda.get_device_name()}\n")
        _model_on_gpu(options)
    elif options.what == "model":
        _model(options)
    elif options.lengths:
        _lengths(options)
    else:
        _song(options)
    print(f"\nPeak memory of this process: {_peak_mb():.0f} MB")
    return 0


def _song(options: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory() as folder:
        song = excerpt_of(options.file, options.seconds, folder) if options.seconds else options.file
        costs, maps = {}, []
        for precision in options.precision:
            costs[precision] = _cost(song, precision, options.model, folder)
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


def _lengths(options: argparse.Namespace) -> None:
    """Beginnings of one song. Where time grows as the length does, a second of song costs the same in all of them."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for seconds in options.lengths:
            song = excerpt_of(options.file, seconds, folder)
            for precision in options.precision:
                cost = _cost(song, precision, options.model, folder)
                spent = cost.work.total_s
                figures = (f"{spent:.1f}", f"{1000 * spent / seconds:.0f}", f"{1000 * spent / cost.tokens:.2f}")
                rows.append([f"{seconds:g} s, {precision}", *figures, str(cost.tokens), str(cost.objects)])
    columns = ("song", "all s", "ms per s of song", "ms per token", "tokens", "objects")
    print(markdown.table(columns, rows, " --- "))


def excerpt_of(song: Path, seconds: float, folder: str) -> Path:
    """The beginning of a song, as a file."""
    excerpt = Path(folder) / f"{seconds:g}.flac"
    samples = load_audio(song, SAMPLE_RATE)
    soundfile.write(excerpt, samples[: round(seconds * SAMPLE_RATE)], SAMPLE_RATE)
    return excerpt


def _cost(song: Path, precision: str, model: str | None, folder: str) -> SongCost:
    flat = {"audio_path": str(song), "output_path": folder, "seed": 1, "device": "cpu", "precision": precision}
    return time_song(resolve(flat | {"model_path": model}))


def _model(options: argparse.Namespace) -> None:
    model, spec, mode, tasks, mels = _opened(options)
    ways = {}
    if model.config.layer_kind == "whisper" and model.pointer is None:
        ways["transformers' generate"] = by_transformers(as_transformers(model, spec), model, tasks, mels)
    ways["plain"] = by_reference(model, tasks, mels, mode)
    for precision in options.precision:
        ready = prepare_to_generate(_loaded(options)[0], precision == "int8")
        ways[f"ready, {precision}, row by row"] = by_rows(ready, tasks, mels, mode, together=False)
        ways[f"ready, {precision}"] = by_rows(ready, tasks, mels, mode)
        del ready
    _print_ways(ways)
    _print_floor(model, tasks, {"fp32": (4, 4), "int8": (1, 4)}, "cpu")


def _model_on_gpu(options: argparse.Namespace) -> None:
    model, spec, mode, tasks, mels = _opened(options)
    for precision in options.precision:
        own = copy.deepcopy(model).to("cuda", DTYPES[precision])
        ways = {}
        if model.config.layer_kind == "whisper" and model.pointer is None:
            ways["transformers' generate"] = partial(by_transformers, as_transformers(own, spec), own, tasks, mels)
        ways["plain"] = partial(by_reference, own, tasks, mels, mode)
        ready = prepare_to_generate(copy.deepcopy(own))
        ways["graphs"] = partial(by_graphs, ready, tasks, mels, mode)
        for way in ways.values():
            way()  # what is done once, captures above all, is not timed
        print(f"\n{precision}:\n")
        _print_ways({name: way() for name, way in ways.items()})
    _print_floor(model, tasks, {name: (DTYPES[name].itemsize,) * 2 for name in options.precision}, "cuda")
    print(f"Peak memory of the GPU: {torch.cuda.max_memory_allocated() / 1e6:.0f} MB")


def _opened(options: argparse.Namespace) -> tuple[MapperModel, Contract, int, list[Task], Mels]:
    """Load the model and the windows of the chart, and print some facts.

    Returns:
        The model, its contract, the mode and the windows.
    """
    model, spec = _loaded(options)
    chart = read_beatmap(options.file)
    tasks, mels = _work_of(model, spec, chart, options)
    prompts, counts = sum(len(task.prompt_ids) for task in tasks), sum(task.count for task in tasks)
    print(f"{spec.name}, {sum(p.numel() for p in model.parameters()) / 1e6:.0f} M parameters: {len(mels)} windows,")
    print(f"{len(tasks)} prompts of {prompts / len(tasks):.0f} tokens, {counts} tokens written\n")
    return model, spec, int(chart.mode), tasks, mels


def _loaded(options: argparse.Namespace) -> tuple[MapperModel, Contract]:
    return load_model(options.model) if options.model else random_model(options.architecture)


def _work_of(
    model: MapperModel, spec: Contract, chart: Beatmap, options: argparse.Namespace
) -> tuple[list[Task], Mels]:
    """Windows from the middle of the song on, where most charts are at their densest."""
    samples = load_audio(options.file.parent / chart.audio_filename, spec.grid.sample_rate)
    mel = song_mel(samples, spec)
    writer = SongGenerator(model, spec, mel, 1000.0 * len(samples) / spec.grid.sample_rate)
    first = len(writer.windows) // 2
    indices = range(first, min(first + options.windows, len(writer.windows)))
    mels = {
        index: torch.from_numpy(window_mel(mel, writer.windows[index].start_frame, spec.grid.frames))
        for index in indices
    }
    return tasks_of(writer, chart, indices), mels


def _print_ways(ways: dict[str, Work]) -> None:
    first = next(iter(ways.values()))
    stages = ("encoder", "prefill", "decode", "generate")
    rows = []
    for name, work in ways.items():
        same = sum(map(list.__eq__, work.tokens, first.tokens))
        spent = [f"{1000 * work.seconds[stage]:.0f}" for stage in stages]
        rate = work.steps / work.wall_seconds["decode"]
        whole = (f"{work.total_s:.2f}", f"{work.total_s / first.total_s:.2f}")
        step = (f"{work.step_ms:.1f}", f"{work.step_ms / first.step_ms:.2f}")
        step += (f"{work.step_wall_ms:.1f}", f"{work.step_wall_ms / first.step_wall_ms:.2f}", f"{rate:.0f}")
        rows.append([name, *spent, *whole, *step, f"{same} of {len(first.tokens)}"])
    head = ("way", *(f"{stage} ms" for stage in stages), "all s", "of first", "ms/token", "of first")
    print(markdown.table((*head, "wall ms/token", "of first", "tokens/s", "rows as the first"), rows, " --- "))


def _print_floor(model: MapperModel, tasks: Sequence[Task], sizes: dict[str, tuple[int, int]], device: str) -> None:
    """sizes: bytes of a weight and of a number of the cache, by precision"""
    weights, cache = numbers_read(model, sum(len(task.prompt_ids) + task.count / 2 for task in tasks) / len(tasks))
    speed = copy_gb_s(device)
    print(f"\nMemory is copied at {speed:.1f} GB/s (read and written). At that speed a step of one row takes at least")
    for name, (of_weight, of_cache) in sizes.items():
        read_mb = (weights * of_weight + cache * of_cache) / 1e6
        parts = f"{weights * of_weight / 1e6:.0f} MB of weights and {cache * of_cache / 1e6:.0f} of cache"
        print(f"{read_mb / speed:.2f} ms in {name}, for {parts}.")


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.is_file() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def _peak_mb() -> float:
    if sys.platform == "win32":
        return psutil.Process().memory_info().peak_wset / 1e6
    import resource  # not on Windows

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e6 if sys.platform == "darwin" else peak / 1e3


if __name__ == "__main__":
    sys.exit(main())
