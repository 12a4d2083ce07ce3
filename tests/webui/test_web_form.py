"""The form knows all options, from the definitions of the command line."""

from __future__ import annotations

import pytest

from pipeline.option_values import kind_of
from pipeline.resolve import READERS
from pipeline.review.options import REVIEW_READERS
from webui.form import BASIC, NOT_IN_FORM, form_of

KINDS = {"number", "whole", "yes_no", "text", "path", "list", "choice", "tags"}


def options_of(program):
    return {option["name"]: option for group in form_of(program) for option in group["options"]}


@pytest.mark.parametrize(("program", "readers"), [("generate", READERS), ("review", REVIEW_READERS)])
def test_every_option_is_there(program, readers):
    assert set(options_of(program)) == set(readers) - set(NOT_IN_FORM.get(program, ()))
    assert all(option["kind"] in KINDS and option["about"] for option in options_of(program).values())


def test_every_reader_says_what_it_reads():
    assert all(kind_of(reader).name in KINDS for reader in (*READERS.values(), *REVIEW_READERS.values()))


def test_options_are_for_the_modes_that_take_them():
    options = options_of("generate")
    modes = {name: options[name]["modes"] for name in options}
    assert modes["keycount"] == modes["hold_note_ratio"] == [3]
    assert modes["scroll_speed_ratio"] == [1, 3]
    assert modes["circle_size"] == [0, 1, 2]
    assert modes["diff_ckpt"] == [0, 2]
    assert modes["difficulty"] == modes["audio_path"] == [0, 1, 2, 3]


def test_limits_are_those_of_the_readers():
    options = options_of("generate")
    assert (options["difficulty"]["low"], options["difficulty"]["high"]) == (0, 12)
    assert options["gamemode"]["choices"] == ["0", "1", "2", "3"]
    assert options["output_type"]["choices"] == ["TIMING", "KIAI", "MAP", "SV"]
    assert options["precision"]["default"] == "fp32"


def test_beginners_see_few():
    shown = [name for name, option in options_of("generate").items() if option["basic"] is not None]
    assert set(shown) == set(BASIC) & set(READERS) and len(shown) < 12
