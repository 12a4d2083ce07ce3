"""Tiny seeded refiners, ours and as published."""

from pathlib import Path

import torch

from osu_diffusion.bundled_refiner import BundledRefiner
from osu_diffusion.conditions import ConditionSpec
from osu_diffusion.dit import DiTConfig
from osu_diffusion.refiner import INPUT_SIZE, GridRefiner, Spread
from osu_diffusion.v2_network import INPUT_SIZE as PUBLISHED_INPUT_SIZE
from osu_diffusion.v2_network import V2Network

CONDITIONS = ConditionSpec()


def tiny_model(band: int = 8, depth: int = 2) -> GridRefiner:
    """With random weights in the layers that start at 0, so that it has opinions."""
    torch.manual_seed(3)
    config = DiTConfig(INPUT_SIZE, 2, CONDITIONS.size, width=16, depth=depth, heads=2, band=band)
    model = GridRefiner(config, Spread())
    _fill(model)
    return model.eval()


def tiny_refiner(band: int = 8, depth: int = 2) -> BundledRefiner:
    return BundledRefiner(tiny_model(band, depth), CONDITIONS)


PUBLISHED_TABLES = {
    "beatmap_idx": {},
    "num_classes": 0,
    "num_diff_classes": 26,
    "max_difficulty": 12,
    "beatmap_mapper": {2: 22, 7: 11},
    "mapper_idx": {11: 0, 22: 1},
    "num_mapper_classes": 3,
    "beatmap_descriptors": {2: [0]},
    "descriptor_idx": {"streams": 0},
    "num_descriptor_classes": 2,
    "num_cs_classes": 22,
}
PUBLISHED_CLASSES = 26 + 3 + 2 + 22


def published_state() -> dict[str, torch.Tensor]:
    """Parameters of a tiny network by their published names."""
    torch.manual_seed(4)
    network = V2Network(DiTConfig(PUBLISHED_INPUT_SIZE, 4, PUBLISHED_CLASSES, 16, 2, 4, rotary=False))
    _fill(network)
    return {published_key(name): tensor for name, tensor in network.dit.state_dict().items()}


def published_key(name: str) -> str:
    for ours, theirs in (
        ("point_embedder.", "context_embedder.mlp.0."),
        ("step_embedder.", "t_embedder.mlp."),
        ("class_embedder.", "y_embedder.class_embedding."),
        ("attention.qkv.", "attn.in_proj_"),
        ("attention.out.", "attn.out_proj."),
        ("expand.", "mlp.fc1."),
        ("contract.", "mlp.fc2."),
        ("final_modulation.", "final_layer.adaLN_modulation.1."),
        ("final.", "final_layer.linear."),
        ("layers.", "blocks."),
    ):
        name = name.replace(ours, theirs)
    if name.startswith("modulations."):
        _, number, kind = name.split(".")
        name = f"blocks.{number}.adaLN_modulation.1.{kind}"
    return name


def write_published(folder: Path) -> Path:
    """A folder as it is published."""
    folder.mkdir(parents=True, exist_ok=True)
    torch.save(published_state(), folder / "model_ema.pkl")
    torch.save(PUBLISHED_TABLES, folder / "tokenizer.pkl")
    return folder


def _fill(model: torch.nn.Module) -> None:
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(torch.randn_like(parameter) * 0.1)
