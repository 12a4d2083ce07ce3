"""Refiners from folders: ours, published ones, and folders that hold none."""

from pathlib import Path

import pytest
import torch

from model_files.errors import ModelError
from osu_beatmap.attributes import Attributes
from osu_beatmap.beatmap import GameMode
from osu_diffusion.coarse_positions import move_to_grid
from osu_diffusion.files.contract import RefinerContract
from osu_diffusion.files.loading import BUNDLED_REFINER, load_refiner
from osu_diffusion.refine import RefineOptions, TargetAttributes, refine_positions
from tests.osu_diffusion.point_maps import every_kind
from tests.osu_diffusion.tiny_refiners import CONDITIONS, published_state, tiny_model, write_published

WANTED = TargetAttributes(Attributes(GameMode.STANDARD, difficulty=4.0, mapper_id=22))
MAX_BUNDLED_BYTES = 16 << 20
MAX_BUNDLED_PARAMETERS = 8_000_000


def test_our_own_survives_its_folder_and_the_embedded_one_is_small(tmp_path: Path) -> None:
    model = tiny_model()
    contract = RefinerContract(model.dit.config, CONDITIONS, model.spread, 0.1)
    contract.save(tmp_path, dict(model.named_parameters()))
    loaded = load_refiner(tmp_path)
    assert loaded.model.dit.config == model.dit.config
    for name, parameter in loaded.model.named_parameters():
        torch.testing.assert_close(parameter, dict(model.named_parameters())[name], atol=1e-3, rtol=1e-3)
    assert (BUNDLED_REFINER / "model.safetensors").stat().st_size <= MAX_BUNDLED_BYTES
    refiner = load_refiner()
    assert sum(parameter.numel() for parameter in refiner.model.parameters()) <= MAX_BUNDLED_PARAMETERS


def test_a_published_one_refines(tmp_path: Path) -> None:
    refiner = load_refiner(write_published(tmp_path))
    assert dict(refiner.model.dit.named_parameters())["layers.1.attention.qkv.weight"].equal(
        published_state()["blocks.1.attn.in_proj_weight"]
    )
    draft = move_to_grid(every_kind())
    refined = refine_positions(draft, refiner, WANTED, RefineOptions(timesteps=3), seed=1)
    assert refined != draft
    assert refine_positions(draft, refiner, WANTED, RefineOptions(timesteps=3), seed=1) == refined


def test_mappers_are_looked_up_by_their_own_id_or_as_published(tmp_path: Path) -> None:
    conditions = load_refiner(write_published(tmp_path)).conditions
    attributes = Attributes(GameMode.STANDARD, mapper_id=22)
    assert conditions.spec.class_vector(attributes)[26 + 1] == 1.0
    assert conditions.class_vector_as_published(attributes)[26 + 2] == 1.0
    by_beatmap = Attributes(GameMode.STANDARD, mapper_id=7)
    assert conditions.class_vector_as_published(by_beatmap)[26] == 1.0


def test_folders_that_hold_no_refiner(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="holds no refiner"):
        load_refiner(tmp_path)
    torch.save({"weight": torch.zeros(2)}, tmp_path / "model_ema.pkl")
    torch.save({}, tmp_path / "tokenizer.pkl")
    with pytest.raises(ModelError, match="holds no tokenizer"):
        load_refiner(tmp_path)
    with pytest.raises(ModelError, match="diff_ckpt must be a folder or a hub id"):
        load_refiner(tmp_path / "nowhere")


def test_weights_of_another_network(tmp_path: Path) -> None:
    model = tiny_model()
    contract = RefinerContract(tiny_model(depth=3).dit.config, CONDITIONS, model.spread, 0.1)
    contract.save(tmp_path, dict(model.named_parameters()))
    with pytest.raises(ModelError, match="are not those of the refiner"):
        load_refiner(tmp_path)
