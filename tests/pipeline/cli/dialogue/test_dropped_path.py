"""Files that were dragged into a terminal."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.cli.dialogue.questions import parse_dropped_path


@pytest.mark.parametrize(
    ("on_windows", "typed", "meant"),
    [
        (False, " '/music/it'\\''s (1).mp3' ", "/music/it's (1).mp3"),
        (False, "/music/it\\'s\\ \\(1\\).mp3", "/music/it's (1).mp3"),
        (False, "/music/a b.mp3", "/music/a b.mp3"),
        (False, "/music/it's.mp3", "/music/it's.mp3"),
        (False, "file:///music/a%20b.mp3", "/music/a b.mp3"),
        (False, "", ""),
        (True, '"C:\\my music\\a.mp3"', "C:\\my music\\a.mp3"),
        (True, "& 'C:\\my music\\a.mp3'", "C:\\my music\\a.mp3"),
    ],
)
def test_dragged_files(on_windows: bool, typed: str, meant: str) -> None:
    assert parse_dropped_path(typed, on_windows) == meant


def test_a_name_that_is_there_is_taken_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "'quoted' name.mp3"
    path.touch()
    assert parse_dropped_path(str(path), False) == str(path)
