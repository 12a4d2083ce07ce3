"""Step-by-step decoding with the cache must score exactly what the full forward pass scores, in every kind of layer."""

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


def start(model, states, max_length=40):
    return model.start(states, WINDOWS, max_length, MODES)


def test_prompts_of_different_lengths_are_padded_on_the_left(tiny_model, mel, ids):
    model = tiny_model()
    states = model.encode(mel)
    padding = [0, 2, 3]  # tokens of padding before each row's prompt of 6 tokens
    prompt, mask = ids[:, :6].clone(), torch.ones(3, 6, dtype=torch.bool)
    for row, count in enumerate(padding):
        prompt[row, :count] = 0
        mask[row, :count] = False
    cache = start(model, states)
    logits = [model.step(prompt, cache, mask), model.step(ids[:, 6:7], cache), model.step(ids[:, 7:], cache)]
    for row, count in enumerate(padding):
        alone = model(
            encoder_states=states[WINDOWS[row], None],
            decoder_input_ids=ids[row, None, count:],
            mode_ids=MODES[row, None],
        ).logits[0]
        for step_logits, position in zip(logits, (5, 6, 8), strict=True):
            torch.testing.assert_close(step_logits[row], alone[position - count], atol=1e-5, rtol=1e-5)


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


def test_a_cache_can_go_back(tiny_model, mel, ids):
    model = tiny_model()
    states = model.encode(mel)
    cache = start(model, states)
    model.step(ids[:, :4], cache)
    model.step(torch.full((3, 3), 7), cache)
    cache.truncate(4)
    logits = model.step(ids[:, 4:5], cache)
    torch.testing.assert_close(logits, full_logits(model, states, ids)[:, 4], atol=1e-5, rtol=1e-5)


def test_a_full_cache_says_so(tiny_model, mel, ids):
    model = tiny_model()
    cache = start(model, model.encode(mel), max_length=5)
    with pytest.raises(AssertionError, match="5 tokens cannot hold 9"):
        model.step(ids, cache)
    with pytest.raises(ValueError, match="at most 40"):
        start(model, model.encode(mel), max_length=41)
