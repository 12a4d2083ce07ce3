"""Models by name, with a hub that is not there: what is asked for, what is found, and what a user is told."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import huggingface_hub
import pytest
from huggingface_hub import constants, errors

from model_files.errors import ModelError
from model_files.hub import HubId, check_source, find_folder, local_folder, parse_hub_id

REPO = "OliBomby/Mapperatorinator-v29.1"
FILES = ("config.json", "model.safetensors", "gamemode=1/config.json")
NEEDED = "config.json and model.safetensors"


@pytest.mark.parametrize(
    ("text", "hub_id"),
    [
        (REPO, HubId(REPO)),
        ("me/my_model@v1.0", HubId("me/my_model", "v1.0")),
        ("me/m@refs/pr/3", HubId("me/m", "refs/pr/3")),
    ],
)
def test_hub_ids(text: str, hub_id: HubId) -> None:
    assert parse_hub_id(text) == hub_id
    assert str(hub_id) == text


def test_paths_are_no_hub_ids_and_a_folder_wins_over_the_hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = ["model", "./runs/model", "/runs/model", "runs\\model", "a/b/c", "a/../b", "https://huggingface.co/a/b"]
    for text in (*paths, "a/b@", "a/b@-c", "a/b c"):
        assert parse_hub_id(text) is None, text
    monkeypatch.setattr(huggingface_hub, "snapshot_download", None)
    (tmp_path / "me" / "model").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    assert local_folder("model_path", "me/model", FILES, NEEDED) == Path("me/model")
    assert find_folder(str(tmp_path)) == tmp_path


@pytest.mark.parametrize("text", ["no such folder", "a/b/c", "x\0y", "~nobody-of-that-name/x/y", "x" * 5000])
def test_what_is_neither_folder_nor_hub_id(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ModelError, match=r"^lora_path must be a folder or a hub id"):
        check_source("lora_path", text)


def test_offline_and_not_there_says_what_is_needed_and_where_it_may_lie(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = tmp_path / "hub"
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(cache))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    for text in (REPO, f"{REPO}@v9"):
        with pytest.raises(ModelError) as error:
            local_folder("model_path", text, FILES, NEEDED)
        message = str(error.value)
        assert "\n" not in message
        for part in (text, "HF_HUB_OFFLINE", NEEDED, f"/{REPO}", "model_path=FOLDER"):
            assert part in message
        assert str(cache) in message
    assert not cache.exists()


def raising(error: Exception) -> Callable[..., None]:
    def download(*_: object, **__: object) -> None:
        raise error

    return download


def http_error(kind: type[errors.HfHubHTTPError]) -> Exception:
    response = SimpleNamespace(headers={}, request=None, status_code=404)
    return kind("404 Client Error.\nmore\nlines", response=response)  # type: ignore[arg-type]


def cases() -> list[tuple[Exception, str]]:
    return [
        (http_error(errors.GatedRepoError), "gated repository. Request access at .*HF_TOKEN"),
        (http_error(errors.HfHubHTTPError), r"cannot be downloaded .*404 Client Error\); files that"),
        (errors.LocalEntryNotFoundError("no"), "the hub cannot be reached: config.json and model.safetensors would"),
        (OSError(28, "No space left on device"), "cannot be downloaded .*No space left on device"),
        (RuntimeError("proxy\ntrouble"), r"cannot be downloaded .*\(proxy\)"),
    ]


@pytest.mark.parametrize(("error", "message"), cases(), ids=[type(error).__name__ for error, _ in cases()])
def test_whatever_the_hub_says_is_one_sentence(error: Exception, message: str, monkeypatch) -> None:
    monkeypatch.setattr(huggingface_hub, "snapshot_download", raising(error))
    with pytest.raises(ModelError, match=message) as raised:
        local_folder("model_path", f"{REPO}@v9", FILES, NEEDED)
    assert "\n" not in str(raised.value)
