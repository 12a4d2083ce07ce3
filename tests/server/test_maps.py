"""Maps by a server, with a tiny model: the same as without one, nothing of those that nobody waits for, and its end."""

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import torch

from feedback.progress import silent
from osuT5.model.seq2seq import MapperModel
from osuT5.tokens.contract import mini_spec
from osuT5.training.architectures import mini_config
from osuT5.training.start import whole_model_export
from pipeline.cli.command_line import run
from pipeline.cli.request_runner import check_request, make
from server.client import generate
from tests.server.running_server import RunningServer, settings_of
from tests.source_files import root_script
from tests.support.polling import wait_for
from tests.support.reference_songs import SIZES
from tests.support.songs import write_song


class Gone(Exception):
    """The guest has had enough."""


@pytest.fixture(scope="module")
def options(tmp_path_factory) -> dict[str, object]:
    """What the requests have in common: a song and a model that knows nothing."""
    folder = tmp_path_factory.mktemp("song")
    song = write_song(folder / "song.ogg", seconds=6.0)
    torch.manual_seed(0)
    config = mini_config(mini_spec(), **SIZES, chart_onset_dim=8, init_std=0.1)
    config.max_target_positions = 120
    whole_model_export(config, mini_spec())(MapperModel(config).state_dict(), folder / "model")
    flat = {"audio_path": str(song), "model_path": str(folder / "model"), "device": "cpu"}
    return {**flat, "temperature": 1.3, "top_p": 1.0, "difficulty": 3, "difficulty_attempts": 1, "export_osz": False}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    running = RunningServer(settings_of(tmp_path_factory.mktemp("server"), actions="server.processing.actions"))
    running.start()
    yield running
    running.stop()


def maps_in(folder: Path) -> list[bytes]:
    return [path.read_bytes() for path in sorted(folder.iterdir())]


def test_maps_are_those_that_are_made_without_a_server(options, server, tmp_path):
    bundled = {"audio_path": options["audio_path"], "device": "cpu", "difficulty": 3, "export_osz": False}
    wanted = [{**each, "seed": 1 + mode, "gamemode": mode} for each in (options, bundled) for mode in (0, 3)]

    def served(number: int) -> None:
        flat = {**wanted[number], "output_path": str(tmp_path / f"served {number}")}
        outcome = generate(flat, server.path, silent)
        assert (outcome.status, outcome.error) == (0, "")
        assert outcome.said.startswith("Map: ")

    with ThreadPoolExecutor(len(wanted)) as threads:
        list(threads.map(served, range(len(wanted))))
    for number, own in enumerate(wanted):
        folder = tmp_path / f"alone {number}"
        make(check_request({**own, "output_path": str(folder)}))
        assert maps_in(folder) == maps_in(tmp_path / f"served {number}")


def test_nothing_is_left_of_a_request_whose_guest_has_gone(options, server, tmp_path):
    def progress(stage: str, done: int, total: int) -> None:
        if stage in ("kiai", "map", "placing"):
            raise Gone

    # So long that there is much left to write, whichever word of progress comes first.
    song = write_song(tmp_path / "long.flac", seconds=30.0)
    wanted = {**options, "audio_path": str(song), "seed": 1, "output_path": str(tmp_path / "out")}
    with pytest.raises(Gone):
        generate(wanted, server.path, progress)
    wait_for(lambda: server.status()["running"] == 0)
    assert not (tmp_path / "out").exists()
    assert not list((server.settings.folder / "jobs").iterdir())


def test_wrong_options_are_answered_as_by_the_command(options, server, tmp_path):
    for wrong, sentence in (
        ({"difficulty": 31}, "difficulty must be within 0..12, got 31."),
        ({"dificulty": 3}, "There is no option dificulty; did you mean difficulty?"),
        ({"audio_path": [1]}, "There is no file at [1] (audio_path)"),
        ({"model_path": str(tmp_path)}, f"{tmp_path} holds no model: config.json is missing."),
    ):
        outcome = generate({**options, "output_path": str(tmp_path / "out"), **wrong}, server.path, silent)
        assert (outcome.status, outcome.said) == (2, "")
        assert outcome.error.startswith(f"inference.py: {sentence}")


@pytest.mark.skipif(os.name != "posix", reason="Windows has no signal for it")
def test_the_command_serves_until_it_is_told_to_end(repo_root, tmp_path, capsys):
    serve = root_script("serve").SERVE
    words = [f"session_file={tmp_path / 'server.json'}", f"folder={tmp_path / 'folder'}"]
    end = {"cwd": repo_root, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "encoding": "utf-8"}
    serving = subprocess.Popen([sys.executable, "serve.py", *words], **end)
    try:
        assert "Serving at http://127.0.0.1:" in serving.stdout.readline()
        assert run(serve, [*words, "command=status"]) == 0
        assert capsys.readouterr().out == f"Server {serving.pid}: 0 jobs at work, 0 ended.\n"
        assert run(serve, words) == 2
        assert f"A server is already running as process {serving.pid}" in capsys.readouterr().err
        serving.send_signal(signal.SIGTERM)
        said, error = serving.communicate(timeout=60)
        assert (serving.returncode, said, error) == (0, "Stopped after 0 jobs.\n", "")
        assert not (tmp_path / "server.json").exists()
    finally:
        serving.kill()
        serving.communicate()
