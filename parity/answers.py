"""Answers of a model to the tasks of `parity.window_schedule`.

Audio of whole windows goes in, tokens come out. Each window has a spectrogram of its own, silence beyond the end of the
song included, and is encoded once for all its contexts. All random numbers of a song come from one generator.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from osu_beatmap.attributes import Attributes
from osuT5.generation.audio_encoder import audio_conditions
from osuT5.generation.decode_loop import DecodeLoop
from osuT5.generation.sampling.row_choice import Guidance
from osuT5.model.seq2seq import MapperModel
from osuT5.model.spectrogram import Spectrogram
from osuT5.tokens.contract import Contract
from parity.token_choice import OriginalChoice, OriginalSampling, published_rules
from parity.window_schedule import WindowTask
from parity.windows import OriginalWindow


class OriginalAnswers:
    """Writes the rows of one chart's tasks, one after the other.

    samples: mono audio at the model's rate, as `load_audio_as_published` gives it
    generator: on the CPU; one for all models that write the song
    guidance_scale: over 1 for charts with a negative prompt, which the published program takes for the wanted one
    """

    def __init__(
        self,
        model: MapperModel,
        spec: Contract,
        samples: np.ndarray,
        attributes: Attributes,
        sampling: OriginalSampling,
        generator: torch.Generator,
        guidance_scale: float = 1.0,
    ) -> None:
        guidance = Guidance(guidance_scale, inverted=True) if guidance_scale > 1 else None
        self.model = model
        self.spec = spec
        self.samples = samples
        self.attributes = attributes
        self.sampling = sampling
        self.max_length = model.config.max_target_positions
        self._engine = DecodeLoop(
            model, spec.vocabulary, self.max_length - 1, guidance, counts_padding=True
        )  # the last is not read
        self._generator = generator
        self._spectrogram = Spectrogram(spec.spectrogram)
        self._states: dict[int, Tensor] = {}

    def __call__(self, task: WindowTask) -> None:
        rules = published_rules(self.spec.vocabulary, self.spec.encoding.types_first, self.sampling, task.lookback_ms)
        choice = OriginalChoice(rules, self.sampling, self._generator)
        self._engine.write([task.row], self._states_of(task.window), [0], [int(self.attributes.mode)], choice)

    @torch.inference_mode()
    def _states_of(self, window: OriginalWindow) -> Tensor:
        """Return encoder states [1, positions, d]."""
        if window.index not in self._states:
            heard = self.samples[window.start_sample : window.start_sample + window.samples]
            padded = np.pad(heard, (0, window.samples - len(heard))).astype(np.float32)
            mel = self._spectrogram(torch.from_numpy(padded)[None]).to(self.model.device, self.model.dtype)
            song_ms = 1000.0 * len(self.samples) / self.spec.grid.sample_rate
            conditions = audio_conditions(self.model, self.spec, self.attributes, [window.start_ms], song_ms)
            self._states[window.index] = self.model.encode(mel, conditions)
        return self._states[window.index]
