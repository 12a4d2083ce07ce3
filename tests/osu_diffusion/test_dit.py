"""The network: shapes, who sees whom, and that it begins by changing nothing."""

import pytest
import torch

from osu_diffusion.dit import DiT, DiTConfig, sinusoids


def network(**sizes) -> DiT:
    torch.manual_seed(0)
    return DiT(DiTConfig(input_size=5, output_size=3, class_size=4, width=16, depth=2, heads=2, **sizes)).eval()


def opinionated(**sizes) -> DiT:
    model = network(**sizes)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(torch.randn_like(parameter) * 0.2)
    return model


def answers(model: DiT, features: torch.Tensor, seen: torch.Tensor | None = None) -> torch.Tensor:
    rows = len(features)
    with torch.inference_mode():
        return model(features, torch.full((rows,), 7), torch.ones(rows, 4), seen)


def test_points_farther_than_band_and_depth_do_not_matter() -> None:
    model = opinionated(band=2)
    features = torch.randn(1, 20, 5)
    changed = features.clone()
    changed[0, 15] += 1.0
    difference = (answers(model, features) - answers(model, changed)).abs().amax(-1)[0]
    assert not difference[:11].any()
    assert difference[11:18].all()
    assert not difference[18:].any()


def test_rotary_positions_are_relative_and_without_them_order_is_not_seen() -> None:
    model = opinionated(band=100)
    features = torch.randn(1, 6, 5)
    alone = answers(model, features)
    seen = torch.zeros(10, 10, dtype=torch.bool)
    seen[:4, :4] = seen[4:, 4:] = True
    behind_others = answers(model, torch.cat([torch.randn(1, 4, 5), features], 1), seen)[:, 4:]
    torch.testing.assert_close(alone, behind_others, atol=1e-5, rtol=1e-4)
    model = opinionated(band=100, rotary=False)
    features = torch.randn(1, 6, 5)
    torch.testing.assert_close(answers(model, features).flip(1), answers(model, features.flip(1)))


def test_sinusoids() -> None:
    assert sinusoids(torch.tensor([0.0]), 4).tolist() == [[1.0, 1.0, 0.0, 0.0]]
    assert sinusoids(torch.tensor([1.0]), 4)[0].tolist() == pytest.approx([0.5403, 0.99995, 0.8415, 0.01], abs=1e-4)
