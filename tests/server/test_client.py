"""inference.py with a server: who makes the map, what is shown, and what happens where no server can be asked."""

from pathlib import Path
from types import ModuleType

import pytest

from feedback.progress import silent
from pipeline.cli.command_line import run
from pipeline.request.resolve import resolve
from server.client import generate_on_server, with_whole_paths
from server.session import Session, default_path, write_session
from tests.source_files import root_script


@pytest.fixture(scope="module")
def script() -> ModuleType:
    return root_script("inference")


@pytest.fixture
def words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setattr("pipeline.request.contents.check_contents", lambda request: None)  # the song is an empty file
    (tmp_path / "song.mp3").touch()
    return [f"audio_path={tmp_path / 'song.mp3'}", f"output_path={tmp_path / 'out'}"]


def test_a_server_is_found_and_its_answer_shown(script, words, started, monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path))
    started(session_file=None)
    assert run(script.INFERENCE, [*words, "title=Tune"]) == 0
    assert capsys.readouterr().out == "Map: Tune\n"
    assert run(script.INFERENCE, [*words, "title=refused"]) == 2
    assert capsys.readouterr().err == "inference.py: title must be another one.\n"


def test_what_is_wrong_is_said_before_a_server_is_asked(script, started, tmp_path, capsys):
    server = started()
    assert run(script.INFERENCE, [f"audio_path={tmp_path / 'none.mp3'}", f"server={server.path}"]) == 2
    assert capsys.readouterr().err.startswith("inference.py: There is no file at")
    assert server.status()["ended"] == 0


def test_a_server_that_has_gone_is_mentioned(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path))
    write_session(Session.new("http://127.0.0.1:1", "token"), default_path())
    assert generate_on_server({}, resolve({"audio_path": "song.mp3"}), silent) is None
    said = capsys.readouterr().err
    assert said.startswith("No server answers at http://127.0.0.1:1")
    assert said.endswith("Generating the map without it.\n")
    assert generate_on_server({}, resolve({"audio_path": "song.mp3", "server": "OFF"}), silent) is None
    assert capsys.readouterr().err == ""


def test_a_server_that_was_named_has_to_be_there(script, words, tmp_path, capsys):
    assert run(script.INFERENCE, [*words, f"server={tmp_path / 'none.json'}"]) == 2
    assert capsys.readouterr().err.startswith("inference.py: No server is running: there is no")


def test_a_request_is_understood_from_any_folder(tmp_path, monkeypatch):
    (tmp_path / "model").mkdir()
    monkeypatch.chdir(tmp_path)
    flat = {"audio_path": "a = [b].mp3", "model_path": "model", "lora_path": "owner/name", "seed": 3}
    flat |= {"descriptors": ["tech"], "difficulty": None}
    sent = with_whole_paths(flat, resolve(flat))
    assert sent["audio_path"] == str(tmp_path / "a = [b].mp3")
    assert sent["model_path"] == str(tmp_path / "model")
    assert sent["output_path"] == str(tmp_path / "output")
    assert sent["server"] == "off"
    assert {name: sent[name] for name in ("lora_path", "seed", "descriptors", "difficulty")} == {
        "lora_path": "owner/name",
        "seed": 3,
        "descriptors": ["tech"],
        "difficulty": None,
    }
