"""Which human chart a map is compared with."""

from dataclasses import replace

import pytest

from evaluation.generate_maps import GeneratedMap, load_manifest, middle_span_ms, options_like, save_manifest
from evaluation.pair_charts import HumanCharts, MapFile, map_files, pairings
from osu_beatmap.attributes import Attributes
from osu_beatmap.beatmap import Difficulty, GameMode
from osu_beatmap.files.archive import write_osz
from osu_beatmap.files.writer import save_beatmap, write_beatmap
from pipeline.request.resolve import resolve
from tests.evaluation.probe_maps import chart_of

MANIA = GameMode.MANIA


def save(folder, name, beatmap, audio=b"", **metadata):
    """Writes a map, and its audio beside it if it has any."""
    folder.mkdir(parents=True, exist_ok=True)
    beatmap = replace(beatmap, metadata=replace(beatmap.metadata, **metadata), audio_filename=f"{folder.name}.mp3")
    save_beatmap(beatmap, folder / name)
    if audio:
        (folder / beatmap.audio_filename).write_bytes(audio)
    return folder / name


@pytest.fixture
def humans(tmp_path):
    """Two songs; the first with charts of two modes and several levels."""
    folder, mania = tmp_path / "human", chart_of(MANIA, 1).beatmap
    few = replace(mania, hit_objects=mania.hit_objects[::5])
    seven = replace(mania, difficulty=Difficulty(circle_size=7.0))
    save(folder / "one", "hard.osu", mania, b"first song", title="First", version="Hard")
    save(folder / "one", "easy.osu", few, title="First", version="Easy")
    save(folder / "one", "seven.osu", seven, title="First", version="Seven")
    save(folder / "one", "taiko.osu", chart_of(GameMode.TAIKO, 1).beatmap, title="First", version="Oni")
    save(folder / "two", "other.osu", chart_of(MANIA, 2).beatmap, b"second song", title="Second", version="Hard")
    return folder


def matched(humans, path):
    file = MapFile(path)
    found = HumanCharts(humans).find_pair(file.read(), path.parent)
    return found and found.name


def test_a_song_is_known_by_its_audio_before_its_title(humans, tmp_path):
    beatmap = chart_of(MANIA, 3).beatmap
    assert matched(humans, save(tmp_path / "a", "x.osu", beatmap, b"second song", title="First")) == "other.osu"
    assert matched(humans, save(tmp_path / "b", "x.osu", beatmap, title="SECOND (TV Size)")) == "other.osu"
    assert matched(humans, save(tmp_path / "c", "x.osu", beatmap, b"neither", title="Third")) is None


def test_a_chart_is_known_by_its_mode_keys_name_and_stars(humans, tmp_path):
    few = replace(chart_of(MANIA, 1).beatmap, hit_objects=chart_of(MANIA, 1).beatmap.hit_objects[::5])
    named = save(tmp_path / "a", "x.osu", few, title="First", version="Hard")
    unnamed = save(tmp_path / "b", "x.osu", few, title="First", version="Whatever")
    seven = save(tmp_path / "c", "x.osu", replace(few, difficulty=Difficulty(circle_size=7.0)), title="First")
    taiko = save(tmp_path / "d", "x.osu", chart_of(GameMode.TAIKO, 1).beatmap, title="First")
    catch = save(tmp_path / "e", "x.osu", chart_of(GameMode.CATCH, 1).beatmap, title="First")
    assert [matched(humans, path) for path in (named, unnamed, seven, taiko, catch)] == [
        "hard.osu",
        "easy.osu",
        "seven.osu",
        "taiko.osu",
        None,
    ]


def test_maps_of_a_folder_and_what_is_left_out_of_it(humans, tmp_path):
    folder = tmp_path / "maps"
    save(folder / "deep", "x.osu", chart_of(MANIA, 1).beatmap, title="First")
    save(folder, "unknown.osu", chart_of(MANIA, 1).beatmap, title="Nobody knows")
    (folder / "broken.osu").write_text("no beatmap", encoding="utf-8")
    (folder / "broken.osz").write_bytes(b"no archive")
    text = write_beatmap(chart_of(MANIA, 2).beatmap).encode()
    write_osz(folder / "one.osz", {"inside.osu": text, "unknown.osu": text})
    skipped = []
    pairs = list(pairings(folder, humans, skipped))
    assert [(pair.generated.path.name, pair.human_path.name) for pair in pairs] == [("x.osu", "hard.osu")]
    assert sorted(reason.split(":")[0].split("/")[-1] for reason in skipped) == [
        "broken.osu",
        "broken.osz",
        "one.osz [inside.osu]",
        "unknown.osu",
    ]
    assert len(list(pairings(folder, None, []))) == 3
    assert [file.entry for file in map_files(folder, []) if file.entry] == ["inside.osu"]


def test_a_manifest_survives_its_file(humans, tmp_path):
    folder = tmp_path / "maps"
    path = save(folder / "song", "map.osu", chart_of(MANIA, 1).beatmap)
    human = humans / "one" / "hard.osu"
    asked = Attributes(MANIA, difficulty=3.0, key_count=4, descriptors=("x",))
    made = [
        GeneratedMap(human, humans / "one" / "one.mp3", (1000, 21_000), path, asked, 2.5),
        GeneratedMap(humans / "two" / "other.osu", humans / "two" / "two.mp3", None, error="The model found nothing."),
    ]
    save_manifest(made, folder)
    assert load_manifest(folder) == made
    skipped = []
    (pair,) = pairings(folder, None, skipped)
    assert (pair.human_path, pair.requested, pair.span_ms) == (human, asked, (1000, 21_000))
    assert all(1000 <= obj.time_ms < 21_000 for obj in pair.human().objects)
    assert skipped == ["other.osu: The model found nothing."]


@pytest.mark.parametrize("mode", list(GameMode))
def test_what_is_asked_for_is_what_the_human_chart_is_like(mode):
    human = chart_of(mode, 1)
    request = resolve({"audio_path": "song.mp3"} | options_like(human.beatmap))
    assert request.attributes().mode is mode
    assert request.map.difficulty == pytest.approx(human.stars, abs=0.01)
    assert request.map.keycount == (4 if mode is MANIA else None)
    assert request.map.hold_note_ratio == human.attributes.hold_note_ratio
    assert request.map.version == "Mine"


def test_an_excerpt_is_the_middle_of_a_chart():
    beatmap = chart_of(MANIA, 1).beatmap
    start_ms, end_ms = middle_span_ms(beatmap, 20.0)
    first_ms, last_ms = beatmap.hit_objects[0].time_ms, beatmap.hit_objects[-1].time_ms
    assert end_ms - start_ms == 20_000
    assert (start_ms + end_ms) / 2 == pytest.approx((first_ms + last_ms) / 2, abs=1.0)
    assert middle_span_ms(beatmap, 1000.0) is None
    assert middle_span_ms(beatmap, None) is None
