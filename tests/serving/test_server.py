"""A server and those who ask it: answers, refusals, guests who go away, and its end."""

import json
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from running_server import RunningServer

from feedback.progress import silent
from serving.client import NoServer, ask, generate
from serving.session import read_session
from serving.wire import MAX_LINE_BYTES, proof, to_line
from tests.support.polling import wait_for


def request(server: RunningServer, title: str = "a song", progress=silent):
    return generate({"title": title}, server.path, progress)


def line_to(server: RunningServer) -> socket.socket:
    session = read_session(server.path)
    line = socket.create_connection(("127.0.0.1", session.port), 10)
    line.settimeout(30)
    return line


def greeted(server: RunningServer):
    """A line on which a request may follow, and its other end as a file."""
    line = line_to(server)
    answers = line.makefile("rb")
    challenge = json.loads(answers.readline())["challenge"]
    line.sendall(to_line({"proof": proof(read_session(server.path).secret, "client", challenge), "challenge": "x"}))
    answers.readline()
    return line, answers


def test_a_request_is_made_and_its_progress_told(started):
    server, told = started(), []

    def progress(*stage):
        told.append(stage)
        if stage[0] == "map":
            server.maker.may_end.set()

    outcome = request(server, progress=progress)
    assert (outcome.status, outcome.said, outcome.error) == (0, "Map: a song\n", "")
    assert any(stage == "map" and total == 3_000 for stage, _, total in told)


def test_a_request_that_cannot_be_met_is_answered_with_its_sentence(started, capsys):
    server = started()
    outcome = request(server, "refused")
    assert (outcome.status, outcome.said) == (2, "")
    assert outcome.error == "inference.py: title must be another one.\n"
    broken = request(server, "broken")
    assert broken.status == 1
    assert broken.error.count("\n") == 1
    assert "AssertionError: a mistake" in capsys.readouterr().err
    server.maker.may_end.set()
    assert request(server).status == 0, "the server lives on"


def test_so_many_at_once_and_the_others_wait(started):
    server = started(max_requests=2)
    with ThreadPoolExecutor(3) as threads:
        asked = [threads.submit(request, server, title) for title in "abc"]
        wait_for(lambda: ask({"do": "status"}, server.path)["at_work"] == 3)
        wait_for(lambda: len(server.maker.at_work) == 2)
        server.maker.may_end.set()
        assert sorted(future.result(30).said for future in asked) == ["Map: a\n", "Map: b\n", "Map: c\n"]
    assert server.maker.most == 2


def test_a_guest_who_goes_takes_the_request_along(started):
    server = started()
    line, _ = greeted(server)
    line.sendall(to_line({"do": "generate", "options": {"title": "gone"}}))
    with ThreadPoolExecutor(1) as threads:
        stays = threads.submit(request, server, "stays")
        wait_for(lambda: set(server.maker.at_work) == {"gone", "stays"})
        line.shutdown(socket.SHUT_RDWR)
        line.close()
        wait_for(lambda: server.maker.at_work == ["stays"])
        server.maker.may_end.set()
        assert stays.result(30).status == 0
    assert any("called off" in said for said in server.said)


def test_a_stopped_server_calls_off_its_requests_and_leaves_no_file(started):
    server = started()
    with ThreadPoolExecutor(1) as threads:
        asked = threads.submit(request, server)
        wait_for(lambda: server.maker.at_work == ["a song"])
        idle = line_to(server)
        assert ask({"do": "stop"}, server.path)["at_work"] == 1
        with pytest.raises(NoServer, match="stopped before the map was made"):
            asked.result(30)
    server.thread.join(30)
    assert not server.thread.is_alive()
    assert not any(server.path.parent.iterdir())
    assert not any(thread.name.startswith("request") for thread in threading.enumerate())
    idle.close()
    with pytest.raises(NoServer, match="No server runs"):
        request(server)


def test_a_server_ends_by_itself_when_nobody_asks(started):
    server = started(idle_minutes=0.01)
    server.thread.join(30)
    assert not server.thread.is_alive()
    assert not server.path.exists()


@pytest.mark.parametrize(
    "sent",
    [
        b"GET / HTTP/1.1\r\n",
        b"[" * 100_000 + b"\n",
        b"7\n",
        b"{}\n",
        b'{"proof": "\\u00e9", "challenge": "x"}\n',
        b'{"proof": "0"}\n',
        b"x" * (MAX_LINE_BYTES + 10),
    ],
)
def test_who_does_not_know_the_secret_is_sent_away_with_a_sentence(started, sent: bytes):
    server = started()
    with line_to(server) as line:
        answers = line.makefile("rb")
        answers.readline()
        line.sendall(sent)
        (answer,) = answers.readlines()
    error = json.loads(answer)["error"]
    assert error.endswith(".")
    assert server.maker.most == 0


@pytest.mark.parametrize(
    "message",
    [
        {"do": "dance"},
        {"do": "generate"},
        {"do": "generate", "options": [1]},
        {"do": "generate", "options": {"title": {}}},
        {"do": "generate", "options": {"title": [["a"]]}},
    ],
)
def test_a_message_that_makes_no_sense_is_answered_with_a_sentence(started, message: dict):
    server = started()
    line, answers = greeted(server)
    line.sendall(to_line(message))
    (answer,) = answers.readlines()
    line.close()
    assert json.loads(answer)["error"].endswith(".")
    assert server.maker.most == 0


def test_a_server_that_does_not_know_the_secret_or_has_other_files_is_not_asked(started, tmp_path: Path, monkeypatch):
    server = started()
    other = tmp_path / "other.json"
    other.write_text(server.path.read_text(encoding="ascii").replace('"secret": "', '"secret": "0'), encoding="ascii")
    other.chmod(0o600)
    with pytest.raises(NoServer, match="does not know the secret"):
        generate({"title": "a song"}, other, silent)
    assert server.maker.most == 0
    server = started()
    monkeypatch.setattr("serving.client.program_stamp", lambda: "later")
    with pytest.raises(NoServer, match="start it again"):
        request(server)
    assert server.maker.most == 0
