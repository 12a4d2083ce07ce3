"""Map models are recognised by the files of their folder."""

from __future__ import annotations

import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from model_files.errors import ModelError
from osuT5.map_model.folder import PART_FILES, is_map_model, load_map_model
from osuT5.model.files.find import BUNDLED_MODEL, HUB_FILES
from pipeline.generation.map_model.rhythm import SongRhythm


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the bundled model."""
    return Path(shutil.copytree(BUNDLED_MODEL, tmp_path / "copy"))


def test_a_folder_with_both_parts_generates_on_the_beat_clock(folder: Path) -> None:
    song = SimpleNamespace(audio=None)
    for place in (folder, folder / ".." / "copy", BUNDLED_MODEL.relative_to(Path.cwd())):
        assert SongRhythm.of(song, place) is not None
    assert load_map_model(folder).rhythm.config == load_map_model(BUNDLED_MODEL).rhythm.config
    shutil.rmtree(folder / "rhythm")
    shutil.rmtree(folder / "objects")
    assert SongRhythm.of(song, folder) is None


@pytest.mark.parametrize("part", PART_FILES)
def test_half_a_map_model_is_refused(folder: Path, part: str) -> None:
    shutil.rmtree(folder / part)
    with pytest.raises(ModelError, match=f"is not complete: {part}/{part}.json is missing"):
        is_map_model(folder)


def test_parts_of_two_models_are_refused(folder: Path) -> None:
    weights = folder / "rhythm" / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\1")
    with pytest.raises(ModelError, match="was trained with another rhythm_model"):
        load_map_model(folder)


def test_a_hub_model_has_its_parts() -> None:
    assert {f"{part}/*" for part in PART_FILES} <= set(HUB_FILES)
