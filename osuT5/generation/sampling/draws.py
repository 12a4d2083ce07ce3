"""Sampling from scores by one random number per token.

It runs for several rows at once, on any device. A number u in [0, 1) selects the token at which the cumulative
probability, from the most likely on, exceeds u. The numbers therefore determine the tokens on any device, and nothing
here waits for a value: a GPU can sample without the host. Sums are in double precision.
"""

from __future__ import annotations

import torch
from torch import Tensor


def draw(scores: Tensor, uniforms: Tensor, top_p: float | Tensor, top_k: int = 0) -> Tensor:
    """Sample a token for each row [rows].

    Scores are [rows, vocabulary], -inf if forbidden; uniform numbers are [rows].

    Args:
        top_p: Only the smallest set whose probability reaches it takes part.
        top_k: Number of most likely tokens that take part, 0 for all.
    """
    kept, ids = torch.sort(scores, dim=-1, descending=True)
    if top_k:
        kept, ids = kept[:, :top_k], ids[:, :top_k]
    shares = kept.softmax(-1)
    stays = shares.cumsum(-1) - shares < top_p  # a token stays while those before it fall short
    stays[:, 0] = True
    sums = (shares * stays).double().cumsum(-1)
    place = (sums <= uniforms[:, None] * sums[:, -1:]).sum(-1)
    return ids.gather(1, torch.minimum(place, stays.sum(-1) - 1)[:, None])[:, 0]


def draw_kind(shares: Tensor, uniforms: Tensor, temperatures: Tensor) -> tuple[Tensor, Tensor]:
    """Draw a kind for each row, and return the number's rest.

    Both are [rows].

    The rest is again uniform in [0, 1), so one number draws the kind and then the value.

    Args:
        shares: Probability of each kind, float64 [rows, kinds].
        uniforms: Random numbers, float64 [rows].
        temperatures: Of each row [rows]; at 0 the most likely kind is taken.
    """
    is_drawn = temperatures > 0
    shares = (shares.log() / torch.where(is_drawn, temperatures, 1.0)[:, None]).softmax(1)
    sums = shares.cumsum(1)
    target = uniforms.clamp(max=1 - 1e-12) * sums[:, -1]  # below the sum, so that a kind with a share is found
    kinds = torch.where(is_drawn, (sums <= target[:, None]).sum(1), shares.argmax(1))[:, None]
    own = shares.gather(1, kinds)[:, 0]
    before = sums.gather(1, kinds)[:, 0] - own
    rest = ((target - before) / own.clamp(min=1e-300)).clamp(0, 1 - 1e-12)
    return kinds[:, 0], torch.where(is_drawn, rest, uniforms)
