"""The decode loop: prompts in, tokens out, by rules and sampling, for several rows at once."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from osuT5.generation.logit_rules import LogitRule, Row, ends_row
from osuT5.generation.sampling import Sampler
from osuT5.generation.time_choice import TimeChoice
from osuT5.model.seq2seq import MapperModel
from osuT5.vocabulary import PAD_ID, Vocabulary


class Engine:
    """Writes rows to their end. Knows tokens and windows, but no beatmaps."""

    def __init__(
        self,
        model: MapperModel,
        vocabulary: Vocabulary,
        sampler: Sampler,
        rules: Sequence[LogitRule],
        time_choice: TimeChoice | None = None,
    ) -> None:
        self.model = model
        self.vocabulary = vocabulary
        self.sampler = sampler
        self.rules = rules
        self.time_choice = time_choice

    @property
    def max_length(self) -> int:
        return self.model.config.max_target_positions

    @torch.inference_mode()
    def write(
        self,
        rows: list[Row],
        encoder_states: Tensor,
        row_window: Sequence[int],
        mode_ids: Sequence[int],
        generators: Sequence[torch.Generator],
    ) -> None:
        """Continues each row until it ends, filling `written_ids` without the token that ended it.

        encoder_states: [windows, positions, d]; row_window: which of them each row listens to; mode_ids: the game mode
        of each row. Each row draws from its own generator, so its tokens do not depend on its neighbours.
        """
        device = encoder_states.device
        for row in rows:
            self._note_decided(row)
        ids, mask = self._left_padded([row.prompt_ids for row in rows])
        windows = torch.tensor(row_window, device=device)
        modes = torch.tensor(mode_ids, device=device)
        cache = self.model.start(encoder_states, windows, self.max_length, modes)
        scores = _as_drawn(self.model.step(ids.to(device), cache, mask.to(device)))
        active = list(range(len(rows)))
        while active:
            chosen = [self._choose(scores[place], rows[index], generators[index]) for place, index in enumerate(active)]
            going = [place for place, token_id in enumerate(chosen) if token_id is not None]
            if len(going) < len(active):
                cache.select(torch.tensor(going, dtype=torch.long, device=device))
                active = [active[place] for place in going]
            if not active or cache.length >= self.max_length:
                break
            tokens = [[chosen[place]] for place in going]
            scores = _as_drawn(self.model.step(torch.tensor(tokens, device=device), cache))

    def _note_decided(self, row: Row) -> None:
        """Takes in what the prompt holds of the row's own context; times of earlier contexts say nothing about it."""
        mark = self.vocabulary.context_sos(row.context)
        if mark not in row.prompt_ids:
            return
        start = len(row.prompt_ids) - row.prompt_ids[::-1].index(mark)
        for token_id in row.prompt_ids[start:]:
            row.note(token_id, self.vocabulary)

    def _choose(self, scores: Tensor, row: Row, generator: torch.Generator) -> int | None:
        """The row's next token, or None when the row has ended."""
        for rule in self.rules:
            rule(scores, row)
        token_id = None if self.time_choice is None else self.time_choice(scores, row, generator)
        if token_id is None:
            token_id = self.sampler(scores, row.context, generator)
        if ends_row(token_id, row, self.vocabulary):
            return None
        row.note(token_id, self.vocabulary)
        row.written_ids.append(token_id)
        return token_id

    @staticmethod
    def _left_padded(prompts: list[list[int]]) -> tuple[Tensor, Tensor]:
        longest = max(len(prompt) for prompt in prompts)
        ids = torch.full((len(prompts), longest), PAD_ID)
        mask = torch.zeros(len(prompts), longest, dtype=torch.bool)
        for index, prompt in enumerate(prompts):
            ids[index, longest - len(prompt) :] = torch.tensor(prompt)
            mask[index, longest - len(prompt) :] = True
        return ids, mask


def _as_drawn(scores: Tensor) -> Tensor:
    """On the CPU, where the random generators are: a seed gives the same map on every device that scores alike."""
    return scores.float().cpu()
