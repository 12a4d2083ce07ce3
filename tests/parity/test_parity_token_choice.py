"""Draws of a batch: what transformers draws from the same scores with the same seed, whichever rows have ended."""

import torch

from osuT5.generation.decode_row import DecodeRow
from osuT5.generation.sampling.row_choice import Guidance
from osuT5.tokens.events import ContextKind
from osuT5.tokens.vocabulary import PAD_ID
from parity.logit_rules import Temperatures
from parity.token_choice import OriginalChoice, OriginalSampling

PLAIN = Temperatures(1.0, 1.0, 1.0, 1.0)


def row(**values) -> DecodeRow:
    return DecodeRow(ContextKind.MAP, [5, 6, 7], **values)


def choice(seed: int = 0, rules=(), **options) -> OriginalChoice:
    return OriginalChoice(rules, OriginalSampling(PLAIN, **options), torch.Generator().manual_seed(seed))


def test_draws_are_those_of_multinomial_over_the_whole_batch_ended_rows_included():
    scores = torch.randn(2, 50, generator=torch.Generator().manual_seed(1))
    expected = torch.multinomial(scores.softmax(-1), 1, generator=torch.Generator().manual_seed(7))[:, 0].tolist()
    assert choice(7, top_p=1.0)(scores, [row(), row()], [0, 1]) == expected
    scores = torch.randn(2, 50, generator=torch.Generator().manual_seed(1))
    both = choice(7)(scores, [row(), row()], [0, 1])
    assert choice(7)(scores[1:], [row(end_id=2), row(written_ids=[8])], [1]) == both[1:]


def test_the_likeliest_tokens_are_taken_and_guidance_leads_away_from_the_negative_prompt():
    assert choice(draws=False)(torch.tensor([[0.0, 2.0, 1.0]]), [row()], [0]) == [1]
    scores = torch.tensor([[5.0, 4.9, 0.0, 0.0]])
    assert {choice(seed, top_k=1)(scores, [row()], [0])[0] for seed in range(20)} == {0}
    assert {choice(seed, top_p=0.9)(scores, [row()], [0])[0] for seed in range(40)} == {0, 1}
    scores, negative = torch.tensor([[1.0, 0.0]]), torch.tensor([[0.0, 1.0]])
    assert Guidance(2.0)(scores, negative).tolist() == [[2.0, -1.0]]
    assert Guidance(2.0, inverted=True)(scores, negative).tolist() == [[-1.0, 2.0]]
    assert torch.equal(Guidance(1.0)(scores, negative), scores)


def test_rules_see_prompts_padded_left_and_ended_rows_padded_right():
    seen = []

    def rule(ids, scores):
        seen.append(ids.tolist())
        return scores

    rows = [DecodeRow(ContextKind.MAP, [5], written_ids=[8], end_id=2), row(written_ids=[8, 9, 9])]
    choice(rules=[rule])(torch.zeros(1, 4), rows, [1])
    assert seen == [[[PAD_ID, PAD_ID, 5, 8, 2, PAD_ID], [5, 6, 7, 8, 9, 9]]]
