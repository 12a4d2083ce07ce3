"""Conditions beside the audio, against the formulas of the published models written out for one window."""

import pytest
import torch
import torch.nn.functional as F

from osuT5.model.audio_conditions import NO_MAPPER, AudioConditionValues

NAMES = ("difficulty", "mapper", "song_position")
VALUES = AudioConditionValues.of([0.0, 4_000.0], 1_000.0, 20_000.0, 6.5, 2)


@pytest.fixture
def model(tiny_model):
    return tiny_model(layer_kind="rotary", audio_conditions=NAMES, condition_dim=6, mapper_count=4)


def embedded(module, numbers):
    bumps = [torch.exp(-((n - module.basis_centers) ** 2) / (2 * module.basis_widths**2)) for n in numbers]
    first, norm, _, _, second, last_norm = module.layers
    hidden = F.layer_norm(first(torch.cat(bumps)), (first.out_features,), norm.weight, norm.bias)
    return F.layer_norm(second(hidden.relu()), (6,), last_norm.weight, last_norm.bias)


@torch.no_grad()
def test_every_frame_carries_the_three_embeddings_with_defaults(model, mel):
    wide = model.audio_conditions(mel, VALUES)
    assert wide.shape == (2, 64, 8 + 18)
    assert torch.equal(wide[:, :, :8], mel)
    conditions = model.audio_conditions
    mapper = F.layer_norm(conditions.mapper.embedding.weight[2], (6,))
    beside = [embedded(conditions.difficulty, [0.65]), mapper, embedded(conditions.song_position, [0.2, 0.25])]
    torch.testing.assert_close(wide[1, 17, 8:], torch.cat(beside))
    no_mapper = AudioConditionValues.of([0.0], 1_000.0, 20_000.0, None, None)
    assert no_mapper.difficulty.tolist() == [5.0]
    assert no_mapper.mapper.tolist() == [NO_MAPPER]
    table = model.audio_conditions.mapper
    classes = torch.tensor([NO_MAPPER, 4, 99])
    assert torch.equal(table(classes), table.layer_norm(table.embedding.weight[4]).expand(3, -1))


def test_they_change_what_is_heard_and_must_be_given(model, mel):
    with torch.no_grad():
        heard = model.encode(mel, VALUES)
        other = model.encode(mel, AudioConditionValues.of([0.0, 4_000.0], 1_000.0, 20_000.0, 2.0, 2))
    assert heard.shape == (2, 16, 32)
    assert (heard - other).abs().max() > 1e-3
    with pytest.raises(ValueError, match="difficulty, mapper and place"):
        model.encode(mel)
