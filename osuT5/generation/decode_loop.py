"""Decode loop: prompts in, tokens out, for several rows at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from osuT5.generation.batching.decoder_batches import Batch, Prompt, begin_batch
from osuT5.generation.decode_row import DecodeRow
from osuT5.generation.device_loop import DeviceLoop, can_choose
from osuT5.generation.sampling.device_choice import Chosen
from osuT5.generation.sampling.row_choice import Choice, Guidance
from osuT5.tokens.vocabulary import Vocabulary

if TYPE_CHECKING:
    from osuT5.model.seq2seq import MapperModel


class DecodeLoop:
    """Loop that decodes rows to their end, on host or device.

    Args:
        max_length: Number of tokens of a row that the model may read; by default all that it can.
        guidance: For rows that have a negative prompt.
        counts_padding: Whether padding takes up room, as in Mapperatorinator: a row that begins with fewer tokens than
            another then ends with that one at the latest.
    """

    def __init__(
        self,
        model: MapperModel,
        vocabulary: Vocabulary,
        max_length: int | None = None,
        guidance: Guidance | None = None,
        counts_padding: bool = False,
    ) -> None:
        self.model = model
        self.vocabulary = vocabulary
        self.max_length = max_length or model.config.max_target_positions
        self.guidance = guidance
        self.counts_padding = counts_padding

    @torch.inference_mode()
    def write(
        self,
        rows: list[DecodeRow],
        encoder_states: Tensor,
        row_window: Sequence[int],
        mode_ids: Sequence[int],
        choice: Choice,
    ) -> None:
        """Decode each row until it ends, into its `written_ids` and `end_id`.

        Args:
            encoder_states: [windows, positions, d].
            row_window: Index of the window that each row attends to.
            mode_ids: Game mode of each row.
        """
        for row in rows:
            row.note_prompt(self.vocabulary)
        texts = [row.prompt_ids for row in rows]
        copies = 1 if self.guidance is None else 2  # with guidance, the negative prompts are rows of their own
        texts += [row.negative_ids for row in rows] * (copies - 1)
        prompts = list(map(Prompt, texts, [*row_window] * copies, [*mode_ids] * copies))
        beginnings = [max(map(len, texts[index :: len(rows)])) for index in range(len(rows))]
        padding = [max(beginnings) - own if self.counts_padding else 0 for own in beginnings]
        if self.model.graphed_steps is not None and can_choose(choice, rows):
            left = [self.max_length - each - more for each, more in zip(beginnings, padding, strict=True)]
            loop = DeviceLoop(self.model, self.vocabulary, self.guidance)
            chosen = loop.write(rows, encoder_states, prompts, left, choice)
            if chosen is not None:
                self._take_over(rows, chosen)
                return
        with begin_batch(self.model, encoder_states, prompts) as batch:
            self._write(rows, batch, copies, padding, choice)

    def _take_over(self, rows: list[DecodeRow], chosen: Sequence[Chosen]) -> None:
        """Append a device's tokens, and advance generators by one number a token."""
        for row, each in zip(rows, chosen, strict=True):
            torch.rand(len(each.ids), generator=row.generator, dtype=torch.float64)
            goes_on = [row.append(token_id, self.vocabulary) for token_id in each.ids]
            assert goes_on == [True] * (len(goes_on) - 1) + [not each.has_ended], "where does the row end?"

    def _write(self, rows: list[DecodeRow], batch: Batch, copies: int, padding: list[int], choice: Choice) -> None:
        """Decode rows on the host; `padding` reduces each row's room."""
        active = list(range(len(rows)))
        while active:
            chosen = choice(self._guide(batch.scores), rows, active)
            lengths = [max(batch.lengths[place :: len(active)]) + padding[row] for place, row in enumerate(active)]
            going = [
                place
                for place, index in enumerate(active)
                if rows[index].append(chosen[place], self.vocabulary) and lengths[place] < self.max_length
            ]
            if len(going) < len(active):
                batch.keep([place + copy * len(active) for copy in range(copies) for place in going])
                active = [active[place] for place in going]
            if active:
                batch.step([chosen[place] for place in going] * copies)

    def _guide(self, scores: Tensor) -> Tensor:
        """Return guided scores on the CPU, where the random generators are."""
        scores = scores.float().cpu()
        return scores if self.guidance is None else self.guidance(*scores.chunk(2))
