"""The layers against two independent references: transformers' Whisper, and the original program's outputs."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from osuT5.model import published
from osuT5.model.config import ModelConfig
from osuT5.model.seq2seq import MapperModel
from osuT5.model.spectrogram import Spectrogram
from osuT5.model.whisper import sinusoids


@pytest.fixture
def whisper_pair():
    """transformers' Whisper with random weights, and ours with the same."""
    from transformers import WhisperConfig, WhisperForConditionalGeneration

    torch.manual_seed(0)
    sizes = {"d_model": 32, "encoder_layers": 2, "decoder_layers": 2, "encoder_ffn_dim": 48, "decoder_ffn_dim": 48}
    theirs = WhisperForConditionalGeneration(
        WhisperConfig(
            vocab_size=70,
            num_mel_bins=8,
            encoder_attention_heads=4,
            decoder_attention_heads=4,
            max_source_positions=32,
            max_target_positions=40,
            init_std=0.2,
            pad_token_id=0,
            bos_token_id=1,
            eos_token_id=2,
            decoder_start_token_id=1,
            tie_word_embeddings=False,
            **sizes,
        )
    ).eval()
    ours = MapperModel(
        ModelConfig(
            encoder_heads=4,
            decoder_heads=4,
            n_mels=8,
            conv_strides=(1, 2),
            conv_kernels=(3, 3),
            max_source_positions=32,
            max_target_positions=40,
            vocab_size_in=70,
            vocab_size_out=70,
            frame_heads=(),
            pointer=False,
            **sizes,
        )
    ).eval()
    state = published.rename_state_dict({f"transformer.{key}": value for key, value in theirs.state_dict().items()})
    state["decoder_embedder.weight"] = theirs.model.decoder.embed_tokens.weight
    ours.load_state_dict(state)
    return theirs, ours


@torch.no_grad()
def test_same_logits_as_transformers_whisper(whisper_pair, mel, ids):
    theirs, ours = whisper_pair
    expected = theirs(input_features=mel.transpose(1, 2), decoder_input_ids=ids[:2])
    torch.testing.assert_close(ours.encode(mel), expected.encoder_last_hidden_state, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(ours(mel, ids[:2]).logits, expected.logits, atol=1e-5, rtol=1e-5)


def test_sinusoids_are_whispers():
    from transformers.models.whisper.modeling_whisper import sinusoids as theirs

    torch.testing.assert_close(sinusoids(torch.arange(50), 32), theirs(50, 32))


def test_unknown_layer_kinds_are_refused(tiny_model):
    with pytest.raises(ValueError, match="layer_kind 'mamba'"):
        tiny_model(layer_kind="mamba")


@torch.no_grad()
def test_published_v29_weights_give_the_published_logits(golden):
    folder = golden("model", "model/tiny_v29/") / "model" / "tiny_v29"
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    model = MapperModel(published.model_config(config)).eval()
    model.load_state_dict(published.rename_state_dict(load_file(folder / "model.safetensors")))
    reference = {key: torch.from_numpy(value) for key, value in np.load(folder / "goldens.npz").items()}

    mel = Spectrogram(published.spectrogram_spec(config))(reference["frames"])
    states = model.encode(mel)
    ids, mask = reference["decoder_input_ids"], reference["decoder_attention_mask"]  # row 1 is padded on the left
    logits = model(encoder_states=states, decoder_input_ids=ids, decoder_attention_mask=mask).logits
    torch.testing.assert_close(states, reference["encoder_last_hidden_state"], atol=1e-4, rtol=0)
    torch.testing.assert_close(logits[mask], reference["logits_model_forward"][mask], atol=1e-4, rtol=0)


def test_every_full_size_v29_parameter_has_a_place(golden):
    folder = golden("model", "model/full_v29") / "model"
    config = json.loads((folder / "full_v29.config.json").read_text(encoding="utf-8"))
    keys = json.loads((folder / "full_v29.keys.json").read_text(encoding="utf-8"))["state_dict"]
    with torch.device("meta"):
        model = MapperModel(published.model_config(config))
    renamed = {published.rename_key(key): shape for key, (shape, _dtype) in keys.items()}
    renamed.pop(None)
    assert renamed == {key: list(value.shape) for key, value in model.state_dict().items()}


def test_backbones_of_other_kinds_are_refused(golden):
    folder = golden("model", "model/full_v32.config.json") / "model"
    config = json.loads((folder / "full_v32.config.json").read_text(encoding="utf-8"))
    with pytest.raises(ValueError, match="varwhisper"):
        published.model_config(config)
