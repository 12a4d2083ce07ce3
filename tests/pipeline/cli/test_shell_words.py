"""A command line that can be pasted into a shell, and paths that were dragged into one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.cli.shell_words import Shell, assignment, command_line, dropped_path, shell_of_this_terminal
from tests.support.windows_words import through_cmd, windows_words

SONG = "audio_path=A = B [x] (TV Size), it's 50%.mp3"
PRINT_WORDS = "import sys; print(ascii(sys.argv[1:]))"
WORDS = st.lists(st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), max_size=12), min_size=1, max_size=4)


@given(WORDS)
def test_cmd_hands_on_the_same_words(words: list[str]) -> None:
    assert windows_words(through_cmd(command_line(words, Shell.CMD))) == words


@given(WORDS)
def test_the_rest_of_a_powershell_line_is_as_programs_read_it(words: list[str]) -> None:
    line = command_line(["python", *words, 'title="'], Shell.POWERSHELL)
    assert line.startswith("python --% ")
    assert windows_words(line.removeprefix("python --% ")) == [*words, 'title="']


@pytest.mark.parametrize(
    ("shell", "word", "written"),
    [
        (Shell.POSIX, "difficulty=5.5", "difficulty=5.5"),
        (Shell.POSIX, SONG, "'audio_path=A = B [x] (TV Size), it'\"'\"'s 50%.mp3'"),
        (Shell.CMD, "difficulty=5.5", "difficulty=5.5"),
        (Shell.CMD, "output_path=C:\\my maps\\", '"output_path=C:\\my maps\\\\"'),
        (Shell.CMD, "title=R&B", '"title=R&B"'),
        (Shell.CMD, "title=100%", '^"title=100^%^"'),
        (Shell.POWERSHELL, "-cn", "-cn"),
        (Shell.POWERSHELL, "difficulty=5.5", "difficulty=5.5"),
        (Shell.POWERSHELL, "in_context=[TIMING,KIAI]", "'in_context=[TIMING,KIAI]'"),
        (Shell.POWERSHELL, "title=$it’s 'ok'", "'title=$it’’s ''ok'''"),
    ],
)
def test_words_as_shells_want_them(shell: Shell, word: str, written: str) -> None:
    assert command_line(["python", word], shell) == f"python {written}"


def test_a_program_with_spaces_is_called_in_powershell() -> None:
    assert command_line(["C:\\my dir\\python.exe", "a"], Shell.POWERSHELL) == "& 'C:\\my dir\\python.exe' a"


@pytest.mark.parametrize("word", [SONG, 'title="a" & b', "in_context=[TIMING,KIAI]", "output_path=a b\\"])
def test_the_shell_of_this_system_hands_on_the_same_words(word: str) -> None:
    shell = Shell.CMD if os.name == "nt" else Shell.POSIX
    line = command_line([sys.executable, "-c", PRINT_WORDS, word], shell)
    done = subprocess.run(line, shell=True, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ascii([word])


@pytest.mark.parametrize(
    ("value", "word"),
    [
        (None, "x=null"),
        ([], "x=null"),
        (True, "x=true"),
        (["a b", "c"], "x=[a b,c]"),
        (["a,b", "null"], "x=['a,b','null']"),
        ("5.50", "x=5.50"),
        ('"quoted"', "x='\"quoted\"'"),
    ],
)
def test_values_as_words(value: object, word: str) -> None:
    assert assignment("x", value) == word


@pytest.mark.parametrize(
    ("shell", "typed", "meant"),
    [
        (Shell.POSIX, " '/music/it'\\''s (1).mp3' ", "/music/it's (1).mp3"),
        (Shell.POSIX, "/music/it\\'s\\ \\(1\\).mp3", "/music/it's (1).mp3"),
        (Shell.POSIX, "/music/a b.mp3", "/music/a b.mp3"),
        (Shell.POSIX, "/music/it's.mp3", "/music/it's.mp3"),
        (Shell.POSIX, "file:///music/a%20b.mp3", "/music/a b.mp3"),
        (Shell.POSIX, "", ""),
        (Shell.CMD, '"C:\\my music\\a.mp3"', "C:\\my music\\a.mp3"),
        (Shell.POWERSHELL, "& 'C:\\my music\\a.mp3'", "C:\\my music\\a.mp3"),
    ],
)
def test_dragged_files(shell: Shell, typed: str, meant: str) -> None:
    assert dropped_path(typed, shell) == meant


def test_a_name_that_is_there_is_taken_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "'quoted' name.mp3"
    path.touch()
    assert dropped_path(str(path), Shell.POSIX) == str(path)


def test_this_terminal_has_a_shell() -> None:
    assert shell_of_this_terminal() in Shell
