"""Map models are recognised by the files of their folder."""

from __future__ import annotations

import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from model_files.errors import ModelError
from osuT5.map_model.folder import PART_FILES, is_map_model, load_map_model, map_contract, sound_folder
from osuT5.model.files.find import BUNDLED_MODEL, HUB_FILES
from osuT5.model.files.loading import load_model
from pipeline.generation.generate import generate
from pipeline.generation.known_conditions import CONDITION_OF_OPTION, known_conditions
from pipeline.generation.map_model.rhythm import SongRhythm
from pipeline.request.resolve import resolve
from tests.support.reference_songs import make_model
from tests.support.songs import write_song


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


def test_an_older_folder_with_a_seq2seq_model_is_a_map_model(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(make_model(tmp_path / "tokens"), folder, dirs_exist_ok=True)
    song = write_song(tmp_path / "song.ogg", 12.0)
    own, old = (
        generate(resolve({"audio_path": song, "model_path": model, "output_path": tmp_path / "out", "seed": 1}))
        for model in (None, str(folder))
    )
    assert old.beatmap.hit_objects == own.beatmap.hit_objects


def test_a_map_model_has_no_event_tokens(folder: Path) -> None:
    with pytest.raises(ModelError, match=r"copy is a map model, without event tokens: .* train_mini"):
        load_model(folder)


def test_options_without_effect_are_those_outside_the_contract(folder: Path) -> None:
    known = known_conditions(str(folder), None)
    assert known is not None
    kinds = {kind: option for option, kind in CONDITION_OF_OPTION.items() if option != "descriptors"}
    unknown = {option for kind, option in kinds.items() if kind not in map_contract().conditions}
    assert (set(known.unknown) - {"super_timing", "timer_iterations"}, known.model) == (unknown, map_contract().name)


@pytest.mark.parametrize("part", PART_FILES)
def test_half_a_map_model_is_refused(folder: Path, part: str) -> None:
    shutil.rmtree(folder / part)
    with pytest.raises(ModelError, match=f"is not complete: {part}/{part}.json is missing"):
        is_map_model(folder)


def test_parts_of_two_models_are_refused(folder: Path) -> None:
    weights = sound_folder(folder) / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\1")
    with pytest.raises(ModelError, match="was trained with another rhythm_model"):
        load_map_model(folder)


def test_a_hub_model_has_its_parts() -> None:
    assert {f"{part}/*" for part in PART_FILES} <= set(HUB_FILES)
