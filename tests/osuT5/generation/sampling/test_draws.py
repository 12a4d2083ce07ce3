"""One number decides a token; the shares of tokens are those of drawing them freely."""

import pytest
import torch

from osuT5.generation.sampling.draws import beginning_chances, draw, draw_beginning

SHARES = torch.tensor([0.1, 0.4, 0.0, 0.3, 0.2])


def evenly(count: int) -> torch.Tensor:
    return (torch.arange(count, dtype=torch.float64) + 0.5) / count


def drawn(top_p: float = 1.0, top_k: int = 0, count: int = 1000) -> list[float]:
    """How often each id is drawn."""
    found = draw(SHARES.log().expand(count, -1), evenly(count), top_p, top_k)
    return (torch.bincount(found, minlength=5) / count).tolist()


def test_numbers_from_0_to_1_give_each_token_its_share():
    assert drawn() == pytest.approx(SHARES.tolist(), abs=1e-3)


def test_the_tail_is_cut():
    assert drawn(top_p=0.65) == pytest.approx([0, 4 / 7, 0, 3 / 7, 0], abs=1e-3)
    assert drawn(top_k=1) == [0, 1, 0, 0, 0]


def test_the_ends_of_the_line_are_tokens_that_may_be_drawn():
    scores = torch.tensor([[0.0, float("-inf"), 0.0, float("-inf")]]).expand(2, -1)
    ends = torch.tensor([0.0, 1 - 2.0**-53], dtype=torch.float64)
    assert set(draw(scores, ends, 1.0).tolist()) <= {0, 2}


def test_a_row_is_drawn_as_if_it_were_alone():
    scores = torch.randn(6, 300, generator=torch.Generator().manual_seed(0)) * 3
    numbers = torch.rand(6, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    alone = [draw(row[None], number[None], 0.9).item() for row, number in zip(scores, numbers, strict=True)]
    assert draw(scores, numbers, 0.9).tolist() == alone


@pytest.mark.parametrize("temperature", [0.5, 1.0])
def test_beginnings_are_taken_in_order_each_with_its_own_odds(temperature):
    times = torch.zeros(1, 60)
    times[0, 10], times[0, 30], times[0, 50] = 0.2, 0.3, 0.1
    threshold = torch.tensor([0.4], dtype=torch.float64)
    stands_out, chances = beginning_chances(times)
    odds = chances[stands_out] / (1 - chances[stands_out]) * 0.6 / 0.4
    taken = odds ** (1 / temperature) / (1 + odds ** (1 / temperature))
    left, expected = 1.0, {}
    for step, each in zip((10, 30, 50), taken.tolist(), strict=True):
        expected[step] = left * each
        left *= 1 - each
    found = draw_beginning(times.expand(5000, -1), evenly(5000), threshold.expand(5000), temperature)
    for step, share in {**expected, 60: left}.items():
        assert (found == step).double().mean().item() == pytest.approx(share, abs=1e-3)
