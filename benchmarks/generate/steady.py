"""Steps of a GPU's decode loop, and songs through it.

`benchmarks.generate.model` measures them.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch

from osu_beatmap.attributes import Attributes
from osu_beatmap.beatmap import GameMode
from osuT5.generation.chart_state import ChartState
from osuT5.generation.device_loop import STEPS_LATE, Looks
from osuT5.generation.rules.compiled_grammar import CompiledGrammar
from osuT5.generation.sampling.device_choice import DeviceChoice
from osuT5.generation.sampling.sampler import Sampler, Sampling, adapt_sampling
from osuT5.generation.window_schedule import SongGenerator
from osuT5.model.decoding.static_decoder import Shape
from osuT5.model.seq2seq import MapperModel
from osuT5.tokens.contract import Contract

PROMPT_TOKENS = 85
"""As many as prompts of a human chart had on average."""


@torch.inference_mode()
def step_ms(model: MapperModel, spec: Contract, rows: int, steps: int) -> float:
    """Return the milliseconds of a step with rules and sampling.

    The host watches as usual. Rows that have ended take as much time as the others, so the time does not depend on the
    tokens.
    """
    way, run = _steady_run(model, spec, rows, steps)
    for place in range(PROMPT_TOKENS, PROMPT_TOKENS + steps):
        run(place)  # captures what is timed, and learns the grammar
    way.settle()
    looks = Looks(way.state.device, STEPS_LATE)
    _wait(model)
    started = time.perf_counter()
    for place in range(PROMPT_TOKENS, PROMPT_TOKENS + steps):
        looks.look()
        run(place)
        looks.send(way.state)
    _wait(model)
    return 1000 * (time.perf_counter() - started) / steps


def _steady_run(model: MapperModel, spec: Contract, rows: int, steps: int):
    """Return a choice, and a function that runs a step."""
    states = torch.zeros(1, model.config.max_source_positions, model.config.d_model).to(model.device, model.dtype)
    decoder = model.graphed_steps.decoder(model, Shape.of([0] * rows, states.shape[1]))
    grammar = model.graphed_steps.kept.setdefault(CompiledGrammar, CompiledGrammar(spec.vocabulary, model.device))
    sampling = adapt_sampling(spec, GameMode.STANDARD, Sampling())
    way = DeviceChoice(decoder, grammar, Sampler(sampling, spec))
    song = SongGenerator(model, spec, np.zeros((1, spec.spectrogram.n_mels), np.float32), 60_000.0)
    chart = ChartState(Attributes(GameMode.STANDARD, difficulty=4.0), 0)
    contexts = spec.contexts_of(GameMode.STANDARD)
    asked = [song.row(song.windows[1], contexts[-1], chart, []) for _ in range(rows)]
    prompts = [(row.prompt_ids * PROMPT_TOKENS)[:PROMPT_TOKENS] for row in asked]
    decoder.begin(model, states, [0] * rows, [0] * rows, prompts)
    uniforms = [torch.rand(steps + 2, dtype=torch.float64) for _ in asked]
    way.begin(asked, [steps + 1] * rows, uniforms)

    def step(length: int) -> None:
        decoder.step(length)
        way.choose()

    def run(place: int) -> None:
        length = decoder.length_for(place)
        decoder.run((way, length), partial(step, length))

    return way, run


@dataclass(slots=True)
class Song:
    """Result of a song.

    Attributes:
        rows: Tokens of each row in generated order.
        groups: Number in all charts.
    """

    seconds: float
    rows: list[list[int]]
    groups: int

    @property
    def tokens(self) -> int:
        return sum(map(len, self.rows))

    def same_as(self, other: Song) -> str:
        equal = sum(one == two for one, two in zip(self.rows, other.rows, strict=False))
        return f"{equal} of {max(len(self.rows), len(other.rows))}"


class _Recorder(SongGenerator):
    """Keeps the tokens of every row."""

    def take(self, row, window, written) -> None:
        self.rows.append(list(row.written_ids))
        super().take(row, window, written)


def write_song(
    model: MapperModel,
    spec: Contract,
    mel: np.ndarray,
    difficulties: Sequence[float],
    sampling: Sampling,
) -> Song:
    """Generate all contexts of osu!standard charts.

    The input is a spectrogram [frames, mels]; the output is groups of events.
    """
    song_ms = len(mel) * spec.grid.frame_ms
    writer = _Recorder(model, spec, mel, song_ms)
    writer.rows = []
    charts = [ChartState(Attributes(GameMode.STANDARD, difficulty=stars), 1) for stars in difficulties]
    wanted = [(context, chart) for context in spec.contexts_of(GameMode.STANDARD) for chart in charts]
    _wait(model)
    started = time.perf_counter()
    writer.fill_in(wanted, adapt_sampling(spec, GameMode.STANDARD, sampling))
    _wait(model)
    groups = sum(len(groups) for chart in charts for groups in chart.contexts.values())
    return Song(time.perf_counter() - started, writer.rows, groups)


def noise(spec: Contract, seconds: float) -> np.ndarray:
    """Return a random spectrogram, for models with random weights."""
    frames = int(1000 * seconds / spec.grid.frame_ms) + 1
    return np.random.default_rng(0).random((frames, spec.spectrogram.n_mels), dtype=np.float32)


def _wait(model: MapperModel) -> None:
    if model.device.type == "cuda":
        torch.cuda.synchronize()
