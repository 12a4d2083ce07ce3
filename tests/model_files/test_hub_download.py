"""A download from a hub that is a small server on this machine: what is fetched, once, and what a token opens."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from huggingface_hub import constants

from model_files.errors import ModelError
from model_files.hub import local_folder
from tests.small_hub import fetched, small_hub

FILES = {
    "config.json": b"{}",
    "model.safetensors": b"weights" * 10,
    "pytorch_model.bin": b"the same again",
    "optimizer.pt": b"huge",
    "README.md": b"words",
    "gamemode=1/config.json": b"{ }",
    "gamemode=3/config.json": b"{}",
}
WANTED = ("config.json", "model.safetensors", "model-*.safetensors", "gamemode=1/config.json")


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Starts the server and an empty cache; gives the list of what is asked for."""
    with small_hub(FILES, tmp_path, monkeypatch) as asked:
        yield asked


def test_what_is_needed_is_fetched_once(hub: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    folder = local_folder("model_path", "someone/model", WANTED, "files")
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert there == fetched(hub) == {"config.json", "model.safetensors", "gamemode=1/config.json"}
    assert (folder / "model.safetensors").read_bytes() == FILES["model.safetensors"]

    hub.clear()
    assert local_folder("model_path", "someone/model", WANTED, "files") == folder
    assert not fetched(hub)

    hub.clear()
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert local_folder("model_path", "someone/model", WANTED, "files") == folder
    assert not hub
    with pytest.raises(ModelError, match="is not complete on this machine"):
        local_folder("model_path", "someone/model", ("gamemode=3/config.json",), "files")


def test_revisions_and_repositories_that_are_not_there_or_not_open(
    hub: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    local_folder("model_path", "someone/model@v2", WANTED, "files")
    assert any(line.endswith("/revision/v2") for line in hub)
    with pytest.raises(ModelError, match="has no branch, tag or commit v3"):
        local_folder("model_path", "someone/model@v3", WANTED, "files")
    for name in ("someone/nothing", "someone/secret"):
        sentence = f"There is no {name} at http.*HF_TOKEN does not open it; there is no folder {name} either"
        with pytest.raises(ModelError, match=sentence):
            local_folder("model_path", name, WANTED, "files")
    monkeypatch.setenv("HF_TOKEN", "sesame")
    assert (local_folder("model_path", "someone/secret", WANTED, "files") / "config.json").is_file()
    assert "model.safetensors" in fetched(hub)
