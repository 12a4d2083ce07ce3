"""Onsets of one chart: what its conditions make of those that its mode's charts share."""

import pytest
import torch

from osuT5.model.seq2seq import MapperModel

MODES = torch.tensor([0, 3, 1])
WINDOWS = torch.tensor([0, 1, 1])
FIRST_CONDITION = 70  # ids from vocab_size_out on


@pytest.fixture
def conditioned_ids(ids: torch.Tensor) -> torch.Tensor:
    """Rows that begin with two conditions each; those of the last two rows, which share a window, differ."""
    head = torch.tensor([[70, 75], [71, 75], [71, 80]])
    return torch.cat([head, ids], 1)


def scrambled(model: MapperModel) -> MapperModel:
    """As if trained: the correction does something."""
    torch.nn.init.normal_(model.chart_onsets.correction.weight, generator=torch.Generator().manual_seed(4))
    return model


@torch.no_grad()
def test_without_training_they_are_those_of_the_mode_and_guests_do_not_count(tiny_model, mel, conditioned_ids):
    model = tiny_model(chart_onset_dim=16)
    output = model(mel, conditioned_ids, row_window=WINDOWS, mode_ids=MODES)
    for row, (window, mode) in enumerate(zip(WINDOWS, MODES, strict=True)):
        torch.testing.assert_close(output.onset_logits[row], output.frame_logits[window, :, mode])
    model = scrambled(tiny_model(chart_onset_dim=16))
    guest = torch.tensor([[3, 77, 72, 5, 4]]).expand(3, -1)  # a mark, its conditions, what it is, a mark
    modes = torch.tensor([0, 1, 1])
    alone = model(mel, conditioned_ids, row_window=WINDOWS, mode_ids=modes).onset_logits
    with_guest = model(mel, torch.cat([guest, conditioned_ids], 1), row_window=WINDOWS, mode_ids=modes).onset_logits
    torch.testing.assert_close(with_guest, alone)


@torch.no_grad()
def test_conditions_change_them_and_written_tokens_do_not(tiny_model, mel, conditioned_ids):
    model = scrambled(tiny_model(chart_onset_dim=16))

    def onsets(ids: torch.Tensor) -> torch.Tensor:
        return model(mel, ids, row_window=WINDOWS, mode_ids=torch.tensor([0, 1, 1])).onset_logits

    before = onsets(conditioned_ids)
    assert (before[1] - before[2]).abs().max() > 1e-3
    other_words = conditioned_ids.clone()
    other_words[:, 4:] = 3
    torch.testing.assert_close(onsets(other_words), before)
    swapped = conditioned_ids[[0, 2, 1]]
    torch.testing.assert_close(onsets(swapped), before[[0, 2, 1]])


def test_only_their_own_loss_teaches_them_and_decoding_needs_conditions(tiny_model, mel, conditioned_ids):
    model = scrambled(tiny_model(chart_onset_dim=16)).train()
    labels = conditioned_ids.clamp(max=69)
    model(mel, conditioned_ids, row_window=WINDOWS, mode_ids=MODES, labels=labels).loss.backward()
    assert model.chart_onsets.correction.weight.grad is None
    model(mel, conditioned_ids, row_window=WINDOWS, mode_ids=MODES).onset_logits.sum().backward()
    assert model.chart_onsets.correction.weight.grad.abs().sum() > 0
    assert model.decoder_embedder.weight.grad[FIRST_CONDITION:].abs().sum() > 0
    assert model.frame_heads.proj.weight.grad is None, "what a mode's charts share is taken as given"
    model = tiny_model(chart_onset_dim=16)
    with pytest.raises(ValueError, match="prompt_ids"):
        model.time_keys(model.encode(mel), WINDOWS, MODES, None)
