import pytest
import torch

from osuT5.model.pointer import TimePointer, token_audio_ms
from osuT5.model.whisper import sinusoids

MODES = torch.tensor([0, 3, 1])
WINDOWS = torch.tensor([0, 1, 1])


def test_a_pointer_needs_modes_and_token_losses_do_not_bend_the_onset_heads(tiny_model, mel, ids):
    with pytest.raises(ValueError, match="mode_ids"):
        tiny_model()(mel, ids, row_window=WINDOWS)
    model = tiny_model().train()
    model(mel, ids, row_window=WINDOWS, mode_ids=MODES, labels=ids).loss.backward()
    assert model.frame_heads.proj.weight.grad is None
    assert model.pointer.onset_scale.grad.abs() > 0


@torch.no_grad()
def test_only_time_logits_get_the_term_and_keys_are_where_the_sound_is(tiny_model, mel, ids, tiny_config):
    model = tiny_model()
    with_term = model(mel, ids, row_window=WINDOWS, mode_ids=MODES).logits
    model.pointer = None
    difference = with_term - model(mel, ids, row_window=WINDOWS).logits
    assert (difference[..., :5] == 0).all()
    assert (difference[..., 55:] == 0).all()
    assert (difference[..., 5:55].abs() > 1e-4).float().mean() > 0.9
    config = tiny_config()
    pointer = TimePointer(config)
    ramp = torch.arange(64.0)  # a logit that tells its own sub-frame
    onset_logits = torch.stack([ramp, torch.zeros(64)])
    time_keys = pointer.time_keys(torch.zeros(1, 16, 32), torch.tensor([0, 0]), onset_logits)
    expected = (token_audio_ms(config) / 8).clamp(max=63)  # sub-frame k is centred at 8 k ms
    torch.testing.assert_close(time_keys.onsets[0], expected)
    assert (time_keys.onsets[1] == 0).all()
    assert time_keys.keys.shape == (2, 50, 8)


def test_time_embeddings_start_at_the_audio_they_mean(tiny_model):
    model = tiny_model()
    before = model.decoder_embedder.weight.detach().clone()
    model.init_time_embeddings(scale=0.5)
    after = model.decoder_embedder.weight.detach()
    torch.testing.assert_close(after[5:55], 0.5 * sinusoids((torch.arange(50) * 10 + 30) / 32, 32))
    assert (after[:5] == before[:5]).all()
    assert (after[55:] == before[55:]).all()
