"""Words of the command line as Hydra reads them back."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser
from hypothesis import given
from hypothesis import strategies as st
from omegaconf import OmegaConf

from pipeline.cli.overrides import full_path, is_in_quotes, override_of, split
from pipeline.cli.shell_words import Shell, assignment, command_line
from pipeline.request.inference_options import InferenceOptions
from pipeline.request.options import RequestError
from tests.support.windows_words import through_cmd, windows_words

LETTERS = st.characters(codec="utf-8", exclude_categories=["Cc"])
TEXT = st.text(LETTERS, max_size=12) | st.text("'\"\\${}[],=x ", max_size=12)
CONFIG = OmegaConf.structured(InferenceOptions)


def read_back(word: str, config: Any = CONFIG, sweeps: bool = False) -> Any:
    """Return the value of a word after Hydra's parser and OmegaConf, or the values of a sweep."""
    text = override_of(word, config, sweeps, {"audio_path"}, "").text
    override = OverridesParser.create().parse_override(text)
    if override.is_sweep_override():
        return [read_back(f"title={each}") for each in override.sweep_string_iterator()]
    return OmegaConf.to_container(OmegaConf.create({"value": override.value()}), resolve=True)["value"]


@given(TEXT)
def test_text_is_taken_as_it_is(text: str) -> None:
    if text not in ("", "null") and not is_in_quotes(text):
        assert read_back(f"title={text}") == text


@pytest.mark.parametrize(
    ("word", "value"),
    [
        (r"audio_path='C:\songs\a [b].mp3'", r"C:\songs\a [b].mp3"),
        (r"audio_path='C:\songs\'", "C:\\songs\\"),
        ('audio_path="it\'s.mp3"', "it's.mp3"),
        ("title=null", None),
        ("title=", ""),
        ("title=007", "007"),
        ("descriptors=['jump aim','style/clean']", ["jump aim", "style/clean"]),
        ("descriptors=[it's, b=c]", ["it's", "b=c"]),
        ("descriptors=jumps,clean", ["jumps", "clean"]),
        ("descriptors=[]", []),
        ("descriptors=[a", "[a"),
        ("difficulties=[1.5,2]", ["1.5", "2"]),
        ("timesteps=[100,0]", [100, 0]),
        ("gamemode=osu!mania", "osu!mania"),
        ("difficulty=5,5", "5,5"),
        ("difficulty=5.5", 5.5),
        ("+seed=3", 3),
        ("++seed=3", 3),
    ],
)
def test_values(word: str, value: object) -> None:
    assert read_back(word) == value


@given(TEXT, st.lists(TEXT, min_size=1, max_size=3), st.sampled_from([Shell.POSIX, Shell.CMD]))
def test_a_printed_command_is_read_back(text: str, items: list[str], shell: Shell) -> None:
    line = command_line([assignment("title", text), assignment("descriptors", items)], shell)
    title, descriptors = shlex.split(line) if shell is Shell.POSIX else windows_words(through_cmd(line))
    assert read_back(title) == (text or None if text != "null" else None)
    assert read_back(descriptors) == items


def test_commas_of_a_sweep_stand_between_values(tmp_path: Path) -> None:
    for name in ("b [1].mp3", "a [1].mp3", "c, d.mp3"):
        (tmp_path / name).touch()
    (tmp_path / "folder.mp3").mkdir()
    songs = f'{tmp_path}/*[1].mp3,"{tmp_path}/c, d.mp3",{tmp_path}/none*.mp3'
    names = [Path(song).name for song in read_back(f"audio_path={songs}", sweeps=True)]
    assert names == ["a [1].mp3", "b [1].mp3", "c, d.mp3", "none*.mp3"]
    assert read_back(f"audio_path={tmp_path}/c, d.mp3", sweeps=True) == f"{tmp_path}/c, d.mp3"
    assert read_back("title=***", sweeps=True) == "***"
    for word in ("seed=1,2", "seed=range(1,3)", "seed=choice(1,2)"):
        override = OverridesParser.create().parse_override(override_of(word, CONFIG, True, (), "").text)
        assert list(override.sweep_string_iterator()) == ["1", "2"]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("a, b ,", ["a", "b"]),
        ("", [""]),
        ("[a,b],[c]", ["[a,b]", "[c]"]),
        ('"a, b",c', ['"a, b"', "c"]),
        ("'a, b', it's", ["'a, b'", "it's"]),
        ("x [y], z (TV Size)", ["x [y]", "z (TV Size)"]),
        ("[not closed,b", ["[not closed", "b"]),
    ],
)
def test_parts_of_a_text(text: str, parts: list[str]) -> None:
    assert split(text) == parts


@dataclass
class Inner:
    rate: float = 0.1
    name: str = ""


@dataclass
class Outer:
    rate: float | None = None
    sizes: dict[str, Any] = field(default_factory=dict)
    a: Inner = field(default_factory=Inner)
    b: Inner = field(default_factory=Inner)
    steps: int = 3


def test_options_in_groups() -> None:
    config = OmegaConf.structured(Outer)
    words = {
        "a.rate=2": "a.rate=2",
        "rate=2": "rate=2",
        "sizes.d=3": "++sizes.d=3",
        "sizes={d: 3}": "++sizes={d: 3}",
        "~steps": "~steps",
        "~steps=3": "~steps",
        "~rate": "",
        "b.name=x=y": "b.name='x=y'",
        "hydra.verbose=true": "hydra.verbose=true",
    }
    assert {word: override_of(word, config, False, (), "").text for word in words} == words


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("name", r"name can be a\.name or b\.name: say which\."),
        ("a", r"a is a group of options: write a\.NAME=VALUE\."),
        ("a.rat", r"There is no option a\.rat; did you mean"),
        ("stesp", "There is no option stesp; did you mean steps?"),
        ("zzz", "There is no option zzz; look"),
    ],
)
def test_names_that_are_wrong(name: str, sentence: str) -> None:
    with pytest.raises(RequestError, match=sentence):
        override_of(f"{name}=1", OmegaConf.structured(Outer), False, (), "look")


def test_the_path_of_a_last_name() -> None:
    assert full_path("total_steps", ["loop.total_steps", "seed"]) == "loop.total_steps"
