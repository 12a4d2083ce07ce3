"""Beats of a song from several passes with different window borders.

The windows of a pass do not overlap, and each is decoded on its own, so a pass is one batch and its errors are not
those of the next. What is at the edge of a window is in the middle of one of another pass.
"""

from __future__ import annotations

import numpy as np
import torch

from osu_beatmap.attributes import Attributes
from osuT5.encoding.timing import MarkedBeat, decode_timing
from osuT5.generation.activations import SongActivations
from osuT5.generation.audio_encoder import AudioEncoder
from osuT5.generation.decode_loop import DecodeLoop
from osuT5.generation.decode_row import DecodeRow
from osuT5.generation.sampling.row_choice import RowChoice
from osuT5.generation.sampling.sampler import Sampler, Sampling
from osuT5.generation.threads import cpu_threads
from osuT5.generation.window_schedule import groups_at_once
from osuT5.tokens.conditions import SongPlace, condition_ids
from osuT5.tokens.events import ContextKind
from osuT5.tokens.windows import Window

BATCH_ROWS = 32
"""Rows that are written side by side: more would not be faster, and a row of a large model takes 100 MB and more."""

GOLDEN_RATIO = (5**0.5 - 1) / 2


class SuperTimer:
    """Listens to one song, pass after pass.

    attributes: what the chart should be like, since models are told that for beats, too
    seed: decides where passes begin and how they draw; a pass is the same whatever the number of passes

    `passes` are the beats of each pass, `activations` the average of what the frame heads heard, `tokens` how many were
    written.
    """

    def __init__(self, listener: AudioEncoder, attributes: Attributes, sampling: Sampling, seed: int) -> None:
        self.listener = listener
        self.attributes = attributes
        self.passes: list[list[MarkedBeat]] = []
        self.tokens = 0
        self.activations = SongActivations(listener.model, listener.spec, listener.song_ms)
        spec = listener.spec
        self._seed = seed
        self._first_place = np.random.default_rng(seed).random()
        self._context = ContextKind.MAP if spec.encoding.timing_in_map else ContextKind.TIMING
        self._choice = RowChoice(Sampler(sampling, spec))
        self._engine = DecodeLoop(listener.model, spec.vocabulary)

    def decode_pass(self) -> None:
        """Decode the beats of one more pass."""
        windows = self._windows(len(self.passes))
        generators = self._generators(len(windows))
        beats: list[MarkedBeat] = []
        with cpu_threads(self.listener.model):
            for first in range(0, len(windows), BATCH_ROWS):
                batch = slice(first, first + BATCH_ROWS)
                beats += self._decode_beats(windows[batch], generators[batch])
        self.passes.append(beats)

    def _windows(self, number: int) -> list[Window]:
        """Return windows over the song, starting up to a window before it.

        Steps of the golden ratio keep the beginnings of any number of passes apart from each other.
        """
        grid = self.listener.spec.grid
        stride_frames = grid.frames - 1
        place = (self._first_place + number * GOLDEN_RATIO) % 1.0
        song_frames = int(self.listener.song_ms / grid.frame_ms) + 1
        starts = range(-int(place * stride_frames), song_frames, stride_frames)
        edges_ms = [start * grid.frame_ms for start in (*starts, starts[-1] + stride_frames)]
        return [
            Window(index, start, edges_ms[index], edges_ms[index], edges_ms[index + 1])
            for index, start in enumerate(starts)
        ]

    def _generators(self, count: int) -> list[torch.Generator]:
        """Return a generator for each window."""
        seeds = np.random.default_rng([self._seed, len(self.passes)]).integers(2**63, size=count)
        return [torch.Generator().manual_seed(int(seed)) for seed in seeds]

    def _decode_beats(self, windows: list[Window], generators: list[torch.Generator]) -> list[MarkedBeat]:
        spec = self.listener.spec
        states = self.listener.encode(windows, self.attributes)
        self.activations.add(states, windows)
        rows = [self._row(*each) for each in zip(windows, generators, strict=True)]
        self._engine.write(rows, states, range(len(rows)), [int(self.attributes.mode)] * len(rows), self._choice)
        beats: list[MarkedBeat] = []
        for row, window in zip(rows, windows, strict=True):
            self.tokens += len(row.written_ids)
            groups, _ = spec.text.groups_of(row.written_ids, window.start_ms)
            beats += decode_timing(groups)
        return beats

    def _row(self, window: Window, generator: torch.Generator) -> DecodeRow:
        """Return a row that may have any time.

        It ends with its context.
        """
        spec = self.listener.spec
        place = SongPlace(self.listener.song_ms, window.start_ms)
        head = condition_ids(spec.vocabulary, spec.conditions, self.attributes, place, tables=spec.tables)
        prompt = spec.layout.prompt(head, [], self._context, [])
        at_once = groups_at_once(self._context, self.attributes, spec)
        return DecodeRow(self._context, prompt, 0, spec.grid.time_tokens, at_once, generator=generator)
