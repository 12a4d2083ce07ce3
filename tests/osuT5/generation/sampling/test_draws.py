"""One number decides a token; the shares of tokens are those of drawing them freely."""

import pytest
import torch

from osuT5.generation.sampling.draws import draw

SHARES = torch.tensor([0.1, 0.4, 0.0, 0.3, 0.2])


def evenly(count: int) -> torch.Tensor:
    return (torch.arange(count, dtype=torch.float64) + 0.5) / count


def drawn(top_p: float = 1.0, top_k: int = 0, count: int = 1000) -> list[float]:
    """How often each id is drawn."""
    found = draw(SHARES.log().expand(count, -1), evenly(count), top_p, top_k)
    return (torch.bincount(found, minlength=5) / count).tolist()


def test_numbers_from_0_to_1_give_each_token_its_share_in_any_row():
    assert drawn() == pytest.approx(SHARES.tolist(), abs=1e-3)
    scores = torch.tensor([[0.0, float("-inf"), 0.0, float("-inf")]]).expand(2, -1)
    ends = torch.tensor([0.0, 1 - 2.0**-53], dtype=torch.float64)
    assert set(draw(scores, ends, 1.0).tolist()) <= {0, 2}
    scores = torch.randn(6, 300, generator=torch.Generator().manual_seed(0)) * 3
    numbers = torch.rand(6, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    alone = [draw(row[None], number[None], 0.9).item() for row, number in zip(scores, numbers, strict=True)]
    assert draw(scores, numbers, 0.9).tolist() == alone
