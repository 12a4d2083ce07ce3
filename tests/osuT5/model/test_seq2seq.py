import pytest
import torch
import torch.nn.functional as F

from osuT5.model.frame_heads import frame_loss
from osuT5.model.seq2seq import MapperModel, token_loss
from osuT5.tokens.vocabulary import IGNORED_LABEL

MODES = torch.tensor([0, 3, 1])
WINDOWS = torch.tensor([0, 1, 1])


def test_saved_and_loaded_models_agree(tiny_model, mel, ids, tmp_path):
    model = tiny_model()
    torch.nn.init.constant_(model.pointer.onset_scale, 0.3)
    model.save_pretrained(tmp_path)
    loaded = MapperModel.from_pretrained(tmp_path).eval()
    assert (tmp_path / "model.safetensors").is_file()
    assert loaded.config.conv_strides == (2, 2)
    assert loaded.config.frame_heads == model.config.frame_heads
    for key, value in model.state_dict().items():
        torch.testing.assert_close(loaded.state_dict()[key], value, atol=0, rtol=0)
    kwargs = {"decoder_input_ids": ids, "row_window": WINDOWS, "mode_ids": MODES}
    torch.testing.assert_close(loaded(mel, **kwargs).logits, model(mel, **kwargs).logits)


def test_rows_score_as_if_alone_and_gradients_reach_every_parameter(tiny_model, mel, ids):
    model = tiny_model()
    shared = model(mel, ids, row_window=WINDOWS, mode_ids=MODES)
    alone = model(mel[WINDOWS], ids, mode_ids=MODES)
    torch.testing.assert_close(shared.logits, alone.logits, atol=1e-5, rtol=1e-5)
    assert shared.encoder_states.shape == (2, 16, 32)
    assert shared.frame_logits.shape == (2, 64, 6)
    model = tiny_model().train()
    output = model(mel, ids, row_window=WINDOWS, mode_ids=MODES, labels=ids.roll(-1, 1))
    (output.loss + frame_loss(output.frame_logits, torch.zeros_like(output.frame_logits))).backward()
    silent = {name for name, p in model.named_parameters() if p.grad is None or p.grad.abs().max() == 0}
    assert silent == {"encoder.embed_positions.weight"}


def test_loss_counts_only_labelled_tokens(tiny_model, mel, ids):
    model = tiny_model()
    labels = ids.roll(-1, 1).clone()
    labels[:, :4] = IGNORED_LABEL
    kwargs = {"row_window": WINDOWS, "mode_ids": MODES}
    output = model(mel, ids, labels=labels, **kwargs)
    logits = model(mel, ids, **kwargs).logits

    asked = labels != IGNORED_LABEL
    torch.testing.assert_close(output.label_logits, logits[asked], atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(output.loss, F.cross_entropy(logits[asked], labels[asked]))
    assert token_loss(torch.zeros(0, 5), torch.zeros(0, dtype=torch.long)) == 0, "a batch without labels"


def test_frame_loss_ignores_unknown_channels():
    logits = torch.randn(2, 5, 3)
    targets = torch.rand(2, 5, 3).round()
    known = torch.tensor([[True, False, True], [True, True, False]])[:, None]
    changed = torch.where(known, targets, 1 - targets)
    torch.testing.assert_close(frame_loss(logits, targets, 8, known), frame_loss(logits, changed, 8, known))
    everything = torch.ones(1, 1, 3, dtype=torch.bool)
    torch.testing.assert_close(frame_loss(logits, targets, 8, everything), frame_loss(logits, targets, 8))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"encoder_heads": 5}, "d_model 32 must be a multiple of encoder_heads 5"),
        ({"time_token_count": 70}, "time tokens end at 75"),
        ({"frame_heads": ("beat",)}, "pointer needs the frame heads standard"),
        ({"chart_onset_dim": 16, "pointer": False}, "chart_onset_dim"),
    ],
)
def test_impossible_configs_are_refused(tiny_config, changes, message):
    with pytest.raises(ValueError, match=message):
        tiny_config(**changes)
