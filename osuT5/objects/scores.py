"""Probabilities of each object of a map, given those before it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from osuT5.objects.batches import Passage, cut_passage, stack_passages
from osuT5.objects.corpus import ObjectChart, SongSound
from osuT5.objects.model.network import ObjectNetwork
from osuT5.objects.styles import relative_styles
from osuT5.objects.tokens.fields import CHAIN, COLUMN_VALUES, DURATION_TICKS, FIELD_SIZES, MAX_COLUMNS, Field

CONTEXT_OBJECTS = 64
"""Objects of a passage that are read, but scored in the passage before."""

PASSAGES_AT_ONCE = 4


@dataclass(frozen=True)
class ObjectScores:
    """Log probabilities of all answers, each given the fields before it.

    Attributes:
        fields: Of each field, float32 [objects, size]; NaN where it does not apply.
        columns: Of what begins in each mania column, given those before it, float32 [objects, 18, 3]; NaN likewise.
        hold_durations: Of the duration of a hold note in each column, float32 [objects, 18, durations].
    """

    fields: dict[Field, np.ndarray]
    columns: np.ndarray
    hold_durations: np.ndarray


@torch.inference_mode()
def score_chart(network: ObjectNetwork, sound: SongSound, chart: ObjectChart) -> ObjectScores:
    """Score the objects of a map.

    Args:
        network: Network in evaluation mode.
        sound: The song on the clock of the map.
        chart: The map.
    """
    count = len(chart.tokens)
    scores = ObjectScores(
        {field: np.full((count, size), np.nan, np.float32) for field, size in FIELD_SIZES.items()},
        np.full((count, MAX_COLUMNS, COLUMN_VALUES), np.nan, np.float32),
        np.full((count, MAX_COLUMNS, len(DURATION_TICKS)), np.nan, np.float32),
    )
    places = list(_passages(network, sound, chart))
    for first in range(0, len(places), PASSAGES_AT_ONCE):
        _score_passages(network, places[first : first + PASSAGES_AT_ONCE], scores)
    return scores


def _passages(network: ObjectNetwork, sound: SongSound, chart: ObjectChart) -> Iterator[tuple[Passage, int]]:
    """Yield passages with the first object that is scored in each."""
    scored, count, conditions = 0, len(chart.tokens), chart.conditions
    styles = relative_styles(chart.styles, conditions.mode, conditions.stars, network.config.styles)
    while scored < count:
        first = max(0, scored - CONTEXT_OBJECTS)
        passage = cut_passage(sound, chart, first, network.config)
        while passage.stop <= scored:  # the context alone fills the passage
            first = (first + scored + 1) // 2
            passage = cut_passage(sound, chart, first, network.config)
        yield replace(passage, styles=styles), scored
        scored = passage.stop


def _score_passages(network: ObjectNetwork, places: list[tuple[Passage, int]], scores: ObjectScores) -> None:
    passages = [passage for passage, _ in places]
    batch = stack_passages(passages, network.config.window_beats, np.ones(len(passages), bool))
    beats, conditions = network.encode(batch.beats)
    states = network.decode(beats, conditions, batch.objects, batch.fields_before, batch.columns_before)
    keys = int(batch.keys.max())
    if keys:
        columns, durations = network.columns(states, batch.known_columns, keys)
        _store(scores.columns[:, :keys], columns.log_softmax(-1), places)
        _store(scores.hold_durations[:, :keys], durations.log_softmax(-1), places)
    for field in CHAIN:
        values = batch.fields[..., field]
        logits = network.fields(states, field).log_softmax(-1)
        _store(scores.fields[field], logits.masked_fill((values < 0)[..., None], np.nan), places)
        states = network.fields.with_field(states, field, values)


def _store(target: np.ndarray, values: Tensor, places: list[tuple[Passage, int]]) -> None:
    for row, (passage, scored) in zip(values.float().numpy(), places, strict=True):
        target[scored : passage.stop] = row[scored - passage.first : passage.stop - passage.first]
