"""From a folder or a hub id to a model: ours, published ones in each of their forms, and ones that are broken."""

import json
import shutil
from pathlib import Path

import pytest
import torch
from huggingface_hub import constants
from safetensors.torch import load_file, save_file

from model_files.errors import ModelError
from osu_beatmap.beatmap import GameMode
from osuT5.model.files.convert import convert_to_published
from osuT5.model.files.find import BUNDLED_MODEL, best_device, find_model
from osuT5.model.files.loading import load_model
from osuT5.model.files.weights import build_model, read_weights
from osuT5.model.seq2seq import MapperModel
from osuT5.tokens.contract import Contract


@pytest.fixture
def published(our_folder: Path, tmp_path: Path) -> Path:
    """The same in the published form."""
    convert_to_published(our_folder, tmp_path / "published")
    return tmp_path / "published"


def same(one: MapperModel, other: MapperModel) -> bool:
    states = one.state_dict(), other.state_dict()
    return states[0].keys() == states[1].keys() and all(torch.equal(states[0][k], v) for k, v in states[1].items())


def test_a_model_comes_back_as_it_was_saved_in_the_memory_of_its_weights(our_folder: Path) -> None:
    model, spec = load_model(our_folder)
    assert not model.training
    assert spec == Contract.load(our_folder)
    assert same(model, MapperModel.from_pretrained(our_folder))
    assert not any(parameter.is_meta for parameter in model.parameters())
    assert not list(model.buffers())  # they would be without content
    # Every parameter is the tensor that was read, not a copy of it.
    config = load_model(our_folder)[0].config
    state = read_weights(our_folder, config)
    model = build_model(config, state)
    assert all(value.data_ptr() == state[name].data_ptr() for name, value in model.state_dict().items())


@pytest.mark.parametrize(("precision", "dtype"), [("bf16", torch.bfloat16), ("fp16", torch.float16)])
def test_precisions(our_folder: Path, precision: str, dtype: torch.dtype) -> None:
    model, _ = load_model(our_folder, precision=precision)
    assert model.dtype == dtype
    assert same(model, MapperModel.from_pretrained(our_folder).to(dtype))


def test_the_older_form_with_two_pickles(our_folder: Path, published: Path) -> None:
    torch.save(load_file(published / "model.safetensors"), published / "pytorch_model.bin")
    tokenizer = json.loads((published / "tokenizer.json").read_text(encoding="utf-8"))
    torch.save(tokenizer, published / "custom_checkpoint_0.pkl")
    (published / "model.safetensors").unlink()
    (published / "tokenizer.json").unlink()
    model, spec = load_model(published)
    assert same(model, load_model(our_folder)[0])
    assert spec.vocabulary == Contract.load(our_folder).vocabulary
    (published / "config.json").unlink()
    with pytest.raises(
        ModelError, match=r"config\.json is missing, which the published model that it was trained from"
    ):
        load_model(published)


def test_a_mode_may_have_a_model_of_its_own(published: Path) -> None:
    mania = published / "gamemode=3"
    shutil.copytree(published, mania)
    state = load_file(mania / "model.safetensors")
    save_file({name: value + 1 for name, value in state.items()}, mania / "model.safetensors")
    root, _ = load_model(published)
    assert same(load_model(published, gamemode=GameMode.TAIKO)[0], root)
    assert not same(load_model(published, gamemode=GameMode.MANIA)[0], root)
    assert not find_model(published, GameMode.TAIKO).has_separate_timing
    folders = find_model(published, GameMode.MANIA)
    assert (folders.root, folders.map) == (published, mania)
    assert folders.has_separate_timing
    assert find_model().root == BUNDLED_MODEL
    assert not find_model(gamemode=GameMode.MANIA).has_separate_timing


def test_a_hub_id_is_found_in_the_cache(published: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = tmp_path / "hub" / "models--someone--model-v1"
    snapshot = store / "snapshots" / ("a" * 40)
    shutil.copytree(published, snapshot)
    shutil.copytree(published, snapshot / "gamemode=1")
    (store / "refs").mkdir()
    (store / "refs" / "main").write_text("a" * 40, encoding="utf-8")
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    model, _ = load_model("someone/model-v1", gamemode=GameMode.MANIA)
    assert same(model, load_model(published)[0])
    assert find_model("someone/model-v1", GameMode.TAIKO).map == snapshot / "gamemode=1"
    with pytest.raises(ModelError, match=r"tokenizer\.json and model\.safetensors would be downloaded from"):
        load_model("someone/model-v2")


def damage(folder: Path, name: str, **values: object) -> None:
    path = folder / name
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | values), encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "values", "message"),
    [
        ("config.json", {"d_model": 48}, r"not those of the network in its config\.json: .* is \d+.*, not \d+"),
        ("config.json", {"decoder_layers": 3}, "they lack decoder"),
        ("config.json", {"encoder_layers": 1}, r"it has no place for encoder\.layers\.1\..* \(and \d+ more\)"),
        ("config.json", {"d_model": "wide"}, "cannot be loaded"),
        ("config.json", {"vocab_size_in": 5000}, r"do not fit its contract\.json"),
        ("config.json", {"model_type": "llama"}, "another kind of network"),
        ("contract.json", {"format": 2}, "a format unknown to this version"),
        ("contract.json", {"grid": {}, "vocabulary": 3}, "cannot be loaded"),
    ],
)
def test_files_that_contradict_each_other(our_folder: Path, name: str, values: dict, message: str) -> None:
    damage(our_folder, name, **values)
    with pytest.raises(ModelError, match=message) as error:
        load_model(our_folder)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("form", ["our_folder", "published"])
@pytest.mark.parametrize("name", ["config.json", "contract", "model.safetensors"])
@pytest.mark.parametrize("content", [b"", b"<html>", b"[]", b"\xff\xfe", None])
def test_files_that_are_something_else(request, form: str, name: str, content: bytes | None) -> None:
    folder = request.getfixturevalue(form)
    if name == "contract":
        name = "tokenizer.json" if form == "published" else "contract.json"
    (folder / name).unlink()
    if content is not None:
        (folder / name).write_bytes(content)
    with pytest.raises(ModelError) as error:
        load_model(folder)
    assert "\n" not in str(error.value)
    assert str(folder) in str(error.value)


def test_folders_that_hold_no_model(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"holds no model: config\.json is missing\.$"):
        load_model(tmp_path)
    with pytest.raises(ModelError, match="must be a folder or a hub id"):
        load_model(tmp_path / "nothing")
    (tmp_path / "config.json").write_text("{}", encoding="utf-8")
    with pytest.raises(ModelError, match=r"contract\.json \(native\) or tokenizer\.json \(published\) is missing"):
        load_model(tmp_path)


def pretend(monkeypatch: pytest.MonkeyPatch, cuda: bool, mps: bool) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)


@pytest.mark.parametrize(
    ("cuda", "mps", "best"), [(True, True, "cuda"), (False, True, "mps"), (False, False, "cpu"), (True, False, "cuda")]
)
def test_auto_takes_the_fastest_that_is_there(
    monkeypatch: pytest.MonkeyPatch, cuda: bool, mps: bool, best: str
) -> None:
    pretend(monkeypatch, cuda, mps)
    assert best_device() == best_device("auto") == best
    assert best_device("cpu") == "cpu"
    assert not cuda or best_device("cuda:1") == "cuda:1"


@pytest.mark.parametrize("wanted", ["cuda", "cuda:0", "mps", "abacus"])
def test_what_is_not_there_is_one_sentence(monkeypatch: pytest.MonkeyPatch, wanted: str) -> None:
    pretend(monkeypatch, cuda=False, mps=False)
    with pytest.raises(ModelError, match=f"device={wanted} is not available"):
        best_device(wanted)
