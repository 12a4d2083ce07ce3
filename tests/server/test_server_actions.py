"""What the worker does, in this process, with the embedded model: a map, a part of it anew, a review, its fixes."""

import base64
import io
import json
from dataclasses import replace
from pathlib import Path

import pytest

from osu_beatmap.beatmap import GameMode
from osu_beatmap.files.archive import read_osz, write_osz
from osu_beatmap.files.reader import read_beatmap
from pipeline.generation.model_cache import keep_models, release_models
from pipeline.request.options import RequestError
from server.processing import actions
from server.processing.worker import Cancelled, Task
from tests.support.songs import write_regular_mapset


@pytest.fixture(scope="module")
def mapset(tmp_path_factory):
    """A song at 150 BPM with a chart that has an object off its beat."""
    keep_models()
    yield write_regular_mapset(tmp_path_factory.mktemp("mapset"), GameMode.STANDARD, error_ms=11.0)
    release_models()


@pytest.fixture(scope="module")
def jobs(tmp_path_factory):
    return tmp_path_factory.mktemp("jobs")


def performed(jobs: Path, kind: str, name: str, parent: Path | None = None, **options) -> tuple[dict, Path]:
    """The result of an action, and its folder."""
    folder = jobs / name
    folder.mkdir()
    task = Task(name, kind, {"device": "cpu", **options}, folder, parent, io.StringIO(), set())
    result = actions.ACTIONS[kind](task)
    json.dumps(result)
    return result, folder


@pytest.fixture(scope="module")
def made(mapset, jobs):
    song = str(mapset / "audio.ogg")
    return performed(jobs, "generate", "made", audio_path=song, difficulty="3", seed="1", match_difficulty="false")


@pytest.fixture(scope="module")
def reviewed(mapset, jobs):
    return performed(jobs, "review", "reviewed", beatmap_path=str(mapset / "STANDARD.osu"))


def test_a_map_is_made_and_can_be_gone_on_from(made):
    result, folder = made
    (shown,) = result["maps"]
    assert shown["stars"] > 0 and sum(shown["counts"].values()) > 0
    assert {Path(each["name"]).suffix for each in result["files"]} == {".osz", ".osu"}
    assert read_beatmap(folder / "maps" / shown["name"]).hit_objects
    assert (folder / "maps" / shown["audio"]).is_file()
    assert result["seed"] == 1 and result["asked_stars"] == 3.0


def test_a_part_is_made_anew_in_a_version_of_its_own(made, jobs):
    result, folder = made
    name = result["maps"][0]["name"]
    options = {"beatmap_path": str(folder / "maps" / name), "add_to_beatmap": "true", "seed": "2"}
    new, other = performed(jobs, "generate", "part", folder, start_time="4000", end_time="8000", **options)
    assert new["span"] == [4000, 8000] and [each["name"] for each in new["maps"]] == [name]
    before, after = (read_beatmap(place / "maps" / name) for place in (folder, other))
    outside = [[obj for obj in one.hit_objects if not 4000 <= obj.time_ms < 8000] for one in (before, after)]
    assert [obj.time_ms for obj in outside[0]] == [obj.time_ms for obj in outside[1]]
    assert before.hit_objects != after.hit_objects
    (osz,) = (other / "result").glob("*.osz")
    packed = read_osz(osz)
    assert list(packed.beatmaps) == [name] and packed.find(after.audio_filename)


def test_a_difficulty_of_a_mapset_goes_into_it(mapset, jobs, tmp_path):
    """As an upload has it: the .osz, and beside it what it holds."""
    write_osz(tmp_path / "set.osz", {name: mapset / name for name in ("STANDARD.osu", "audio.ogg")})
    read_osz(tmp_path / "set.osz").extract_maps(tmp_path)
    options = {"beatmap_path": str(tmp_path / "STANDARD.osu"), "in_context": ["TIMING"], "difficulty": "2"}
    result, folder = performed(jobs, "generate", "guest", match_difficulty="false", seed="1", **options)
    (osz,) = (each["name"] for each in result["files"] if each["name"].endswith(".osz"))
    assert osz == "set.osz" and len(result["maps"]) == 1
    packed = read_osz(folder / "result" / osz)
    assert len(packed.beatmaps) == 2 and {each.audio_filename for each in packed.beatmaps.values()} == {"audio.ogg"}
    assert packed.read_bytes("STANDARD.osu") == (mapset / "STANDARD.osu").read_bytes()


def test_a_mapset_is_shown_easiest_first(mapset, jobs):
    options = {"difficulties": ["4", "1.5"], "difficulty_attempts": "1", "seed": "1", "end_time": "5000"}
    result, _ = performed(jobs, "generate", "set", audio_path=str(mapset / "audio.ogg"), **options)
    stars = [each["stars"] for each in result["maps"]]
    assert len(stars) == 2 and stars == sorted(stars)
    assert [Path(each["name"]).suffix for each in result["files"]] == [".osz"]


def test_results_are_copied_to_where_they_are_wanted(mapset, jobs, tmp_path):
    options = {"output_path": str(tmp_path / "mine"), "output_type": ["TIMING"], "export_osz": "false"}
    for number in (1, 2):
        result, _ = performed(jobs, "generate", f"copied{number}", audio_path=str(mapset / "audio.ogg"), **options)
        assert all(Path(copy).is_file() for copy in result["copies"])
    assert len(list((tmp_path / "mine").iterdir())) == 2


def test_a_song_is_timed_for_those_who_correct_it(mapset, jobs):
    song = str(mapset / "audio.ogg")
    performed(jobs, "timing", "timed", audio_path=song, analysis_path=str(jobs / "analysis.json"))
    found = json.loads((jobs / "analysis.json").read_text(encoding="utf-8"))
    assert found["lines"][0]["bpm"] == pytest.approx(150, abs=0.1) and found["is_steady"]
    assert found["candidates"][0]["ratio"] == 1.0
    for name in ("loudness", "beats"):
        assert len(base64.b64decode(found[name])) == pytest.approx(found["song_ms"] / found[f"{name}_step_ms"], abs=2)


def test_a_review_says_what_mai_mod_says(reviewed):
    result, folder = reviewed
    (review,) = json.loads((folder / actions.REVIEW_FILE).read_text(encoding="utf-8"))
    assert review["map"] == "STANDARD.osu" == result["maps"][0]["name"]
    assert result["suggestions"] == len(review["suggestions"])
    assert {each["name"] for each in result["files"]} == {"review.html", "review.json", "review.md"}
    assert any(each["rule"] == "unsnapped" and each["fix"] for each in review["suggestions"])


@pytest.mark.parametrize("is_remembered", [True, False])
def test_fixes_of_a_review_are_applied_to_a_copy(reviewed, jobs, is_remembered, monkeypatch):
    """Whether the process that made the review is still there or not."""
    _, folder = reviewed
    if not is_remembered:
        monkeypatch.setattr(actions, "_reviews", {})
    (review,) = json.loads((folder / actions.REVIEW_FILE).read_text(encoding="utf-8"))
    off = next(each["id"] for each in review["suggestions"] if each["rule"] == "unsnapped")
    result, other = performed(jobs, "apply", f"applied{is_remembered}", folder, map="STANDARD.osu", apply=[off])
    assert result["applied"] == [off]
    mended = read_beatmap(other / "maps" / result["maps"][0]["name"])
    assert mended.hit_objects[15].time_ms == 7000.0
    assert read_beatmap(folder / "maps" / "STANDARD.osu").hit_objects[15].time_ms == 7011.0
    assert {Path(each["name"]).suffix for each in result["files"]} == {".osz", ".osu"}


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"map": "../STANDARD.osu", "apply": ["a"]}, "name one of its maps"),
        ({"map": "STANDARD.osu"}, "apply is empty"),
        ({"map": "STANDARD.osu", "apply": ["rhythm-1"]}, "There is no suggestion rhythm-1"),
    ],
)
def test_fixes_that_there_are_not_are_named(reviewed, jobs, options, sentence):
    with pytest.raises(RequestError, match=sentence):
        performed(jobs, "apply", f"wrong{len(sentence)}", reviewed[1], **options)


def test_a_cancelled_job_ends_where_it_says_how_far_it_is(tmp_path, mapset):
    task = Task("x", "generate", {"audio_path": str(mapset / "audio.ogg")}, tmp_path, None, io.StringIO(), set())
    replace(task, cancelled=set()).progress("map", 0, 2)
    with pytest.raises(Cancelled):
        replace(task, cancelled={"x"}).progress("map", 1, 2)
