"""Adapters merged as PEFT merges them, on a small network and on the published ones' reference outputs."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from peft import LoraConfig, PeftModel, get_peft_model
from safetensors.torch import load_file, save_file
from torch import nn

from model_files.errors import ModelError
from osuT5.model.attention import SelfAttentionInput
from osuT5.model.files.convert import convert_to_ours
from osuT5.model.files.loading import load_model
from osuT5.model.files.lora import METADATA_FILE, Adapter, load_adapter


class Layer(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.q_proj = nn.Linear(12, 10)
        self.out_proj = nn.Linear(10, 12)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.out_proj(self.q_proj(x))


class Network(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embedder = nn.Embedding(20, 12)
        self.layers = nn.ModuleList([Layer(), Layer()])
        self.head = nn.Linear(12, 5)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        x = self.embedder(ids)
        for layer in self.layers:
            x = layer(x)
        return self.head(x)


def network() -> Network:
    torch.manual_seed(0)
    return Network()


@torch.no_grad()
def make_adapter(base: nn.Module, folder: Path, safe: bool = True, **options) -> None:
    """An adapter as PEFT saves it, its trained parameters moved from where they start."""
    torch.manual_seed(1)
    wrapped = get_peft_model(base, LoraConfig(**{"r": 3, "lora_alpha": 6, "target_modules": ["q_proj"]} | options))
    for parameter in wrapped.parameters():
        if parameter.requires_grad:
            parameter.add_(0.1 * torch.randn_like(parameter))
    wrapped.save_pretrained(str(folder), safe_serialization=safe)


VARIANTS = {
    "plain": {"target_modules": ["q_proj", "out_proj", "head"]},
    "rslora": {"use_rslora": True},
    "own ranks and alphas": {
        "target_modules": ["q_proj", "out_proj"],
        "rank_pattern": {"layers.1.q_proj": 5},
        "alpha_pattern": {"out_proj": 9, r"layers\.\d.q_proj": 2},
    },
    "pissa": {"init_lora_weights": "pissa", "target_modules": ["q_proj", "out_proj"]},
    "pissa, own ranks": {"init_lora_weights": "pissa", "rank_pattern": {"layers.1.q_proj": 5}, "use_rslora": True},
    "dora": {"use_dora": True},
    "biases too": {"bias": "all"},
    "lora biases": {"lora_bias": True},
    "whole modules": {"modules_to_save": ["head"]},
    "embedding": {"target_modules": ["embedder", "q_proj"]},
}


@pytest.mark.parametrize("safe", [True, False], ids=["safetensors", "bin"])
@pytest.mark.parametrize("variant", VARIANTS)
def test_merged_as_peft_merges(tmp_path: Path, variant: str, safe: bool) -> None:
    make_adapter(network(), tmp_path, safe, **VARIANTS[variant])
    base = network().state_dict()
    theirs = PeftModel.from_pretrained(network(), str(tmp_path)).merge_and_unload().state_dict()
    adapter = Adapter(tmp_path)
    adapter.check_fit({name: tuple(weight.shape) for name, weight in base.items()})
    changed = 0
    for name, weight in base.items():
        ours = adapter.merge(name, weight.clone())
        torch.testing.assert_close(ours, theirs[name], atol=1e-5, rtol=0)
        assert adapter.changes(name) or torch.equal(ours, weight)
        changed += not torch.equal(ours, weight)
    assert changed >= 2


def test_a_pissa_adapter_found_by_iteration_is_merged_by_its_exact_limit(tmp_path: Path) -> None:
    """PEFT draws another start for its iteration each time it loads such an adapter."""

    def steep() -> Network:
        base = network()
        for layer in base.layers:  # three large singular values, so that the iteration gets there
            left, _, right = torch.linalg.svd(layer.q_proj.weight.detach(), full_matrices=False)
            layer.q_proj.weight.data = left * torch.tensor([9.0, 7.0, 5.0] + [0.1] * 7) @ right
        return base

    make_adapter(steep(), tmp_path, init_lora_weights="pissa_niter_16")
    theirs = PeftModel.from_pretrained(steep(), str(tmp_path)).merge_and_unload().state_dict()
    name = "layers.0.q_proj.weight"
    merged = Adapter(tmp_path).merge(name, steep().state_dict()[name])
    torch.testing.assert_close(merged, theirs[name], atol=1e-4, rtol=0)


@pytest.mark.parametrize("start", [True, "pissa"])
def test_an_adapter_of_our_own_model(our_folder: Path, tmp_path: Path, start: bool | str) -> None:
    make_adapter(load_model(our_folder)[0], tmp_path / "lora", init_lora_weights=start, target_modules=["q_proj"])
    theirs = PeftModel.from_pretrained(load_model(our_folder)[0], str(tmp_path / "lora")).merge_and_unload()
    merged, _ = load_model(our_folder, lora=tmp_path / "lora")
    for name, weight in theirs.state_dict().items():
        torch.testing.assert_close(merged.state_dict()[name], weight, atol=1e-5, rtol=0)
    half, _ = load_model(our_folder, precision="bf16", lora=str(tmp_path / "lora"))
    assert all(p.dtype == torch.bfloat16 for p in half.parameters())
    name = "decoder.layers.0.self_attn.q_proj.weight"
    assert torch.equal(half.state_dict()[name], merged.state_dict()[name].bfloat16())


@pytest.mark.parametrize("version", ["v29", "v32"])
@pytest.mark.parametrize("kind", ["lora", "lora_pissa"])
@torch.no_grad()
def test_published_adapters_give_the_published_numbers(
    golden: Callable, tmp_path: Path, version: str, kind: str
) -> None:
    root = golden("model", f"model/tiny_{version}_{kind}") / "model"
    base, lora = root / f"tiny_{version}", root / f"tiny_{version}_{kind}"
    given = {name: torch.from_numpy(value) for name, value in np.load(base / "goldens.npz").items()}
    expected = torch.from_numpy(np.load(lora / "logits.npz")["logits_row0"])
    ids = given["decoder_input_ids"][:1]
    # As the original scores a whole row of V32 at once: each token with those after it in sight.
    tokens = SelfAttentionInput(torch.arange(ids.shape[1]), is_causal=version == "v29")
    convert_to_ours(base, tmp_path / "converted")
    for folder in (base, tmp_path / "converted"):
        model, _ = load_model(folder, lora=lora)
        states = model.encode(given["mel"][:1])
        decoded = model.decoder(model.decoder_embedder(ids), tokens, model.decoder.cross_keys_values(states))
        torch.testing.assert_close(model.proj_out(decoded), expected, atol=3e-4, rtol=0)


def changed_config(folder: Path, **values) -> None:
    path = folder / "adapter_config.json"
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | values), encoding="utf-8")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"peft_type": "IA3"}, "of the kind IA3, not LORA"),
        ({"init_lora_weights": "olora"}, r"initialised in a way that cannot be merged \(init_lora_weights: olora\)"),
        ({"alora_invocation_tokens": [1, 2]}, r"of a variant that cannot be merged \(alora_invocation_tokens\)"),
        ({"lora_alpha": "much"}, "is damaged"),
        ({"alpha_pattern": [1]}, "is damaged"),
    ],
)
def test_adapters_that_cannot_be_merged(tmp_path: Path, values: dict, message: str) -> None:
    make_adapter(network(), tmp_path)
    changed_config(tmp_path, **values)
    with pytest.raises(ModelError, match=message) as error:
        Adapter(tmp_path)
    assert "\n" not in str(error.value)


def test_adapters_of_other_models_are_named(our_folder: Path, tmp_path: Path) -> None:
    make_adapter(network(), tmp_path / "other")
    with pytest.raises(ModelError, match=r"is for another model: it changes layers\.0\.q_proj\.weight"):
        load_model(our_folder, lora=tmp_path / "other")
    make_adapter(load_model(our_folder)[0], tmp_path / "smaller")
    file = tmp_path / "smaller" / "adapter_model.safetensors"
    save_file(
        {name: value.repeat(1, 2) if "lora_A" in name else value for name, value in load_file(file).items()}, file
    )
    with pytest.raises(
        ModelError, match=r"is for another model: its .*q_proj\.weight is 32x64, that of this model 32x32"
    ):
        load_model(our_folder, lora=tmp_path / "smaller")


def test_damaged_adapters(tmp_path: Path) -> None:
    make_adapter(network(), tmp_path)
    file = tmp_path / "adapter_model.safetensors"
    whole = load_file(file)
    first = next(iter(whole))
    for state, message in (
        ({}, "is empty"),
        ({name: value for name, value in whole.items() if name != first}, "damaged: its parts of"),
        ({"lora": torch.zeros(2)}, "not written by PEFT"),
    ):
        save_file(state, file)
        with pytest.raises(ModelError, match=message):
            Adapter(tmp_path)
    file.write_bytes(b"<html>")
    with pytest.raises(ModelError, match="not a file of tensors"):
        Adapter(tmp_path)
    file.unlink()
    with pytest.raises(ModelError, match=r"lacks its weights, adapter_model\.safetensors"):
        Adapter(tmp_path)
    (tmp_path / "adapter_config.json").unlink()
    with pytest.raises(ModelError, match=r"lacks adapter_config\.json"):
        load_adapter(tmp_path)


def test_an_adapter_may_be_for_some_models_of_a_repository_only(tmp_path: Path) -> None:
    make_adapter(network(), tmp_path)
    metadata = tmp_path / METADATA_FILE

    def write(allowed: object) -> None:
        metadata.write_text(json.dumps({"format_version": 1, "ckpt_subfolders": allowed}), encoding="utf-8")

    load_adapter(tmp_path, "gamemode=3")
    write(None)
    load_adapter(tmp_path, "gamemode=3")
    write(["", " gamemode=0\\"])
    load_adapter(tmp_path)
    load_adapter(tmp_path, "gamemode=0")
    with pytest.raises(ModelError, match=r"is for the root model and gamemode=0, not for gamemode=3\.$"):
        load_adapter(tmp_path, "gamemode=3")
    write(["gamemode=0"])
    with pytest.raises(ModelError, match="is for gamemode=0, not for the root model"):
        load_adapter(tmp_path)
    for damaged in ("gamemode=0", [1], {}):
        write(damaged)
        with pytest.raises(ModelError, match="ckpt_subfolders must be a list"):
            load_adapter(tmp_path)
