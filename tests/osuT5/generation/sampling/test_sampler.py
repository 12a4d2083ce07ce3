"""Kinds are drawn by their own probabilities, and values within the kind."""

from collections import Counter
from dataclasses import replace

import pytest
import torch

from osu_beatmap.beatmap import GameMode
from osuT5.generation.decode_row import DecodeRow
from osuT5.generation.rules.grammar import GrammarState
from osuT5.generation.rules.logit_rules import GrammarMasks, RowFacts
from osuT5.generation.sampling.sampler import Sampler, Sampling, next_uniform
from osuT5.tokens.contract import mini_spec
from osuT5.tokens.events import ContextKind, Event, EventKind

SPEC = mini_spec()
VOCABULARY = SPEC.vocabulary
MASKS = GrammarMasks(VOCABULARY)
A, B, C = (VOCABULARY.encode(Event(EventKind.SNAPPING, value)) for value in (1, 2, 3))
FIRST = VOCABULARY.ids_of(EventKind.TIME).start
POSITIONS = VOCABULARY.ids_of(EventKind.POSITION)
END = VOCABULARY.context_eos(ContextKind.MAP)
CIRCLE, HOLD = (VOCABULARY.encode(Event(kind)) for kind in (EventKind.CIRCLE, EventKind.HOLD_NOTE))

FREE = Sampling(temperature=1.0, top_p=1.0, kind_temperatures={}, context_temperatures={})


def scores_of(chances: dict[int, float]) -> torch.Tensor:
    """Scores of ids by their probabilities; everything else is forbidden."""
    scores = torch.full((VOCABULARY.size_out,), float("-inf"))
    for token_id, chance in chances.items():
        scores[token_id] = torch.log(torch.tensor(chance))
    return scores


def row(context=ContextKind.MAP, waiting: EventKind | None = None) -> DecodeRow:
    return DecodeRow(context, [], 0, 500, 4, grammar=GrammarState(GameMode.STANDARD, waiting=waiting))


def draw_one(sampler: Sampler, scores: torch.Tensor, state: DecodeRow, uniform: float) -> int:
    facts = RowFacts.of([state], MASKS)
    return int(sampler.draw(scores[None], facts, torch.tensor([uniform], dtype=torch.float64)))


def draws(sampling: Sampling, chances: dict[int, float], count=200, spec=SPEC, **facts) -> Counter[int]:
    return draws_of(Sampler(sampling, spec), chances, row(**facts), count)


def draws_of(sampler: Sampler, chances: dict[int, float], state: DecodeRow, count: int) -> Counter[int]:
    """What equal rows draw side by side."""
    generator = torch.Generator().manual_seed(0)
    uniforms = torch.tensor([next_uniform(generator) for _ in range(count)], dtype=torch.float64)
    facts = RowFacts.of([state] * count, MASKS)
    return Counter(sampler.draw(scores_of(chances).expand(count, -1), facts, uniforms).tolist())


def test_temperature_zero_takes_the_likeliest_value_of_the_likeliest_kind():
    sampling = Sampling(temperature=0.0, kind_temperatures={EventKind.SNAPPING: 5.0})
    assert set(draws(sampling, {A: 0.45, B: 0.55})) == {B}
    chances = {FIRST + 3: 0.3, POSITIONS[0]: 0.2, POSITIONS[1]: 0.25, POSITIONS[2]: 0.25 - 1e-3}
    assert set(draws(Sampling(temperature=0.0), chances, waiting=EventKind.SLIDER_HEAD)) == {POSITIONS[1]}


def test_temperatures_of_kinds_and_contexts_and_cuts_of_the_tail():
    hot = Sampling(temperature=5.0, top_p=1.0)
    assert set(draws(replace(hot, kind_temperatures={EventKind.SNAPPING: 0.0}), {A: 0.45, B: 0.55})) == {B}
    cold_timing = replace(hot, context_temperatures={ContextKind.TIMING: 0.0})
    assert set(draws(cold_timing, {A: 0.45, B: 0.55}, context=ContextKind.TIMING)) == {B}
    assert set(draws(cold_timing, {A: 0.45, B: 0.55})) == {A, B}
    given = {A: 0.6, B: 0.3, C: 0.1}
    assert set(draws(FREE, given)) == {A, B, C}
    assert set(draws(replace(FREE, top_p=0.85), given)) == {A, B}
    assert set(draws(replace(FREE, top_k=1), given)) == {A}


def test_a_kind_of_many_values_is_drawn_as_often_as_it_is_likely():
    """A curve after a slider head: 600 positions against one time, which is the likeliest token by far."""
    chances = {FIRST + 20: 0.4, **dict.fromkeys(POSITIONS[:600], 0.6 / 600)}
    drawn = draws(Sampling(), chances, 2000, waiting=EventKind.SLIDER_HEAD)
    assert drawn[FIRST + 20] / 2000 == pytest.approx(0.4, abs=0.03)
    assert draws(replace(Sampling(), kind_first=False), chances, waiting=EventKind.SLIDER_HEAD) == {FIRST + 20: 200}


def test_values_keep_their_odds_and_label_weights_are_divided_out_of_kinds():
    """One random number draws both: what the kind leaves of it must still be uniform."""
    drawn = draws(FREE, {A: 0.1, B: 0.3, CIRCLE: 0.6}, 4000)
    for token_id, share in ((A, 0.1), (B, 0.3), (CIRCLE, 0.6)):
        assert drawn[token_id] / 4000 == pytest.approx(share, abs=0.02)
    weighted = replace(SPEC, label_weights={EventKind.SNAPPING: 3.0})
    drawn = draws(FREE, {A: 0.25, B: 0.5, CIRCLE: 0.25}, 4000, spec=weighted)
    assert drawn[CIRCLE] / 4000 == pytest.approx(0.5, abs=0.02)
    assert drawn[B] / drawn[A] == pytest.approx(2.0, abs=0.2)
