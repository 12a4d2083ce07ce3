"""Windows of a song through the encoder, batch by batch."""

from __future__ import annotations

import os
import weakref
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property, partial
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from feedback.progress import Progress, Stage, silent
from osu_beatmap.attributes import Attributes
from osuT5.audio.mel import song_mel, window_mel
from osuT5.audio.onset_strength import attack_strengths
from osuT5.model.audio_conditions import AudioConditionValues
from osuT5.tokens.contract import Contract
from osuT5.tokens.windows import Window

if TYPE_CHECKING:
    from osuT5.model.seq2seq import MapperModel

ENCODER_BATCH_WINDOWS = 8


def has_idle_core() -> bool:
    """Return whether another core is free for a background thread."""
    # Cores that this process may use, where the system tells (not on macOS and Windows).
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return torch.get_num_threads() == 1 and cores > 1


class BackgroundEncoder:
    """Encoder states of a song's windows, computed in the background.

    The first ones come first. No barrier separates the two threads, as it does if several share a step: on a busy
    machine this is as fast as without.
    """

    def __init__(self, batches: Sequence[Callable[[], Tensor]]) -> None:
        threads = torch.get_num_threads()

        def encode_batch(batch: Callable[[], Tensor]) -> Tensor:
            torch.set_num_threads(threads)  # a new thread would take all cores
            return batch()

        executor = ThreadPoolExecutor(1, thread_name_prefix="listening")
        self._parts = [executor.submit(encode_batch, batch) for batch in batches]
        # Whoever gives up on a song, or is interrupted, does not wait for the rest of it.
        weakref.finalize(self, executor.shutdown, wait=False, cancel_futures=True)

    def __getitem__(self, index: int) -> Tensor:
        """Return the states [positions, d] of a window; wait for them."""
        return self._parts[index // ENCODER_BATCH_WINDOWS].result()[index % ENCODER_BATCH_WINDOWS]

    def whole(self) -> Tensor:
        """Return the states [windows, positions, d] of all windows; wait for them."""
        return torch.cat([part.result() for part in self._parts])


class AudioEncoder:
    """A model in front of one song.

    mel: the song's spectrogram [frames, mels], as `osuT5.audio.mel.song_mel` gives it; None: of `samples`
    samples: the song itself, float32 [samples] at the model's rate, for times that are finer than frames
    """

    def __init__(
        self,
        model: MapperModel | None,
        spec: Contract,
        mel: np.ndarray | None,
        song_ms: float,
        samples: np.ndarray | None = None,
    ) -> None:
        self.model = model
        self.spec = spec
        self.song_ms = song_ms
        self._mel = mel
        self.samples = samples

    @cached_property
    def mel(self) -> np.ndarray:
        """Spectrogram of the song for the model, float32 [frames, mels]."""
        return song_mel(self.samples, self.spec) if self._mel is None else self._mel

    @cached_property
    def attack_strengths(self) -> np.ndarray | None:
        """Onset strength, float32 [milliseconds].

        It is None if only the spectrogram is known.
        """
        if self.samples is None:
            return None
        return attack_strengths(self.samples, self.spec.grid.sample_rate)

    @torch.inference_mode()
    def encode(
        self, windows: Sequence[Window], attributes: Attributes | None = None, progress: Progress = silent
    ) -> Tensor:
        """Return encoder states [windows, positions, d].

        `attributes` conditions the encoder of models like V30.
        """
        states, done = [], 0
        for batch in _batches(windows):
            states.append(self._encode_batch(batch, attributes))
            done += len(batch)
            progress(Stage.ENCODING, done, len(windows))
        return torch.cat(states)

    def encode_ahead(self, windows: Sequence[Window], attributes: Attributes | None = None) -> BackgroundEncoder:
        """Encode windows in another thread while the caller continues."""
        return BackgroundEncoder([partial(self._encode_batch, batch, attributes) for batch in _batches(windows)])

    @torch.inference_mode()
    def _encode_batch(self, batch: Sequence[Window], attributes: Attributes | None) -> Tensor:
        mels = np.stack([window_mel(self.mel, window.start_frame, self.spec.grid.frames) for window in batch])
        starts_ms = [window.start_ms for window in batch]
        conditions = audio_conditions(self.model, self.spec, attributes, starts_ms, self.song_ms)
        return self.model.encode(torch.from_numpy(mels).to(self.model.device, self.model.dtype), conditions)


def audio_conditions(
    model: MapperModel, contract: Contract, attributes: Attributes | None, starts_ms: Sequence[float], song_ms: float
) -> AudioConditionValues | None:
    """Return conditions of the encoder besides the audio.

    They are None for most models.
    """
    if not model.audio_conditions:
        return None
    assert attributes is not None, "this model listens for a chart"
    mapper = contract.tables.mapper_class(attributes.mapper_id)
    values = AudioConditionValues.of(starts_ms, contract.grid.window_ms, song_ms, attributes.difficulty, mapper)
    return values.to(model.device)


def _batches(windows: Sequence[Window]) -> list[Sequence[Window]]:
    return [windows[first : first + ENCODER_BATCH_WINDOWS] for first in range(0, len(windows), ENCODER_BATCH_WINDOWS)]
