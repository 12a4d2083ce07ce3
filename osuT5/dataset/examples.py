"""Random training batches: windows of songs with their charts.

A batch is a pure function of the seed and the step. Each of its windows is a function of the seed, the step and the
window's place in the batch. A run therefore resumes at any step without stored loader state, and any number of
processes share a batch by making different windows of it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from osuT5.audio.mel import window_mel
from osuT5.dataset.batches import WHOLE_BATCH, Batch, BatchPart, join_batches, pad_rows
from osuT5.dataset.frame_targets import frame_targets, onset_targets
from osuT5.dataset.options import AugmentationOptions, BatchOptions
from osuT5.dataset.row_builder import Cut, RowWriter
from osuT5.dataset.song_cache import SongSupply
from osuT5.dataset.training_songs import Chart, TrainingSong
from osuT5.tokens.contract import Contract
from osuT5.tokens.vocabulary import EOS_ID, IGNORED_LABEL, PAD_ID


class ExampleSampler:
    """Draws batches from a supply of songs."""

    def __init__(
        self,
        supply: SongSupply,
        contract: Contract,
        options: BatchOptions,
        augmentation: AugmentationOptions | None,
        seed: int,
    ) -> None:
        self.supply = supply
        self.contract = contract
        self.options = options
        self.augmentation = augmentation
        self.seed = seed
        self._writer = RowWriter(contract, options, augmentation)

    @property
    def skipped(self) -> int:
        """Number of unusable files so far."""
        return len(self.supply.report.skipped)

    def batch(self, step: int, part: BatchPart = WHOLE_BATCH) -> Batch:
        """Return a step's batch, or one part of it.

        It is the same for the same seed, songs and options. The parts of a step, joined in their order, are its whole
        batch for any number of parts.
        """
        return join_batches([self._window(step, window) for window in part.windows(self.options.windows)])

    def _window(self, step: int, window: int) -> Batch:
        """Return a batch of one window of the step's batch."""
        rng = np.random.default_rng([self.seed, step, window])
        song, charts = self._draw_charts(step, window, rng)
        cut = self._cut(song, rng)
        rows = [self._writer.row(cut, chart, rng) for chart in charts]
        onsets = self._onsets(cut)
        targets, known = frame_targets(song, onsets, self.contract.grid.frames)
        return Batch(
            mel=self._mel(cut, rng)[None],
            input_ids=pad_rows([ids for ids, _ in rows], PAD_ID),
            labels=pad_rows([labels for _, labels in rows], IGNORED_LABEL),
            row_window=np.zeros(len(rows), dtype=np.int64),
            row_mode=np.array([int(chart.attributes.mode) for chart in charts]),
            frame_targets=targets[None],
            frame_known=known[None],
            onset_targets=np.stack([onsets(chart.object_times_ms) for chart in charts]),
        )

    def _draw_charts(self, step: int, window: int, rng: np.random.Generator) -> tuple[TrainingSong, list[Chart]]:
        """Draw a chart of a random mode, and others of its song.

        They share the encoder's work.
        """
        song, chart_index = self.supply.draw(step, window, rng)
        others = [index for index in range(len(song.charts)) if index != chart_index]
        more = min(len(others), self.options.charts_per_window - 1)
        chosen = [chart_index, *rng.choice(others, size=more, replace=False)] if more else [chart_index]
        return song, [song.charts[index] for index in chosen]

    def _cut(self, song: TrainingSong, rng: np.random.Generator) -> Cut:
        grid, options = self.contract.grid, self.augmentation
        frames = grid.frames
        first_frame, stop_frame = -grid.lead_in_frames(), max(1, len(song.mel) - frames // 2)
        start_frame = int(rng.integers(first_frame, stop_frame))
        if options is None:
            return Cut(song, start_frame)
        if rng.random() >= options.frame_offset_probability:
            start_frame -= (start_frame - first_frame) % (frames - 1)
        if rng.random() < options.dt_probability:
            low, high = options.dt_range
            share = rng.random() ** (0.5 if options.dt_sqrt else 1.0)
            return Cut(song, start_frame, low + (high - low) * share, rerated=True)
        if rng.random() < options.speed_probability:
            return Cut(song, start_frame, 1.0 + float(rng.uniform(-options.speed_range, options.speed_range)))
        return Cut(song, start_frame)

    def _mel(self, cut: Cut, rng: np.random.Generator) -> np.ndarray:
        mel = window_mel(cut.song.mel, cut.start_frame, self.contract.grid.frames, cut.speed)
        options = self.augmentation
        if options and rng.random() < options.mel_mask_probability:
            bands = int(rng.integers(1, options.mel_mask_bands + 1))
            low = int(rng.integers(0, mel.shape[1] - bands + 1))
            mel[:, low : low + bands] = 0.0
        return mel

    def _onsets(self, cut: Cut) -> Callable[[np.ndarray], np.ndarray]:
        """Return the function from times to onset targets of a cut."""
        grid = self.contract.grid
        return partial(
            onset_targets,
            start_ms=cut.start_frame * grid.frame_ms,
            speed=cut.speed,
            frames=grid.frames,
            frame_ms=grid.frame_ms,
            audio_lead_ms=self.contract.audio_lead_ms,
        )


def context_label_kinds(contract: Contract) -> dict[str, range]:
    """Return output ids by kind of token, for reports.

    Context ends are one kind.
    """
    kinds = {r.kind.value: contract.vocabulary.ids_of(r.kind) for r in contract.vocabulary.output_ranges}
    return {**kinds, "context_end": range(EOS_ID + 1, contract.vocabulary.first_event_id)}
