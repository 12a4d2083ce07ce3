"""Every command of the README can be typed as it stands, and every file it names is there."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from modding.options import resolve_review
from pipeline.cli.command_line import CONFIG_DIR, compose_config
from pipeline.cli.nested_options import option_paths
from pipeline.request.resolve import resolve
from tests.source_files import REPO_ROOT

README = (REPO_ROOT / "README.md").read_text(encoding="utf-8")
MADE_BY_USERS = {"timed.osu"}
"""Files that a reader has and we do not."""


def _blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, flags=re.MULTILINE | re.DOTALL)


def _commands() -> list[str]:
    shown = [line for language in ("sh", "bat") for block in _blocks(language) for line in block.splitlines()]
    in_text = re.findall(r"`((?:python|make) [^`]+)`", README)
    return list(dict.fromkeys(shown + in_text))


def _words(command: str) -> list[str]:
    """The words of a command from `python` on, or from its first; Windows paths with slashes."""
    words = shlex.split(command.replace("\\", "/"))
    programs = [Path(word).name for word in words]
    return ["python", *words[programs.index("python") + 1 :]] if "python" in programs else words


COMMANDS = _commands()


def test_the_two_commands_are_there() -> None:
    assert {"make demo", "make test"} <= set(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_command_exists(command: str) -> None:
    words = _words(command)
    if words[0] == "make":
        targets = re.findall(r"^([a-z]+):", (REPO_ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE)
        assert words[1] in targets
    elif words[0] == "python" and words[1] == "-m":
        module = words[2]
        ours = REPO_ROOT / module.replace(".", "/")
        files = (ours.with_suffix(".py"), ours / "__main__.py")
        assert module in ("pip", "pytest", "venv") or any(file.is_file() for file in files)
    elif words[0] == "python":
        assert (REPO_ROOT / words[1]).is_file()
    else:
        assert words[0] in ("py", "uv", "export")
    for word in words:
        if word.startswith("requirements"):
            assert (REPO_ROOT / word).is_file()


@pytest.mark.parametrize("command", [command for command in COMMANDS if " inference.py" in command])
def test_inference_command_is_understood(command: str) -> None:
    """All but the ellipsis that stands for the reader's own file."""
    words = _words(command)[2:]
    if words == ["-h"]:
        return
    config = {}
    if words[0] == "-cn":
        config, words = compose_config(words[1]), words[2:]
    if words[0] == "-m":
        words = [word.split(",")[0].replace("*", "...") for word in words[1:]]
    request = resolve(config | dict(word.split("=", 1) for word in words))
    for path in (request.song.audio_path, request.song.beatmap_path):
        if path is not None and path.name not in {*MADE_BY_USERS, "...", "....mp3"}:
            assert (REPO_ROOT / path).is_file()


@pytest.mark.parametrize("command", [command for command in COMMANDS if "mai_mod.py" in command])
def test_review_command_is_understood(command: str) -> None:
    words = _words(command)[2:]
    if words != ["-h"]:
        resolve_review(dict(word.split("=", 1) for word in words))


@pytest.mark.parametrize("command", [command for command in COMMANDS if "train.py" in command])
def test_train_command_is_understood(command: str) -> None:
    words = _words(command)[2:]
    name = words[words.index("-cn") + 1]
    options = [word.partition("=")[0] for word in words if "=" in word]
    paths = list(option_paths(compose_config(name)))
    assert all(any(path == option or path.endswith(f".{option}") for path in paths) for option in options)


def test_the_tree_is_true() -> None:
    tree = README.partition("## Where things are")[2].split("```")[1]
    parent = REPO_ROOT
    for line in tree.strip().splitlines():
        name = line.split()[0]
        folder = parent if line.startswith(" ") else REPO_ROOT
        assert (folder / name).exists(), name
        parent = folder if line.startswith(" ") else REPO_ROOT / name


def test_files_named_in_the_text_are_there() -> None:
    named = set(re.findall(r"`([\w./]+/[\w./]*|[\w/]+\.(?:py|yaml|txt))`", README)) | {
        "LICENSE",
        "configs/inference.yaml",
    }
    made = {".venv", "requirements.txt"}
    assert not [name for name in named - made if not (REPO_ROOT / name).exists()]
    assert (CONFIG_DIR / "inference.yaml").is_file()
    links = re.findall(r"!\[[^\]]*\]\(([^)]+)\)", README)
    assert not [link for link in links if not (REPO_ROOT / link).is_file()]
