"""A server and those who hand over a command: answers, refusals, guests who go away, and its end."""

import http.client
import json
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest

from feedback.progress import silent
from server.client import NoServer, generate, send_request
from server.http.security import MAX_JSON_BYTES, TOKEN_HEADER
from server.session import Session, read_session, write_session
from tests.server.running_server import RunningServer, settings_of
from tests.support.polling import wait_for


class Gone(Exception):
    """The guest has had enough."""


def request(server: RunningServer, title: str = "a song", progress=silent, **options: object):
    """Hand over a command that waits until it is let go."""
    return generate({"title": title, "until": str(server.until), **options}, server.path, progress)


def answer_to(server: RunningServer, body: bytes, headers: dict[str, str]) -> tuple[int, dict]:
    line = http.client.HTTPConnection(urlsplit(server.address).netloc, timeout=30)
    try:
        line.request("POST", "/api/runs", body, {"content-type": "application/json", **headers})
        answer = line.getresponse()
        return answer.status, json.load(answer)
    finally:
        line.close()


def jobs_in(server: RunningServer) -> list[Path]:
    return list((server.settings.folder / "jobs").iterdir())


def test_a_request_is_made_and_its_progress_told(started):
    server, told = started(), []

    def progress(*stage):
        told.append(stage)
        if stage[0] == "map":
            server.let_go()

    outcome = request(server, progress=progress)
    assert (outcome.status, outcome.said, outcome.error) == (0, "Map: a song\n", "")
    assert any(stage == "map" and total == 3_000 for stage, _, total in told)
    wait_for(lambda: not jobs_in(server))
    assert send_request("GET", "/api/jobs", server.path)["jobs"] == []


def test_a_request_that_cannot_be_met_is_answered_with_its_sentence(started, capsys):
    server = started()
    outcome = request(server, "refused")
    assert (outcome.status, outcome.said) == (2, "")
    assert outcome.error == "inference.py: title must be another one.\n"
    broken = request(server, "broken")
    assert broken.status == 1
    assert broken.error.count("\n") == 1
    assert "RuntimeError: nobody thought of this" in capsys.readouterr().err
    server.let_go()
    assert request(server).status == 0, "the server lives on"


def test_so_many_at_once_and_the_others_wait(started):
    server = started(max_jobs=2)
    with ThreadPoolExecutor(3) as threads:
        asked = [threads.submit(request, server, title) for title in "abc"]
        wait_for(lambda: (server.status()["running"], server.status()["waiting"]) == (2, 1))
        server.let_go()
        assert sorted(future.result(30).said for future in asked) == ["Map: a\n", "Map: b\n", "Map: c\n"]
    assert server.status()["ended"] == 3


def test_a_guest_who_goes_takes_the_request_along(started):
    server = started()

    def go(stage: str, done: int, total: int) -> None:
        if stage == "map":
            raise Gone

    with ThreadPoolExecutor(1) as threads:
        stays = threads.submit(request, server, "stays")
        with pytest.raises(Gone):
            request(server, "gone", go)
        wait_for(lambda: server.status()["running"] == 1 and len(jobs_in(server)) == 1)
        server.let_go()
        assert stays.result(30).said == "Map: stays\n"


def test_a_command_that_ends_its_process_fails_and_the_one_beside_it_is_begun_again(started, tmp_path):
    server, diary = started(), tmp_path / "diary"
    with ThreadPoolExecutor(2) as threads:
        beside = threads.submit(request, server, "beside", diary=str(diary))
        wait_for(diary.exists)
        crashing = threads.submit(request, server, "crash")
        wait_for(lambda: diary.read_text(encoding="utf-8") == "beside\n" * 2)
        server.let_go()
        assert beside.result(60).said == "Map: beside\n"
        crashed = crashing.result(60)
    assert crashed.status == 1 and "ended before this job was finished (status 9)" in crashed.error


def test_a_stopped_server_calls_off_its_requests_and_leaves_no_file(started):
    server = started()
    with ThreadPoolExecutor(1) as threads:
        asked = threads.submit(request, server)
        wait_for(lambda: server.status()["running"] == 1)
        session = read_session(server.path)
        (worker,) = [each for each in psutil.Process().children() if "server.processing.worker" in each.cmdline()]
        idle = socket.create_connection(("127.0.0.1", urlsplit(session.address).port), 10)
        assert send_request("POST", "/api/stop", server.path)["running"] == 1
        with pytest.raises(NoServer, match="stopped before the map was finished"):
            asked.result(30)
    server.thread.join(30)
    assert not server.thread.is_alive() and not worker.is_running()
    assert not any(server.path.parent.iterdir()) and not jobs_in(server)
    assert not (server.settings.folder / "server.json").exists()
    idle.close()
    with pytest.raises(NoServer, match="No server is running"):
        request(server)


def test_a_server_ends_by_itself_when_nobody_asks(started):
    server = started(idle_minutes=0.002)
    server.thread.join(30)
    assert not server.thread.is_alive()
    assert not server.path.exists()


@pytest.fixture(scope="module")
def server(tmp_path_factory) -> Iterator[RunningServer]:
    """One for all that it refuses."""
    running = RunningServer(settings_of(tmp_path_factory.mktemp("refusing")))
    running.start()
    yield running
    running.stop()


@pytest.mark.parametrize("given", [{}, {TOKEN_HEADER: ""}, {TOKEN_HEADER: "0"}, {TOKEN_HEADER: "\u00e9"}])
def test_who_does_not_know_the_token_is_sent_away_with_a_sentence(server, given: dict[str, str]):
    status, answer = answer_to(server, b'{"options": {"title": "a"}}', given)
    assert (status, answer["detail"][-1]) == (403, ".")
    assert server.status()["ended"] == 0


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"GET / HTTP/1.1\r\n",
        b"[" * 100_000,
        b"7",
        b"{}",
        b'{"options": [1]}',
        b'{"options": {"title": {}}}',
        b'{"options": {"title": [["a"]]}}',
        b"x" * (MAX_JSON_BYTES + 10),
    ],
)
def test_a_message_that_makes_no_sense_is_answered_with_a_sentence(server, body: bytes):
    status, answer = answer_to(server, body, {TOKEN_HEADER: read_session(server.path).token})
    assert status in (400, 413, 422) and isinstance(answer["detail"], str)
    assert server.status()["ended"] == 0


def test_a_server_with_another_token_or_other_files_is_not_asked(server, tmp_path: Path, monkeypatch):
    session = read_session(server.path)
    write_session(replace(session, token="0"), tmp_path / "other.json")
    with pytest.raises(NoServer, match="token is missing or wrong"):
        generate({"title": "a song"}, tmp_path / "other.json", silent)
    monkeypatch.setattr("server.client.program_stamp", lambda: "later")
    with pytest.raises(NoServer, match="restart it"):
        request(server)
    assert server.status()["ended"] == 0


def test_who_takes_the_port_of_a_server_that_has_gone_does_not_get_the_token(tmp_path: Path):
    with socket.create_server(("127.0.0.1", 0)) as other:
        other.settimeout(0.3)
        session = Session.new(f"http://127.0.0.1:{other.getsockname()[1]}", "token")
        write_session(replace(session, created_s=session.created_s - 60), tmp_path / "old.json")
        with pytest.raises(NoServer, match="has ended"):
            generate({"title": "a song"}, tmp_path / "old.json", silent)
        with pytest.raises(TimeoutError):
            other.accept()
