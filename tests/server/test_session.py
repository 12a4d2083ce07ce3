"""The session's file: for its user alone, whole or not there, and removed by nobody else."""

import json
import os
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.request.options import RequestError
from server.session import Session, program_stamp, read_session, remove_session, running_session, write_session

ADDRESS = "http://127.0.0.1:4321"
posix_only = pytest.mark.skipif(os.name != "posix", reason="Windows keeps the user's folder by itself")


def damaged(address: object, pid: int) -> str:
    return json.dumps({"address": address, "token": "a", "pid": pid, "created_s": 1.0, "program": ""})


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "folder" / "server.json"


def test_a_session_is_read_as_it_was_written(path: Path) -> None:
    session = Session.new(ADDRESS, "token")
    assert read_session(path) is None
    write_session(session, path)
    assert read_session(path) == session
    assert [each.name for each in path.parent.iterdir()] == [path.name]
    remove_session(Session.new(ADDRESS, "another"), path)
    assert path.exists(), "that of another server"
    remove_session(session, path)
    assert not path.exists()


def test_a_session_of_a_process_that_has_gone_is_none(path: Path) -> None:
    session = Session.new(ADDRESS, "token")
    assert running_session(path) is None
    write_session(session, path)
    assert running_session(path) == session
    write_session(replace(session, created_s=session.created_s - 60), path)
    assert running_session(path) is None


@posix_only
def test_only_the_user_may_read_it(path: Path) -> None:
    write_session(Session.new(ADDRESS, "token"), path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


@posix_only
@pytest.mark.parametrize("mode", [0o644, 0o660, 0o602])
def test_a_file_that_others_could_have_touched_is_not_used(path: Path, mode: int) -> None:
    write_session(Session.new(ADDRESS, "token"), path)
    path.chmod(mode)
    with pytest.raises(RequestError, match="others"):
        read_session(path)


@posix_only
def test_a_link_is_not_followed(path: Path, tmp_path: Path) -> None:
    write_session(Session.new(ADDRESS, "token"), path)
    (tmp_path / "link.json").symlink_to(path)
    with pytest.raises(RequestError, match="cannot be read"):
        read_session(tmp_path / "link.json")


DAMAGED = (("http://127.0.0.1", 1), ("file://x:1", 1), ("http://x:99999", 1), (7, 1), (ADDRESS, 0))
"""Addresses with processes that are of no server."""


@pytest.mark.parametrize("text", ["", "{}", "[1]", *(damaged(*each) for each in DAMAGED)])
def test_a_damaged_file_is_one_sentence(path: Path, text: str) -> None:
    write_session(Session.new(ADDRESS, "token"), path)
    path.write_text(text, encoding="ascii")
    with pytest.raises(RequestError, match="does not describe a server"):
        read_session(path)


def test_the_stamp_changes_with_the_program(monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setattr("server.session.REPO_ROOT", tmp_path)
    (tmp_path / "pipeline").mkdir()
    (tmp_path / "pipeline" / "a.py").write_text("a", encoding="utf-8")
    first = program_stamp()
    assert program_stamp() == first
    (tmp_path / "pipeline" / "a.py").write_text("ab", encoding="utf-8")
    assert program_stamp() != first
