"""The order of the dialogue: every option has its turn where it has a use, and nothing else is asked for."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from osu_beatmap.beatmap import GameMode
from pipeline.cli.dialogue import conversation as dialogue
from pipeline.cli.dialogue.choices import Choices
from pipeline.cli.dialogue.conversation import LEAVE, MORE, PRINT, converse, model_choices
from pipeline.request.option_groups import BASIC, Option, all_options, option_groups
from pipeline.request.option_uses import USES

OPENING = {
    "beatmap_path": "map.osu",
    "descriptors": ["tech"],
    "negative_descriptors": ["jumps"],
    "cfg_scale": "2",
    "add_to_beatmap": True,
    "super_timing": True,
    "model_path": ".",
    "spread": "full",
}
"""Answers that give other options a use."""

Script = Callable[..., list[str]]


@pytest.fixture
def converse_with(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Script:
    """A dialogue in which options are answered from a table and steps are given; returns what was requested."""
    monkeypatch.chdir(tmp_path)
    Path("song.mp3").touch()

    def script(answers: dict[str, object], steps: list[str], given: dict[str, object] | None = None) -> list[str]:
        asked: list[str] = []
        remaining = {name: list(value) if isinstance(value, tuple) else [value] for name, value in answers.items()}

        def ask(option: Option, wish: Choices) -> object:
            asked.append(option.name)
            left = remaining.get(option.name, [])
            return left.pop(0) if left else wish.value(option.name)

        choices = iter(["inference", *steps])
        monkeypatch.setattr(dialogue, "ask", ask)
        monkeypatch.setattr(dialogue, "say", lambda text, *_: print(text))
        monkeypatch.setattr(dialogue, "choose", lambda *_, **__: next(choices))
        monkeypatch.setattr(dialogue, "tick", lambda _, shown: [choice.value for choice in shown])
        assert converse("inference", given or {}) == 0
        return asked

    return script


def test_basic_options_come_first_and_each_once(converse_with: Script) -> None:
    asked = converse_with({"audio_path": "song.mp3"}, [MORE, LEAVE])
    basic = ["audio_path", "beatmap_path", "gamemode", "difficulty", "spread", "descriptors", "output_path"]
    assert asked[: len(basic)] == basic
    assert len(asked) == len(set(asked))
    assert not {"keycount", "in_context", "timer_iterations", "scroll_speed_ratio"} & set(asked)


def test_every_option_of_the_configuration_is_asked_for_in_some_dialogue(
    converse_with: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files that do not matter here are not looked for."""
    monkeypatch.setattr(Choices, "problem", lambda self: None)
    asked: set[str] = set()
    for mode in GameMode:
        for answers in ({}, {"difficulty": "5"}, OPENING, {**OPENING, "spread": None}):
            asked |= set(converse_with({"gamemode": mode.value, **answers}, [MORE, LEAVE]))
    assert asked == set(all_options())


@pytest.mark.parametrize("mode", list(GameMode))
def test_what_a_mode_has_no_use_for_is_not_asked_for(converse_with: Script, mode: GameMode) -> None:
    asked = set(converse_with({"audio_path": "song.mp3", "gamemode": mode.value, "difficulty": "5"}, [MORE, LEAVE]))
    for name, use in USES.items():
        if mode not in use.modes:
            assert name not in asked
        elif not (use.needs or use.excludes):
            assert name in asked


def test_what_is_given_is_not_asked_for_unless_it_is_wrong(
    converse_with: Script, capsys: pytest.CaptureFixture[str]
) -> None:
    given = {"audio_path": "song.mp3", "gamemode": "3", "keycount": "40"}
    asked = converse_with({"keycount": "4"}, [PRINT], given)
    assert asked[0] == "keycount"
    assert not {"audio_path", "gamemode"} & set(asked)
    shown = capsys.readouterr().out
    assert "keycount must be within 1..18, got 40." in shown
    assert shown.splitlines()[-1].endswith("audio_path=song.mp3 gamemode=3 keycount=4")


def test_a_wrong_answer_is_asked_for_again(converse_with: Script, capsys: pytest.CaptureFixture[str]) -> None:
    asked = converse_with({"audio_path": ("", "no.mp3", "song.mp3"), "difficulty": ("hard", "5")}, [PRINT])
    assert asked[:5] == ["audio_path", "beatmap_path", "audio_path", "audio_path", "beatmap_path"]
    assert asked.count("difficulty") == 2
    shown = capsys.readouterr().out
    assert "audio_path is missing" in shown
    assert "There is no file at no.mp3 (audio_path)." in shown
    assert "difficulty must be a number within 0..12, got hard." in shown
    assert shown.splitlines()[-1].endswith("audio_path=song.mp3 difficulty=5")


def test_models_are_told_apart() -> None:
    choices = model_choices()
    assert set(choices) == {path.stem for path in dialogue.CONFIG_DIR.glob("inference*.yaml")}
    assert len(set(choices.values())) == len(choices)
    assert not any(text.startswith("#") for text in choices.values())


def test_every_group_has_more_than_its_basic_options() -> None:
    assert all({option.name for option in options} - set(BASIC) for options in option_groups().values())


@pytest.mark.skipif(os.name == "nt", reason="sends a POSIX signal")
def test_an_interrupt_of_the_program_does_not_end_the_dialogue():
    interrupts = []
    before = signal.signal(signal.SIGINT, lambda *_: interrupts.append(1))
    try:
        assert dialogue._run([sys.executable, "-c", "import os; os.kill(os.getppid(), 2); raise SystemExit(3)"]) == 3
        assert not interrupts
        os.kill(os.getpid(), signal.SIGINT)
        assert interrupts, "after it, the former handler is back"
    finally:
        signal.signal(signal.SIGINT, before)
