"""Options in groups, and which have a use: told from the YAML and the readers, and at one with what is refused."""

from __future__ import annotations

from itertools import product

import pytest

from osu_beatmap.beatmap import GameMode
from pipeline.cli.command_line import compose_config
from pipeline.request.inference_options import READERS
from pipeline.request.option_groups import BASIC, Kind, all_options, option_groups, options_named
from pipeline.request.option_uses import USES, is_of_use
from pipeline.request.options import RequestError
from pipeline.request.resolve import resolve

DEFAULTS = {name: option.default for name, option in all_options().items()}
ASKED = {
    "difficulty": 5,
    "difficulties": "[2,4]",
    "spread": "full",
    "keycount": 4,
    "hold_note_ratio": 0.5,
    "scroll_speed_ratio": 0.5,
    "circle_size": 4,
    "version": "Mine",
    "in_context": "[TIMING]",
    "add_to_beatmap": True,
    "overwrite_reference_beatmap": True,
    "beatmap_path": "map.osu",
    "descriptors": "[tech]",
    "negative_descriptors": "[jumps]",
    "cfg_scale": 2,
    "parity": True,
    "model_path": "OWNER/NAME",
}


def _used(values: dict[str, object], mode: GameMode) -> dict[str, object]:
    filled = {**DEFAULTS, **values}
    return {name: value for name, value in values.items() if is_of_use(name, filled, DEFAULTS, mode)}


def test_every_option_is_in_one_group_with_its_default() -> None:
    assert [option.name for options in option_groups().values() for option in options] == list(all_options())
    assert set(all_options()) == set(READERS)
    assert compose_config("inference") == DEFAULTS
    assert set(BASIC) <= set(READERS)
    assert set(USES) <= set(READERS)


def test_kinds_are_those_of_the_readers() -> None:
    kinds = {name: option.kind for name, option in all_options().items()}
    assert kinds["audio_path"] is Kind.FILE
    assert kinds["output_path"] is Kind.FOLDER
    assert kinds["hitsounded"] is Kind.YES_NO
    assert kinds["seed"] is Kind.WHOLE_NUMBER
    assert kinds["title"] is Kind.TEXT
    assert all_options()["difficulty"].limits == (0, 12)
    assert list(all_options()["precision"].choices) == ["fp32", "bf16", "fp16", "int8"]
    assert list(all_options()["gamemode"].choices) == ["0", "1", "2", "3"]
    assert all(option.choices for option in all_options().values() if option.kind in (Kind.CHOICE, Kind.CHOICES))


@pytest.mark.parametrize("name", [name for name, option in all_options().items() if option.choices])
def test_every_choice_is_understood(name: str) -> None:
    for choice in all_options()[name].choices:
        assert READERS[name](name, choice) is not None


@pytest.mark.parametrize("mode", list(GameMode))
def test_what_has_no_use_in_a_mode_is_what_is_refused_there(mode: GameMode) -> None:
    for name in ("keycount", "hold_note_ratio", "scroll_speed_ratio", "circle_size"):
        values = {"audio_path": "song.mp3", "gamemode": mode.value, name: ASKED[name]}
        if name in _used(values, mode):
            resolve(values)
        else:
            with pytest.raises(RequestError, match=rf"^{name} "):
                resolve(values)


@pytest.mark.parametrize("pair", list(product(ASKED, repeat=2)), ids="-".join)
def test_what_has_a_use_is_not_refused_for_another_option_that_is_missing_or_in_the_way(pair: tuple[str, str]) -> None:
    values = {name: ASKED[name] for name in pair}
    for mode in GameMode:
        used = _used({"audio_path": "song.mp3", **values}, mode)
        resolve({**used, "gamemode": mode.value})


def test_a_need_of_a_need_counts() -> None:
    on = {**DEFAULTS, "difficulty": 5}
    assert is_of_use("difficulty_attempts", on, DEFAULTS, None)
    assert not is_of_use("difficulty_attempts", {**on, "difficulty": None}, DEFAULTS, None)
    assert not is_of_use("difficulty_attempts", {**on, "match_difficulty": "False"}, DEFAULTS, None)
    assert not is_of_use("timesteps", on, DEFAULTS, GameMode.MANIA)
    assert is_of_use("timesteps", on, DEFAULTS, None)


@pytest.mark.parametrize(
    ("sentence", "names"),
    [
        ("GD is the reference for a new map, but MAP is not in output_type.", ["output_type"]),
        ("difficulty must be within 0..12, got 31.", ["difficulty"]),
        ("There is no file at a.png (background).", ["background"]),
        ("reference=true computes in fp32, but precision is bf16.", ["precision", "reference"]),
        ("max_seq_len must be more than twice overlap_buffer (128), got 100.", ["max_seq_len", "overlap_buffer"]),
        ("Nothing is wrong.", []),
    ],
)
def test_options_that_a_sentence_is_about(sentence: str, names: list[str]) -> None:
    assert options_named(sentence) == names
