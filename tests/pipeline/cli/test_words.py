"""Words of the command line as Hydra reads them back, and as shells want them written."""

from __future__ import annotations

import shlex
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser
from hypothesis import given, settings
from hypothesis import strategies as st
from omegaconf import OmegaConf

from pipeline.cli.overrides import override_of
from pipeline.cli.shell_words import assignment, command_line
from pipeline.request.inference_options import InferenceOptions
from pipeline.request.options import RequestError
from tests.support.windows_words import through_cmd, windows_words

LETTERS = st.characters(codec="utf-8", exclude_categories=["Cc"])
TEXT = st.text(LETTERS, max_size=12) | st.text("'\"\\${}[],=x ", max_size=12)
CONFIG = OmegaConf.structured(InferenceOptions)
SONG = "audio_path=A = B [x] (TV Size), it's 50%.mp3"
PRINT_WORDS = "import sys; print(ascii(sys.argv[1:]))"


def read_back(word: str, sweeps: bool = False) -> Any:
    """Return the value of a word after Hydra's parser and OmegaConf, or the values of a sweep."""
    override = OverridesParser.create().parse_override(override_of(word, CONFIG, sweeps))
    if override.is_sweep_override():
        name = override.get_key_element()
        return [read_back(f"{name}={each}") for each in override.sweep_string_iterator()]
    return OmegaConf.to_container(OmegaConf.create({"value": override.value()}), resolve=True)["value"]


@settings(max_examples=40)
@given(TEXT, st.lists(TEXT, min_size=1, max_size=3), st.booleans())
def test_a_printed_command_is_read_back(text: str, items: list[str], for_cmd: bool) -> None:
    line = command_line([assignment("title", text), assignment("descriptors", items)], for_cmd)
    title, descriptors = windows_words(through_cmd(line)) if for_cmd else shlex.split(line)
    assert read_back(title) == (text or None if text != "null" else None)
    assert read_back(descriptors) == items


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


@pytest.mark.parametrize(
    ("word", "values"),
    [
        ("title=***", "***"),
        ("title=a, b ,", ["a", "b"]),
        ("title=", ""),
        ('title="a, b",c', ["a, b", "c"]),
        ("title='a, b', it's", ["a, b", "it's"]),
        ("title=x [y], z (TV Size)", ["x [y]", "z (TV Size)"]),
        ("title=[not closed,b", ["[not closed", "b"]),
        ("descriptors=[a,b],[c]", [["a", "b"], ["c"]]),
        ("seed=1,2", [1, 2]),
        ("seed=range(1,3)", [1, 2]),
        ("title=choice(1,2)", ["1", "2"]),
        ("audio_path=*[1].mp3,'c, d.mp3',none*.mp3", ["a [1].mp3", "b [1].mp3", "c, d.mp3", "none*.mp3"]),
        ("audio_path=c, d.mp3", "c, d.mp3"),
    ],
)
def test_values_of_many_runs(word: str, values: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("b [1].mp3", "a [1].mp3", "c, d.mp3"):
        Path(name).touch()
    Path("folder[1].mp3").mkdir()
    assert read_back(word, sweeps=True) == values


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
        "~rate": "rate=null",
        "b.name=x=y": "b.name='x=y'",
        "hydra.verbose=true": "hydra.verbose=true",
    }
    assert {word: override_of(word, config) for word in words} == words
    with pytest.raises(RequestError, match=r"name can be a\.name or b\.name: say which\."):
        override_of("name=1", config)


@given(st.lists(st.text(LETTERS, max_size=12), min_size=1, max_size=4))
def test_cmd_hands_on_the_same_words(words: list[str]) -> None:
    assert windows_words(through_cmd(command_line(words, for_cmd=True))) == words


@pytest.mark.parametrize(
    ("for_cmd", "word", "written"),
    [
        (False, "difficulty=5.5", "difficulty=5.5"),
        (False, SONG, "'audio_path=A = B [x] (TV Size), it'\"'\"'s 50%.mp3'"),
        (True, "difficulty=5.5", "difficulty=5.5"),
        (True, "-cn", "-cn"),
        (True, "output_path=C:\\my maps\\", '"output_path=C:\\my maps\\\\"'),
        (True, "in_context=[TIMING,KIAI]", '"in_context=[TIMING,KIAI]"'),
        (True, "title=R&B", '"title=R&B"'),
        (True, "title=100%", '^"title=100^%^"'),
    ],
)
def test_words_as_shells_want_them(for_cmd: bool, word: str, written: str) -> None:
    assert command_line(["python", word], for_cmd) == f"python {written}"


@pytest.mark.parametrize("word", [SONG, 'title="a" & b', "in_context=[TIMING,KIAI]", "output_path=a b\\"])
def test_the_shell_of_this_system_hands_on_the_same_words(word: str) -> None:
    line = command_line([sys.executable, "-c", PRINT_WORDS, word])
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
