"""Speed and exactness of a model on one device.

The result is a table in OUT_FOLDER/model.md, with numbers in model.json.

    python -m benchmarks.generate.model OUT_FOLDER [--device cuda] [--architecture v29]
    python -m benchmarks.generate.model OUT_FOLDER --device cpu [--tiny]

With random weights in the sizes of an architecture: the time of a step, rules and token choice included, in each
precision, for one row and for four; and transformers' `generate` for the same tokens with the same weights. With a
small model and a song: the speed of the captured loop, and whether its tokens are those of the plain steps. A part
that fails is reported in the table, and the others continue. On a CPU the captured loop runs without graphs, which
shows that it runs and nothing else.
"""

from __future__ import annotations

import argparse
import copy
import json
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import torch

from benchmarks.arguments import command_parser
from benchmarks.generate.steady import PROMPT_TOKENS, Song, noise, step_ms, write_song
from benchmarks.generate.ways import Task, convert_to_transformers, run_graphs, run_transformers
from osuT5.audio.decode import load_audio
from osuT5.audio.mel import song_mel
from osuT5.generation.sampling.sampler import Sampling
from osuT5.model.decoding.step_graphs import Capturing, CudaGraphs, skip_capture
from osuT5.model.files.loading import DTYPES
from osuT5.model.inference_setup import prepare_to_generate
from osuT5.model.seq2seq import MapperModel
from osuT5.tokens.contract import mini_spec
from osuT5.training.architectures import ARCHITECTURES, mini_config
from paths import DEMO_SONG

TINY = {"d_model": 64, "encoder_layers": 1, "decoder_layers": 2, "encoder_heads": 2, "decoder_heads": 2}
TINY |= {"encoder_ffn_dim": 64, "decoder_ffn_dim": 64}

TOKENS_PER_S, TIMES_TRANSFORMERS, TIMES_ONE_ROW = 600, 8, 3
"""Targets on an H100 in bf16: one row, against transformers' generate, and four rows against one."""

NO_GPU = "a CPU, without graphs: no figure here says anything about a GPU"


class Report:
    """Sentences and tables, on the screen and in a file."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.lines: list[str] = []
        self.numbers: dict[str, object] = {}

    def say(self, line: str = "") -> None:
        print(line, flush=True)
        self.lines.append(line)
        (self.folder / "model.md").write_text("\n".join(self.lines) + "\n", encoding="utf-8")

    def row(self, *cells: object) -> None:
        self.say("| " + " | ".join(map(str, cells)) + " |")

    def head(self, *cells: str) -> None:
        self.say()
        self.row(*cells)
        self.row(*["---"] * len(cells))

    def note(self, name: str, value: object) -> None:
        self.numbers[name] = value
        (self.folder / "model.json").write_text(json.dumps(self.numbers, indent=1) + "\n", encoding="utf-8")

    def part(self, title: str, measure: Callable[[], None]) -> None:
        """Run a part whose failure does not end the others."""
        self.say(f"\n## {title}")
        started = time.perf_counter()
        try:
            measure()
        except Exception as error:  # a first run on a new device: whatever it is, it should be seen with all the rest
            self.say(f"\nFailed: {type(error).__name__}: {(str(error).splitlines() or [''])[0]}")
            self.note(f"failed: {title}", f"{type(error).__name__}: {error}")
        self.say(f"\n({time.perf_counter() - started:.0f} s)")


class Bench:
    """The models of one run, and what is measured with them."""

    def __init__(self, options: argparse.Namespace, report: Report) -> None:
        self.device = options.device
        self.report = report
        self.is_tiny = options.tiny
        self.steps = 8 if options.tiny else 120
        architecture = ARCHITECTURES[options.architecture]
        self.spec = architecture.spec()
        torch.manual_seed(0)
        config = architecture.config(self.spec, TINY if options.tiny else {})
        self.plain = MapperModel(config).eval().requires_grad_(False)
        self.precisions = ["fp32", "fp16", "bf16"] if options.device == "cuda" else ["fp32"]

    def capture(self) -> Capturing:
        return CudaGraphs(torch.device(self.device)) if self.device == "cuda" else skip_capture

    def model(self, precision: str, ready: bool = True) -> MapperModel:
        model = copy.deepcopy(self.plain).to(self.device, DTYPES[precision])
        return prepare_to_generate(model, capture=self.capture()) if ready else model

    def speed(self) -> None:
        """Measure steps with rules and sampling, one row and four."""
        self.report.head("precision", "rows", "ms/step", "tokens/s", "of one row's")
        for precision in self.precisions:
            model = self.model(precision)
            one = None
            for rows in (1, 4):
                ms = step_ms(model, self.spec, rows, self.steps)
                one = one or ms
                self.report.row(precision, rows, f"{ms:.3f}", f"{1000 * rows / ms:.0f}", f"{rows * one / ms:.2f}")
                self.report.note(f"step ms {precision} {rows}", ms)
        self.report.say(f"\nGoals on an H100 in bf16: {TOKENS_PER_S} tokens/s for one row, {TIMES_ONE_ROW} for four.")

    def compare_with_transformers(self) -> None:
        """Compare greedy decoding without rules with transformers' `generate`."""
        generator = torch.Generator().manual_seed(1)
        ids = torch.randint(3, self.spec.vocabulary.size_out, (PROMPT_TOKENS,), generator=generator).tolist()
        tasks = [Task(window, ids, self.steps) for window in range(2)]
        frames = self.spec.grid.frames
        mels = {window: torch.from_numpy(noise(self.spec, 60.0)[window : window + frames]) for window in range(2)}
        self.report.head(
            "precision", "way", "encoder ms", "prefill ms", "ms/token", "times as fast", "tokens as theirs"
        )
        for precision in self.precisions:
            model = self.model(precision, ready=False)
            theirs = convert_to_transformers(model, self.spec)
            ready = self.model(precision)
            ways = {
                "transformers' generate": partial(run_transformers, theirs, model, tasks, mels),
                "graphs": partial(run_graphs, ready, tasks, mels),
            }
            first = None
            for name, way in ways.items():
                once = way().seconds["capture"]  # what is done once is not in the table
                if once:
                    self.report.note(f"capture s {precision}", once)
                work = way()
                ms = 1000 * (work.seconds["decode"] + work.seconds["generate"]) / work.steps
                first = first or (ms, work.tokens)
                same = sum(map(list.__eq__, work.tokens, first[1]))
                stages = [f"{1000 * work.seconds[stage] / len(tasks):.1f}" for stage in ("encoder", "prefill")]
                self.report.row(
                    precision, name, *stages, f"{ms:.3f}", f"{first[0] / ms:.1f}", f"{same} of {len(tasks)}"
                )
                self.report.note(f"ms/token {precision} {name}", ms)
        self.report.say(f"\nGoal in bf16: {TIMES_TRANSFORMERS} times as fast.")

    def small(self) -> None:
        """Measure the demo song with a small model, one difficulty and four."""
        spec = mini_spec()
        torch.manual_seed(0)
        weights = MapperModel(mini_config(spec)).eval().requires_grad_(False)
        stars = [4.0, 3.0, 2.0, 1.0]
        self.report.head("difficulties", "way", "s", "tokens", "tokens/s", "rows as plain fp32 has them")
        for difficulties in (stars[:1], stars):
            plain: Song | None = None
            for way, precision in (("plain", "fp32"), *(("loop", each) for each in self.precisions)):
                model = copy.deepcopy(weights).to(self.device, DTYPES[precision])
                mel = song_mel(load_audio(DEMO_SONG, spec.grid.sample_rate), spec)
                mel = mel[: int((4_000 if self.is_tiny else 30_000) / spec.grid.frame_ms)]
                if way == "loop":
                    prepare_to_generate(model, capture=self.capture())
                    write_song(model, spec, mel, difficulties, Sampling())  # captures
                song = write_song(model, spec, mel, difficulties, Sampling())
                plain = plain or song
                self._must_be_captured(model)
                figures = (f"{song.seconds:.2f}", song.tokens, f"{song.tokens / song.seconds:.0f}", song.same_as(plain))
                self.report.row(len(difficulties), f"{way}, {precision}", *figures)
                self.report.note(f"small {len(difficulties)} {way} {precision}", song.tokens / song.seconds)

    def _must_be_captured(self, model: MapperModel) -> None:
        if model.graphed_steps is not None and model.graphed_steps.problem is not None:
            raise RuntimeError(model.graphed_steps.problem)


def _device_words() -> str:
    facts = torch.cuda.get_device_properties(torch.cuda.current_device())
    toolkit = torch.version.cuda or torch.version.hip
    return f"{facts.name}, {facts.total_memory / 1e9:.0f} GB, {'ROCm' if torch.version.hip else 'CUDA'} {toolkit}"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = command_parser(__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--device", default="cuda", choices=["cuda", "cpu"])
    parser.add_argument("--tiny", action="store_true", help="a tiny model: shows that it runs")
    parser.add_argument("--architecture", default="v29", choices=["v28", "v29"], help="that transformers has, too")
    options = parser.parse_args(arguments)
    if options.device == "cuda" and not torch.cuda.is_available():
        parser.error("there is no GPU here; --device cpu measures the processor")
    report = Report(options.folder)
    on_gpu = options.device == "cuda"
    report.say(f"# {_device_words() if on_gpu else NO_GPU}\n")
    report.say(f"torch {torch.__version__}, {options.architecture}")
    bench = Bench(options, report)
    parts = sum(parameter.numel() for parameter in bench.plain.parameters()) / 1e6
    report.say(f"\n{parts:.0f} M parameters with random weights.")
    report.part("A step with rules and draws", bench.speed)
    report.part("Against transformers' generate", bench.compare_with_transformers)
    report.part("A small model", bench.small)
    if on_gpu:
        peak = torch.cuda.max_memory_allocated() / 1e6
        report.say(f"\nPeak memory of the GPU: {peak:.0f} MB")
        report.note("peak MB", peak)
    return 1 if any(name.startswith("failed") for name in report.numbers) else 0


if __name__ == "__main__":
    sys.exit(main())
