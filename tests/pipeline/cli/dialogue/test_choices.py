"""What was chosen in a dialogue: what has a use, what is wrong and asked for again, and the command in the end."""

from __future__ import annotations

from pathlib import Path

import pytest

from osu_beatmap.beatmap import Beatmap, Circle, GameMode, TimingPoint
from osu_beatmap.files.writer import save_beatmap
from pipeline.cli.command_line import compose_config
from pipeline.cli.dialogue.choices import Choices


@pytest.fixture
def wish(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Choices:
    """A wish in a folder that has a song."""
    monkeypatch.chdir(tmp_path)
    Path("song.mp3").touch()
    return Choices("inference", compose_config("inference"))


@pytest.fixture
def taiko_map(tmp_path: Path) -> str:
    path = tmp_path / "map.osu"
    objects = [Circle(0, 0, 0)]
    lines = [TimingPoint(0, 500)]
    save_beatmap(
        Beatmap(mode=GameMode.TAIKO, audio_filename="song.mp3", timing_points=lines, hit_objects=objects), path
    )
    return str(path)


def test_defaults_are_left_out_of_the_command(wish: Choices) -> None:
    for name, value in {
        "audio_path": "song.mp3",
        "temperature": None,
        "seed": "7",
        "hitsounded": None,
        "in_context": [],
        "export_osz": True,
        "difficulty": "5.5",
        "gamemode": "0",
    }.items():
        wish.choose(name, value)
    assert wish.problem() is None
    assert wish.words() == ["audio_path=song.mp3", "difficulty=5.5", "seed=7"]


def test_a_configuration_is_named_and_what_it_sets_can_be_taken_back(wish: Choices) -> None:
    published = Choices("inference_v28", compose_config("inference_v28"))
    published.choose("audio_path", "song.mp3")
    published.choose("temperature", "1")
    assert published.words() == ["-cn", "inference_v28", "audio_path=song.mp3"]
    published.choose("temperature", None)
    published.choose("model_path", None)
    assert published.words() == ["-cn", "inference_v28", "audio_path=song.mp3", "temperature=null", "model_path=null"]


def test_what_has_lost_its_use_is_no_longer_asked_for(wish: Choices) -> None:
    wish.choose("audio_path", "song.mp3")
    wish.choose("gamemode", 3)
    assert wish.list_remaining(["keycount", "circle_size", "timesteps"]) == ["keycount"]
    wish.choose("keycount", "4")
    assert wish.words() == ["audio_path=song.mp3", "gamemode=3", "keycount=4"]
    wish.choose("gamemode", None)
    assert wish.problem() is None
    assert wish.words() == ["audio_path=song.mp3"]


def test_a_reference_map_gives_song_and_mode(wish: Choices, taiko_map: str) -> None:
    wish.choose("beatmap_path", taiko_map)
    assert wish.mode() is GameMode.TAIKO
    assert "scroll_speed_ratio" in wish.useful()
    assert "keycount" not in wish.useful()
    assert "in_context" in wish.useful()
    assert wish.problem() is None
    wish.choose("gamemode", 0)
    assert wish.words() == [f"beatmap_path={taiko_map}", "gamemode=0"]


def test_wrong_values_are_asked_for_again(wish: Choices, taiko_map: str) -> None:
    wish.choose("audio_path", "song.mp3")
    wish.choose("difficulty", "31")
    assert wish.options_to_ask_again("difficulty", []) == (["difficulty"], "difficulty must be within 0..12, got 31.")
    wish.choose("difficulty", None)
    wish.choose("audio_path", "no song (1).mp3")
    again = wish.options_to_ask_again("audio_path", [])
    assert again == (["audio_path"], "There is no file at no song (1).mp3 (audio_path).")
    Path("song.osu").write_text("not a map", encoding="utf-8")
    wish.choose("audio_path", None)
    wish.choose("beatmap_path", "song.osu")
    assert wish.mode() is None
    assert wish.problem()


def test_values_that_must_fit_each_other_are_judged_together(wish: Choices) -> None:
    assert wish.options_to_ask_again(None, ["audio_path"]) is None
    wish.choose("audio_path", None)
    assert wish.options_to_ask_again("audio_path", ["beatmap_path"]) is None
    wish.choose("beatmap_path", None)
    again, sentence = wish.options_to_ask_again("beatmap_path", [])
    assert again == ["audio_path", "beatmap_path"]
    assert sentence.startswith("audio_path is missing")

    wish.choose("audio_path", "song.mp3")
    wish.choose("lookback", "0.8")
    assert wish.options_to_ask_again("lookback", ["lookahead"]) is None
    wish.choose("lookahead", "0.3")
    assert wish.options_to_ask_again("lookahead", [])[0] == ["lookback", "lookahead"]
    wish.choose("lookahead", "0.1")
    assert wish.problem() is None
