"""Packed layers compute what the layers do that they replace."""

import pytest
import torch
from torch import nn

from osuT5.model.decoding.packed_linear import (
    INT8_FROM_WEIGHTS,
    ONEDNN_FROM_WEIGHTS,
    PackedLinear,
    has_onednn,
    pack_linear,
)


def layer(into: int, out: int, bias: bool = True) -> nn.Linear:
    torch.manual_seed(0)
    return nn.Linear(into, out, bias=bias)


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("takes_steps", [True, False])
@pytest.mark.parametrize("shape", [(1, 512), (3, 512), (2, 5, 512)])
def test_fp32_is_the_same_but_for_the_order_of_sums(shape, takes_steps, bias):
    if not has_onednn():
        pytest.skip("this torch has no oneDNN")
    plain = layer(512, 640, bias)
    fast = pack_linear(plain, False, takes_steps)
    assert isinstance(fast, PackedLinear)
    states = torch.randn(shape)
    torch.testing.assert_close(fast(states), plain(states), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("shape", [(640, 512), (512, 640), (1024, 512)])
def test_one_row_is_the_same_for_one_thread_and_for_two(shape):
    if not has_onednn():
        pytest.skip("this torch has no oneDNN")
    plain = layer(shape[1], shape[0])
    fast = pack_linear(plain, False, takes_steps=True)
    states, before = torch.randn(1, shape[1]), torch.get_num_threads()
    try:
        for threads in (1, 2):
            torch.set_num_threads(threads)
            torch.testing.assert_close(fast(states), plain(states), atol=1e-5, rtol=1e-5)
    finally:
        torch.set_num_threads(before)


@pytest.mark.parametrize("bias", [True, False])
def test_int8_is_near(bias):
    plain = layer(384, 512, bias)
    states = torch.randn(7, 384)
    expected = plain(states)
    error = (pack_linear(plain, True, False)(states) - expected).abs().max()
    assert 0 < error < 0.05 * expected.abs().max()


@pytest.mark.parametrize("size", [0.01, 100.0])
def test_what_int8_makes_of_a_row_does_not_depend_on_its_neighbours(size):
    fast = pack_linear(layer(384, 512), True, True)
    row, neighbours = torch.randn(1, 384), torch.randn(3, 384) * size
    together = fast(torch.cat([neighbours, row]))
    assert torch.equal(together[3:], fast(row))


def test_small_layers_stay_and_int8_of_a_row_without_a_range_is_near():
    plain = layer(384, 512)
    states = torch.full((1, 384), 0.7)
    torch.testing.assert_close(pack_linear(plain, True, True)(states), plain(states), atol=0.05, rtol=0.05)
    side = int(min(ONEDNN_FROM_WEIGHTS, INT8_FROM_WEIGHTS) ** 0.5) - 1
    plain = layer(side, side)
    assert pack_linear(plain, False, True) is plain
    assert pack_linear(plain, True, True) is plain
    half = layer(1024, 1024).to(torch.bfloat16)
    assert pack_linear(half, True, True) is half, "int8 is made of single precision"
