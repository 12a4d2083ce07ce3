"""cli_inference.py as users meet it: in a terminal, with arrows, space and mistakes, to a command and a map."""

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from osu_beatmap.beatmap import GameMode
from pipeline.request.resolve import resolve
from tests.source_files import REPO_ROOT

if os.name == "nt":
    pytest.skip("pseudo-terminals of the standard library are for POSIX", allow_module_level=True)

import soundfile

from tests.pseudo_terminal import CLEAR_LINE, CTRL_C, DOWN, ENTER, SPACE, UP, PseudoTerminal

SCRIPT = [sys.executable, str(REPO_ROOT / "cli_inference.py")]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with five seconds of the demo's song under a name that a shell would cut."""
    audio, rate = soundfile.read(REPO_ROOT / "demo" / "song.ogg", start=441_000, frames=220_500)
    soundfile.write(tmp_path / "it's a song (1).ogg", audio, rate)
    return tmp_path


def _option_words(line: str) -> dict[str, str]:
    """The options of a command line of inference.py, as a POSIX shell hands them on."""
    program, script, *words = shlex.split(line)
    assert Path(program).name.startswith("python")
    assert Path(script).name == "inference.py"
    return dict(word.split("=", 1) for word in words)


def test_a_dialogue_to_a_printed_command(folder: Path) -> None:
    with PseudoTerminal(SCRIPT, folder) as terminal:
        terminal.answer("? model", ENTER)
        terminal.answer("? audio_path", "'it'\\''s a song (1).ogg' ", ENTER)
        terminal.answer("? beatmap_path", ENTER)
        terminal.answer("? gamemode", DOWN * 3, ENTER)
        terminal.answer("? keycount", "4", ENTER)
        terminal.answer("? difficulty", "hard", ENTER)
        terminal.wait_for("difficulty must be a number within 0..12, got hard.")
        terminal.answer("? difficulty", CLEAR_LINE, "3.5", ENTER)
        terminal.answer("? descriptors", DOWN, ENTER)
        terminal.answer("? skillset", SPACE, DOWN, SPACE, ENTER)
        terminal.answer("2 of", UP, ENTER)
        terminal.answer("? output_path", "my maps", ENTER)
        terminal.answer("? What now?", DOWN * 2, ENTER)
        terminal.answer("? groups", DOWN * 4, SPACE, ENTER)
        terminal.wait_for("Sampling")
        terminal.answer("? seed", "7", ENTER)
        for name in ("temperature", "top_p", "top_k"):
            terminal.answer(f"? {name}", ENTER)
        terminal.answer("? cfg_scale", CLEAR_LINE, "1.00", ENTER)
        for name in ("lookback", "lookahead"):
            terminal.answer(f"? {name}", ENTER)
        terminal.answer("? What now?", DOWN, ENTER)
        assert terminal.end() == 0
    options = _option_words(terminal.text.rstrip().splitlines()[-1])
    assert list(options) == ["audio_path", "gamemode", "difficulty", "keycount", "descriptors", "seed", "output_path"]
    assert Path(folder, options["audio_path"]).is_file()
    request = resolve(options)
    assert request.map.gamemode is GameMode.MANIA
    assert request.map.keycount == 4
    assert request.map.difficulty == 3.5
    assert request.map.descriptors == ("skillset/streams", "skillset/speedjack")
    assert request.sampling.seed == 7
    assert request.output.output_path == Path("my maps")


def test_a_map_is_made(folder: Path) -> None:
    given = ["audio_path=it's a song (1).ogg", "gamemode=3", "keycount=4", "match_difficulty=false", "seed=1"]
    with PseudoTerminal([*SCRIPT, "-cn", "inference", *given], folder) as terminal:
        terminal.answer("? model", ENTER)
        terminal.answer("? beatmap_path", ENTER)
        terminal.answer("? difficulty", "2", ENTER)
        terminal.answer("? descriptors", ENTER)
        terminal.answer("? output_path", "maps", ENTER)
        terminal.answer("? What now?", ENTER)
        terminal.wait_for("Map:")
        assert terminal.end() == 0
    assert len(list((folder / "maps").glob("*.osz"))) == 1


def test_a_published_model_is_chosen_by_its_configuration(folder: Path) -> None:
    given = ["audio_path=it's a song (1).ogg", "gamemode=1", "difficulty=4", "output_path=maps"]
    with PseudoTerminal([*SCRIPT, "-cn", "inference_v29", *given], folder) as terminal:
        terminal.answer("? beatmap_path", ENTER)
        terminal.answer("? descriptors", ENTER)
        terminal.answer("? What now?", DOWN, ENTER)
        assert terminal.end() == 0
    assert "inference.py -cn inference_v29 'audio_path=it'\"'\"'s a song (1).ogg' gamemode=1" in terminal.text


@pytest.mark.parametrize("key", [CTRL_C, "\x04"], ids=["ctrl-c", "ctrl-d"])
def test_leaving_is_polite(folder: Path, key: str) -> None:
    with PseudoTerminal([*SCRIPT, "model_path=."], folder) as terminal:
        terminal.answer("? audio_path", key)
        assert terminal.end() == 130
    assert terminal.text.rstrip().endswith("Stopped.")
    assert "Traceback" not in terminal.text


def test_without_a_terminal_there_is_a_sentence(folder: Path) -> None:
    done = subprocess.run(SCRIPT, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("cli_inference.py: cli_inference.py needs an interactive terminal")
    assert done.stderr.count("\n") == 1


def test_the_shell_script_starts_it_from_anywhere(folder: Path) -> None:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    script = REPO_ROOT / "cli_inference.sh"
    assert os.access(script, os.X_OK)
    done = subprocess.run(
        [script, "-h"], cwd=folder, env={**os.environ, "PATH": path}, capture_output=True, text=True, check=True
    )
    assert "python cli_inference.py audio_path=song.mp3" in done.stdout
    assert "target star rating" in done.stdout
