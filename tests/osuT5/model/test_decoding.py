"""Padding must not change what the full forward pass scores, in every kind of layer."""

from functools import partial

import pytest
import torch

from tests.support.layer_kinds import LAYER_KINDS

MODES = torch.tensor([0, 3, 1])
WINDOWS = torch.tensor([0, 1, 1])


@pytest.fixture(params=LAYER_KINDS)
def tiny_model(tiny_model, request):
    return partial(tiny_model, **LAYER_KINDS[request.param])


@pytest.fixture(autouse=True)
def no_gradients():
    with torch.no_grad():
        yield


def full_logits(model, states, ids):
    output = model(encoder_states=states, decoder_input_ids=ids, row_window=WINDOWS, mode_ids=MODES)
    return output.logits


@pytest.mark.parametrize("side", ["left", "right"])
def test_padding_does_not_change_a_full_pass(tiny_model, mel, ids, side):
    model = tiny_model()
    states = model.encode(mel)
    expected = full_logits(model, states, ids)
    blank, visible = torch.zeros(3, 4, dtype=torch.long), torch.ones(3, 9, dtype=torch.bool)
    parts, masks = (
        ([blank, ids], [blank.bool(), visible]) if side == "left" else ([ids, blank], [visible, blank.bool()])
    )
    mask = torch.cat(masks, 1)
    output = model(
        encoder_states=states,
        decoder_input_ids=torch.cat(parts, 1),
        decoder_attention_mask=mask,
        row_window=WINDOWS,
        mode_ids=MODES,
    )
    assert output.logits.isfinite().all()
    torch.testing.assert_close(output.logits[mask].view(3, 9, -1), expected, atol=1e-5, rtol=1e-5)
