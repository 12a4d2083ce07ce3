"""Hitsounds for a finished map: its own tokens, with sounds drawn anew."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from feedback.progress import Stage
from osuT5.generation.chart_state import ChartState, groups_between
from osuT5.generation.decode_loop import DecodeLoop
from osuT5.generation.decode_row import DecodeRow
from osuT5.generation.rules.logit_rules import FORBIDDEN
from osuT5.generation.sampling.row_choice import RowChoice
from osuT5.generation.sampling.sampler import Sampler, Sampling, next_uniform
from osuT5.generation.threads import cpu_threads
from osuT5.generation.window_schedule import SongGenerator
from osuT5.tokens.events import ContextKind, EventGroup, EventKind
from osuT5.tokens.vocabulary import Vocabulary

SOUND_KINDS = frozenset({EventKind.HITSOUND, EventKind.VOLUME})


@dataclass(frozen=True)
class SoundChoice:
    """Choice that repeats known tokens, and draws sounds in place of sounds."""

    known: Sequence[int]
    vocabulary: Vocabulary
    choice: RowChoice

    def __call__(self, scores: Tensor, rows: Sequence[DecodeRow], active: Sequence[int]) -> list[int]:
        return [self._choose_next(scores[place], rows[index]) for place, index in enumerate(active)]

    def _choose_next(self, scores: Tensor, row: DecodeRow) -> int:
        if len(row.written_ids) >= len(self.known):
            return self.vocabulary.context_eos(row.context)
        token_id = self.known[len(row.written_ids)]
        event = self.vocabulary.decode(token_id)
        if event is None or event.kind not in SOUND_KINDS:
            return token_id
        ids = self.vocabulary.ids_of(event.kind)
        sounds = torch.full_like(scores, FORBIDDEN)
        sounds[ids.start : ids.stop] = scores[ids.start : ids.stop]
        uniform = torch.tensor([next_uniform(row.generator)], dtype=torch.float64)
        return int(self.choice.sampler.draw(sounds[None], self.choice.facts([row]), uniform))


def write_sounds(
    writer: SongGenerator,
    chart: ChartState,
    groups: Sequence[EventGroup],
    sampling: Sampling,
    start_ms: float = -math.inf,
    end_ms: float = math.inf,
) -> list[EventGroup]:
    """Return the groups of a map with new sounds in [start_ms, end_ms).

    A passage too dense for the decoder keeps its sounds.

    Args:
        chart: With the map without its sounds as an input.
    """
    vocabulary = writer.spec.vocabulary
    engine = DecodeLoop(writer.model, vocabulary)
    generator, sounds = torch.Generator().manual_seed(chart.seed), RowChoice(Sampler(sampling, writer.spec))
    written = list(groups_between(groups, -math.inf, start_ms))
    with cpu_threads(writer.model):
        for window in writer.windows:
            is_last = window is writer.windows[-1]
            until_ms = end_ms if is_last else min(window.to_ms, end_ms)
            due = groups[len(written) : len(groups_between(groups, -math.inf, until_ms))]
            row = writer.row(window, ContextKind.MAP, chart, written)
            row.grammar, row.end_ids = None, frozenset({vocabulary.context_eos(ContextKind.MAP)})
            known = writer.spec.text.ids_of(due, window.start_ms)
            row.generator, choice = generator, SoundChoice(known, vocabulary, sounds)
            if due:
                engine.write([row], *writer.states_of_charts(window, [chart]), [int(chart.attributes.mode)], choice)
            written += _with_sounds_of(due, row.written_ids, vocabulary)
            writer.report.tokens += len(row.written_ids)
            writer.progress(Stage.HITSOUNDS, window.index + 1, len(writer.windows))
    return [*written, *groups[len(written) :]]


def _with_sounds_of(groups: Sequence[EventGroup], ids: Sequence[int], vocabulary: Vocabulary) -> list[EventGroup]:
    """Return groups with the sounds of ids, one id for each event."""
    sounding = []
    place = 0
    for group in groups:
        events = list(group.events)
        for index, event in enumerate(events):
            if event.kind in SOUND_KINDS and place + index < len(ids):
                events[index] = vocabulary.decode(ids[place + index])
        place += len(events)
        sounding.append(EventGroup(group.time_ms, tuple(events)))
    return sounding
