"""Two ways to generate tokens of windows, with times of stages.

Seconds are of processor time on a CPU, and of wall time on a GPU. Tokens are those of greedy decoding without rules, as
many as a task has. Both ways get the same spectrograms.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial

import torch
from torch import Tensor
from transformers import GenerationConfig, GenerationMixin, WhisperConfig, WhisperForConditionalGeneration

from osuT5.model.decoding.static_decoder import Shape
from osuT5.model.decoding.step_graphs import GraphedDecoder
from osuT5.model.files.bundle_writer import published_tensors
from osuT5.model.seq2seq import MapperModel
from osuT5.tokens.contract import Contract

Mels = dict[int, Tensor]
"""Spectrogram [frames, mels] of each window by its index."""


@dataclass(frozen=True, slots=True)
class Task:
    """Row: index of its window, prompt, and number of tokens."""

    window: int
    prompt_ids: list[int]
    count: int


@dataclass(slots=True)
class Work:
    """Work on some tasks.

    Attributes:
        device: Device of the work.
        seconds: Seconds by stage.
        tokens: Tokens of each task.
    """

    device: str = "cpu"
    seconds: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    tokens: list[list[int]] = field(default_factory=list)

    @property
    def total_s(self) -> float:
        return sum(self.seconds.values())

    @property
    def steps(self) -> int:
        """Tokens that took a step of their own.

        The first of a row comes with its prompt.
        """
        return sum(len(ids) - 1 for ids in self.tokens)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        started = self.now()
        yield
        self.seconds[name] += self.now() - started

    def now(self) -> float:
        """Return a clock in seconds: CPU time, or wall time on CUDA."""
        if self.device != "cuda":
            return time.process_time()
        torch.cuda.synchronize()
        return time.perf_counter()


@torch.inference_mode()
def run_graphs(model: MapperModel, tasks: Sequence[Task], mels: Mels) -> Work:
    """Run a model prepared for inference on a GPU, row by row.

    Each window is encoded once.
    """
    work = Work(model.device.type)
    window, states = None, torch.empty(0)
    for task in tasks:
        if task.window != window:
            with work.stage("encoder"):
                window, states = task.window, model.encode(mels[task.window][None].to(model.device, model.dtype))
        decoder = model.graphed_steps.decoder(model, Shape.of([0], states.shape[1]))
        with work.stage("prefill"):
            decoder.begin(model, states, [0], [0], [task.prompt_ids])
            likeliest = decoder.keep("likeliest", lambda decoder=decoder: Likeliest(decoder))
            likeliest.begin()
        place = len(task.prompt_ids)
        lengths = [decoder.length_for(place + step) for step in range(task.count - 1)]
        with work.stage("capture"):
            for length in dict.fromkeys(lengths):
                likeliest.prepare(length)
        with work.stage("decode"):
            for length in lengths:
                likeliest.step(length)
            work.tokens.append(likeliest.written[: task.count].tolist())
    return work


class Likeliest:
    """Takes the likeliest token of one row, again and again, without rules."""

    def __init__(self, decoder: GraphedDecoder) -> None:
        self.decoder = decoder
        self.written = torch.zeros(decoder.max_length, dtype=torch.long, device=decoder.scores.device)
        self.count = torch.zeros(1, dtype=torch.long, device=decoder.scores.device)

    def begin(self) -> None:
        self.count.zero_()
        self._take()

    def prepare(self, length: int) -> None:
        """Capture a step unless captured.

        It runs during capture and must leave no trace.
        """
        if self.decoder.has(("likeliest", length)):
            return
        before = self.decoder.fed.clone(), self.count.clone()
        self.decoder.capture(("likeliest", length), partial(self._step, length))
        self.decoder.fed.copy_(before[0])
        self.count.copy_(before[1])

    def step(self, length: int) -> None:
        self.decoder.run(("likeliest", length), partial(self._step, length))

    def _step(self, length: int) -> None:
        self.decoder.step(length)
        self._take()

    def _take(self) -> None:
        best = self.decoder.scores.argmax(1)
        self.written.scatter_(0, self.count, best)
        self.count.add_(1)
        self.decoder.ids.copy_(best)
        self.decoder.places.add_(1)


@torch.inference_mode()
def run_transformers(
    theirs: WhisperForConditionalGeneration, model: MapperModel, tasks: Sequence[Task], mels: Mels
) -> Work:
    """Run transformers' `generate`, which encodes the window for every context.

    Everything besides encoder and decoder is its own work for every token.
    """
    work = Work(model.device.type)
    with _time_calls(theirs.model.encoder, lambda call: "encoder", work), _time_calls(theirs, _decoder_stage, work):
        for task in tasks:
            spent = work.total_s
            started = work.now()
            mel = mels[task.window][None].to(model.device, model.dtype)
            features = model.encoder_embedder(mel) if model.encoder_embedder else mel
            settings = GenerationConfig(
                max_new_tokens=task.count, min_new_tokens=task.count, do_sample=False, pad_token_id=0, bos_token_id=1
            )
            prompt = torch.tensor([task.prompt_ids], device=model.device)
            found = GenerationMixin.generate(
                theirs,
                features.transpose(1, 2),
                generation_config=settings,
                decoder_input_ids=prompt,
                decoder_attention_mask=torch.ones_like(prompt),
            )
            work.tokens.append(found[0, len(task.prompt_ids) :].tolist())
            work.seconds["generate"] += work.now() - started - (work.total_s - spent)
    return work


def convert_to_transformers(model: MapperModel, spec: Contract) -> WhisperForConditionalGeneration:
    """Convert a model to transformers' Whisper with the same weights.

    The model must have layers of that kind.
    """
    config = model.config
    assert config.layer_kind == "whisper" and model.pointer is None, "transformers has no such layers"
    theirs = WhisperForConditionalGeneration(
        WhisperConfig(
            vocab_size=config.vocab_size_in,
            num_mel_bins=config.d_model if config.input_projection else config.n_mels,
            d_model=config.d_model,
            encoder_layers=config.encoder_layers,
            decoder_layers=config.decoder_layers,
            encoder_attention_heads=config.encoder_heads,
            decoder_attention_heads=config.decoder_heads,
            encoder_ffn_dim=config.encoder_ffn_dim,
            decoder_ffn_dim=config.decoder_ffn_dim,
            max_source_positions=config.max_source_positions,
            max_target_positions=config.max_target_positions,
            pad_token_id=0,
            bos_token_id=1,
            eos_token_id=2,
            decoder_start_token_id=1,
            tie_word_embeddings=False,
        )
    ).eval()
    theirs.proj_out = torch.nn.Linear(config.d_model, config.vocab_size_out, bias=False)
    state = dict(published_tensors(model.state_dict().items(), config, spec))
    state = {name.removeprefix("transformer."): tensor for name, tensor in state.items()}
    state["model.decoder.embed_tokens.weight"] = model.decoder_embedder.weight
    missing, _ = theirs.load_state_dict(state, strict=False, assign=True)
    assert not missing, f"transformers' model lacks {missing}"
    return theirs.to(model.device, model.dtype)


def _decoder_stage(call: dict) -> str:
    return "prefill" if call["decoder_input_ids"].shape[1] > 1 else "decode"


@contextmanager
def _time_calls(module: torch.nn.Module, stage_of: Callable[[dict], str], work: Work) -> Iterator[None]:
    """Count the calls of a module as a stage of the work."""
    plain = module.forward

    def forward(*args, **call):
        with work.stage(stage_of(call)):
            return plain(*args, **call)

    module.forward = forward
    try:
        yield
    finally:
        del module.forward
