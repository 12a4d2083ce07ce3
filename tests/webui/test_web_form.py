"""The form knows all options, from the definitions of the command line."""

import pytest

from modding.options import REVIEW_READERS
from osu_beatmap.beatmap import GameMode
from pipeline.request.inference_options import READERS
from pipeline.request.option_groups import Kind
from webui.form import BASIC, NOT_FOR_MAPS, NOT_FOR_REVIEWS, find_unused_options, form_of


def options_of(program):
    return {option["name"]: option for group in form_of(program) for option in group["options"]}


@pytest.mark.parametrize(
    ("program", "names"),
    [("generate", set(READERS) - set(NOT_FOR_MAPS)), ("review", set(REVIEW_READERS) - set(NOT_FOR_REVIEWS))],
)
def test_every_option_is_there(program, names):
    assert set(options_of(program)) == names
    kinds = {kind.value for kind in Kind}
    assert all(option["kind"] in kinds and option["about"] for option in options_of(program).values())


def test_limits_and_choices_are_those_of_the_readers_and_beginners_see_few():
    options, review = options_of("generate"), options_of("review")
    assert (options["difficulty"]["low"], options["difficulty"]["high"]) == (0, 12)
    assert options["gamemode"]["choices"] == ["0", "1", "2", "3"]
    assert options["output_type"]["choices"] == ["TIMING", "KIAI", "MAP", "SV"]
    assert (options["precision"]["default"], options["export_osz"]["default"]) == ("fp32", "true")
    assert options["keycount"]["modes"] == [3]
    assert (review["max_per_category"]["low"], review["order"]["choices"]) == (1, ["surprise", "time"])
    assert "new_combos" in review["categories"]["choices"]
    shown = [name for name, option in options_of("generate").items() if option["basic"] is not None]
    assert set(shown) == set(BASIC) & set(READERS) and len(shown) < 12


def test_options_without_a_use_are_told():
    def useless(mode=GameMode.STANDARD, **options):
        return set(find_unused_options(options, mode))

    assert {"keycount", "overwrite_reference_beatmap", "match_difficulty"} <= useless()
    assert "keycount" not in useless(GameMode.MANIA)
    assert "circle_size" in useless(GameMode.MANIA) - useless()
    assert "match_difficulty" not in useless(difficulty="3")
    assert "spread" in useless(difficulty="3")
    assert "add_to_beatmap" not in useless(beatmap_path={"upload": "a", "file": "b"})
