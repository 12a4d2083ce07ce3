"""Batches and losses of the seq2seq model."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import fields
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from osuT5.dataset.batches import Batch, BatchPart
from osuT5.dataset.samplers import TrainingData
from osuT5.model.frame_heads import frame_loss
from osuT5.model.seq2seq import MapperOutput
from osuT5.tokens.vocabulary import IGNORED_LABEL, PAD_ID
from osuT5.training.held_out_metrics import HeldOutTally
from osuT5.training.options import LossOptions
from osuT5.training.start import StartingPoint
from osuT5.training.token_loss import TokenLoss, value_weights
from training.checkpoint import replace_folder
from training.run_log import TOKENS
from training.task import Figures, Tally, means

LENGTH_GROUPS = 4
"""Rows of a batch are scored in so many blocks, each as long as its longest row."""

HELD_OUT_WINDOWS = 8
"""Held-out batches are scored in pieces of about so many windows, whatever the size of a batch in training."""

Draw = Callable[[Path], Mapping[str, np.ndarray]]
"""The folder of an exported model -> pictures of what it makes."""

BatchTensors = dict[str, Tensor]


class MapperTask:
    """Batches and losses for the training loop; see `training.task`.

    The loss is the mean of `TokenLoss` over tokens. For encoders with frame heads, that of the frames is added.
    """

    def __init__(
        self,
        start: StartingPoint,
        options: LossOptions,
        data: TrainingData,
        held_out_batches: int,
        draw: Draw | None = None,
    ) -> None:
        self.start, self.spec, self.options = start, start.spec, options
        self.train, self.held_out, self.held_out_batches = data.train, data.held_out, held_out_batches
        self.draw = draw
        weights = value_weights(options.rhythm_weight, options.position_weight)
        self.token_loss = TokenLoss(start.spec, weights, options.label_smoothing)

    def batch(self, step: int) -> BatchTensors:
        return convert_to_tensors(self.train.batch(step))

    def part(self, step: int, index: int, count: int) -> BatchTensors:
        return convert_to_tensors(self.train.batch(step, BatchPart(index, count)))

    def loss_weights(self, batch: BatchTensors) -> Tensor:
        """Return the divisors of the losses of tokens, frames and onsets [3]."""
        frames = batch["frame_targets"].shape[1]
        tokens, known = (batch["labels"] != IGNORED_LABEL).sum(), batch["frame_known"].sum() * float(frames)
        return torch.stack([tokens.float(), known, torch.tensor(float(batch["onset_targets"].numel()))])

    def loss(
        self, model: nn.Module, batch: BatchTensors, step: int, totals: Tensor | None = None
    ) -> tuple[Tensor, Figures]:
        totals = (self.loss_weights(batch) if totals is None else totals).to(model.device)
        batch = {name: tensor.to(model.device) for name, tensor in batch.items()}
        states = model.encode(batch["mel"])
        frame_logits = model.frame_logits(states)
        frames = None if frame_logits is None else self._frame_loss(frame_logits, batch, totals[1])
        if step < self.options.frame_only_steps and frames is not None:
            return frames, {"frame_loss": frames.detach()}
        tokens, onsets = self._row_losses(model, states, batch, totals)
        loss, figures = tokens, {"token_loss": tokens.detach()}
        for name, part in (("frame", frames), ("onset", onsets)):
            if part is not None:
                loss = loss + getattr(self.options, f"{name}_loss_weight") * part
                figures[f"{name}_loss"] = part.detach()
        return loss, {**figures, TOKENS: float((batch["input_ids"] != PAD_ID).sum())}

    def evaluate(self, model: nn.Module) -> dict[str, float]:
        return means([self.tally(model, 0, 1)])

    def tally(self, model: nn.Module, index: int, count: int) -> Tally:
        if self.held_out is None:
            return {}
        tally = HeldOutTally(self.spec)
        pieces = max(1, self.held_out.options.windows // HELD_OUT_WINDOWS)
        wanted = [(step, piece) for step in range(self.held_out_batches) for piece in range(pieces)]
        for step, piece in wanted[index::count]:
            batch = convert_to_tensors(self.held_out.batch(step, BatchPart(piece, pieces)))
            batch = {name: tensor.to(model.device) for name, tensor in batch.items()}
            output = self._run_model(model, batch)
            tally.add(self.token_loss.correct(output.label_logits), batch["labels"], batch["row_mode"])
            if output.frame_logits is not None:
                tally.count("frame_loss", self._frame_loss(output.frame_logits, batch, None)[None])
            if output.onset_logits is not None:
                tally.count("onset_loss", self._onset_loss(output.onset_logits, batch["onset_targets"], None)[None])
        return tally.pairs()

    def counts(self) -> dict[str, int]:
        return {"skipped_files": self.train.skipped}

    def export(self, weights: Mapping[str, Tensor], folder: Path) -> None:
        """Write a model that generation can load.

        An adapter goes with the model it is for.
        """
        self.start.export(weights, folder)

    def pictures(self, weights: Mapping[str, Tensor], folder: Path) -> Mapping[str, np.ndarray]:
        if self.draw is None:
            return {}
        model_folder = folder / "model"
        with replace_folder(model_folder) as temporary:
            self.export(weights, temporary)
        try:
            return self.draw(model_folder)
        finally:
            shutil.rmtree(model_folder, ignore_errors=True)

    def _run_model(self, model: nn.Module, batch: BatchTensors) -> MapperOutput:
        return model(
            mel=batch["mel"],
            decoder_input_ids=batch["input_ids"],
            labels=batch["labels"],
            row_window=batch["row_window"],
            mode_ids=batch["row_mode"],
        )

    def _row_losses(
        self, model: nn.Module, states: Tensor, batch: BatchTensors, totals: Tensor
    ) -> tuple[Tensor, Tensor | None]:
        """Return the loss of all labels, and that of the charts' onsets.

        The latter is for a model with such a head. Rows are scored with others of similar length: they have from 20
        tokens to the limit, and in one block nearly half of the decoder's work would be padding.
        """
        labels = batch["labels"]
        lengths = (batch["input_ids"] != PAD_ID).sum(1)
        tokens, onsets = states.new_zeros(()), []
        for rows in lengths.argsort().chunk(LENGTH_GROUPS):
            length = int(lengths[rows[-1]])
            own_labels = labels[rows, :length]
            output = model(
                encoder_states=states,
                decoder_input_ids=batch["input_ids"][rows, :length],
                labels=own_labels,
                row_window=batch["row_window"][rows],
                mode_ids=batch["row_mode"][rows],
            )
            tokens = tokens + self.token_loss(output.label_logits, own_labels[own_labels != IGNORED_LABEL])
            if output.onset_logits is not None:
                onsets.append(self._onset_loss(output.onset_logits, batch["onset_targets"][rows], totals[2]))
        return tokens / totals[0].clamp(min=1e-6), torch.stack(onsets).sum() if onsets else None

    def _onset_loss(self, onset_logits: Tensor, targets: Tensor, total: Tensor | None) -> Tensor:
        known = torch.ones_like(targets)
        return frame_loss(onset_logits, targets, self.options.frame_positive_weight, known, total)

    def _frame_loss(self, frame_logits: Tensor, batch: BatchTensors, total: Tensor | None) -> Tensor:
        weight = self.options.frame_positive_weight
        return frame_loss(frame_logits, batch["frame_targets"], weight, batch["frame_known"], total)


def convert_to_tensors(batch: Batch) -> BatchTensors:
    return {field.name: torch.from_numpy(getattr(batch, field.name)) for field in fields(batch)}
