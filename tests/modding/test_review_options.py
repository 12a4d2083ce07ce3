"""Options of a review: the file that users read, the readers and the request say the same."""

import pytest

from modding.aspects import Category
from modding.options import ReviewRequest, check_review_files, option_names, resolve_review
from pipeline.cli.command_line import compose_config
from pipeline.request.options import RequestError

MAP = {"beatmap_path": "map.osu"}


def test_the_yaml_shows_the_defaults_and_values_are_read():
    shown = compose_config("mai_mod")
    assert set(shown) == set(option_names())
    assert resolve_review({**shown, **MAP}) == resolve_review(MAP)
    request = resolve_review(
        {**MAP, "categories": "[rhythm,New_Combos]", "apply": "[rhythm-1,timing-map]", "output": "MD"}
    )
    assert request.categories == (Category.RHYTHM, Category.NEW_COMBOS)
    assert request.apply == ("rhythm-1", "timing-map")
    assert isinstance(request, ReviewRequest)


@pytest.mark.parametrize(
    ("flat", "words"),
    [
        ({}, "beatmap_path is missing"),
        ({**MAP, "categories": "[rythm]"}, "categories must be a list of timing"),
        ({**MAP, "start_time": 5, "end_time": 5}, "end_time must be later"),
        ({**MAP, "output": "html"}, "output_file=report.html"),
        ({**MAP, "output": "pdf"}, "output must be one of text, json, md, html"),
        ({**MAP, "beatmap": "x"}, "did you mean beatmap_path"),
        ({**MAP, "max_per_category": 0}, "max_per_category must be 1 or more"),
    ],
)
def test_wrong_values_get_one_sentence(flat, words):
    with pytest.raises(RequestError, match=words):
        resolve_review(flat)


def test_files_are_checked_first(tmp_path):
    with pytest.raises(RequestError, match="There is no file or folder"):
        check_review_files(resolve_review({"beatmap_path": tmp_path / "no.osu"}))
    with pytest.raises(RequestError, match="apply is for one map"):
        check_review_files(resolve_review({"beatmap_path": tmp_path, "apply": "[rhythm-1]"}))
    other = tmp_path / "map.mp3"
    other.touch()
    with pytest.raises(RequestError, match=r"must be a \.osu file, a folder or an \.osz"):
        check_review_files(resolve_review({"beatmap_path": other}))
