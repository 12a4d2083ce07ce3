"""The layers against two independent references: transformers' Whisper, and the original program's outputs."""

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from osuT5.model.attention import SelfAttentionInput, rotation_of
from osuT5.model.files.loading import read_contract
from osuT5.model.files.parameter_names import rename_key
from osuT5.model.seq2seq import MapperModel
from osuT5.model.spectrogram import Spectrogram
from osuT5.model.whisper import sinusoids


def renamed(state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {name: tensor for key, tensor in state.items() if (name := rename_key(key)) is not None}


@pytest.fixture
def whisper_pair(tiny_model):
    """transformers' Whisper with random weights, and ours with the same."""
    from transformers import WhisperConfig, WhisperForConditionalGeneration

    torch.manual_seed(0)
    sizes = {"d_model": 32, "encoder_layers": 2, "decoder_layers": 2, "encoder_ffn_dim": 64, "decoder_ffn_dim": 64}
    sizes |= {"encoder_attention_heads": 4, "decoder_attention_heads": 4}
    theirs = WhisperForConditionalGeneration(
        WhisperConfig(
            vocab_size=70,
            num_mel_bins=8,
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
    stem = {"conv_strides": (1, 2), "conv_kernels": (3, 3), "max_source_positions": 32}
    ours = tiny_model(**stem, vocab_size_in=70, frame_heads=(), pointer=False)
    state = renamed({f"transformer.{key}": value for key, value in theirs.state_dict().items()})
    state["decoder_embedder.weight"] = theirs.model.decoder.embed_tokens.weight
    ours.load_state_dict(state)
    return theirs, ours


@torch.no_grad()
def test_same_logits_as_transformers_whisper(whisper_pair, mel, ids):
    theirs, ours = whisper_pair
    expected = theirs(input_features=mel.transpose(1, 2), decoder_input_ids=ids[:2])
    torch.testing.assert_close(ours.encode(mel), expected.encoder_last_hidden_state, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(ours(mel, ids[:2]).logits, expected.logits, atol=1e-5, rtol=1e-5)


def test_sinusoids_are_whispers_and_unknown_layer_kinds_are_refused(tiny_model):
    from transformers.models.whisper.modeling_whisper import sinusoids as theirs

    torch.testing.assert_close(sinusoids(torch.arange(50), 32), theirs(50, 32))
    with pytest.raises(ValueError, match="layer_kind 'mamba'"):
        tiny_model(layer_kind="mamba")


@pytest.mark.parametrize("version", ["v29", "v32"])
@torch.no_grad()
def test_published_weights_give_the_published_numbers(golden, version):
    folder = golden("model", f"model/tiny_{version}/") / "model" / f"tiny_{version}"
    config, contract, _ = read_contract(folder)
    model = MapperModel(config).eval()
    model.load_state_dict(renamed(load_file(folder / "model.safetensors")))
    reference = {key: torch.from_numpy(value) for key, value in np.load(folder / "goldens.npz").items()}

    states = model.encode(Spectrogram(contract.spectrogram)(reference["frames"]))
    ids, mask = reference["decoder_input_ids"], reference["decoder_attention_mask"]  # row 1 is padded on the left
    logits = model(encoder_states=states, decoder_input_ids=ids, decoder_attention_mask=mask).logits
    torch.testing.assert_close(states, reference["encoder_last_hidden_state"], atol=1e-4, rtol=0)
    torch.testing.assert_close(logits[mask], reference["logits_model_forward"][mask], atol=1e-4, rtol=0)

    # Without padding and without a cache the original scores V32's tokens with those after them in sight.
    alone = model(encoder_states=states[:1], decoder_input_ids=ids[:1], sees_ahead=version == "v32").logits
    torch.testing.assert_close(alone, reference["logits_row0"], atol=1e-4, rtol=0)


def test_separate_and_fused_rotary_layers_are_one_computation(tiny_model, mel, ids):
    """The separate kind has no reference outputs of its own: it must agree with the fused one, which has."""
    separate, fused = tiny_model(layer_kind="rotary"), tiny_model(layer_kind="rotary_fused")
    for name, parameter in separate.named_parameters():
        if name.endswith(".bias"):
            torch.nn.init.normal_(parameter)
    state = {}
    for name, value in separate.state_dict().items():
        base, _, last = name.rpartition(".")
        if "_attn." not in name:
            state[name] = value
        elif name.endswith("out_proj." + last):
            state[name.replace("out_proj", "Wo")] = value
        elif name.endswith("q_proj." + last):
            keys = separate.state_dict().get(f"{base[:-6]}k_proj.{last}", torch.zeros(32))
            values = separate.state_dict()[f"{base[:-6]}v_proj.{last}"]
            if "encoder_attn" in name:
                state[f"{base[:-6]}Wq.{last}"] = value
                state[f"{base[:-6]}Wkv.{last}"] = torch.cat([keys, values])
            else:
                state[f"{base[:-6]}Wqkv.{last}"] = torch.cat([value, keys, values])
    fused.load_state_dict(state)
    rows = {"row_window": torch.tensor([0, 1, 1]), "mode_ids": torch.tensor([0, 3, 1])}
    with torch.no_grad():
        torch.testing.assert_close(separate(mel, ids, **rows).logits, fused(mel, ids, **rows).logits)


@torch.no_grad()
def test_local_layers_do_not_look_far(tiny_model, mel):
    model = tiny_model(layer_kind="rotary_fused", global_attention_every=2, encoder_layers=2, local_attention=6)
    layer = model.encoder.layers[1]
    assert model.encoder.layers[0].self_attn.reach.local_span is None
    states = torch.randn(1, 16, 32)
    changed = states.clone()
    changed[0, 12] += 1.0
    positions = torch.arange(16)
    places = SelfAttentionInput(positions, rotations={10_000.0: rotation_of(positions, 8, 10_000.0, torch.float32)})
    moved = (layer(states, places) - layer(changed, places)).abs().amax(-1)[0] > 0
    assert moved.nonzero().squeeze(1).tolist() == list(range(9, 16))
