"""Values of one command line -> many runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.cli.sweep import choices, combinations, split
from pipeline.request.options import RequestError


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("a", ["a"]),
        ("a,b", ["a", "b"]),
        ("a, b ,", ["a", "b"]),
        ("", [""]),
        ("[a,b]", ["[a,b]"]),
        ("[a,b],[c]", ["[a,b]", "[c]"]),
        ('"a, b",c', ['"a, b"', "c"]),
        ("'a, b', it's", ["'a, b'", "it's"]),
        ("x [y], z (TV Size)", ["x [y]", "z (TV Size)"]),
        ("[not closed,b", ["[not closed", "b"]),
    ],
)
def test_commas_stand_between_values(text: str, parts: list[str]) -> None:
    assert split(text) == parts


def test_every_combination_the_first_slowest() -> None:
    found = combinations([("difficulty", "2,4"), ("gamemode", "3"), ("seed", "1,2")])
    assert [[value for _, value in words] for words in found] == [
        ["2", "3", "1"], ["2", "3", "2"], ["4", "3", "1"], ["4", "3", "2"],
    ]  # fmt: skip


def test_patterns_stand_for_files(tmp_path: Path) -> None:
    for name in ("b [1].mp3", "a [1].mp3", "c.ogg"):
        (tmp_path / name).touch()
    (tmp_path / "folder.mp3").mkdir()
    found = choices("audio_path", f"{tmp_path}/*[1].mp3,{tmp_path}/c.ogg", is_path=True)
    assert [Path(name).name for name in found] == ["a [1].mp3", "b [1].mp3", "c.ogg"]
    assert choices("title", "***", is_path=False) == ["***"]
    with pytest.raises(RequestError, match=r"^audio_path: no file fits .*\.wav\.$"):
        choices("audio_path", f"{tmp_path}/*.wav", is_path=True)


def test_the_name_of_a_file_is_one_value(tmp_path: Path) -> None:
    song = tmp_path / "one, two.mp3"
    song.touch()
    assert choices("audio_path", str(song), is_path=True) == [str(song)]
