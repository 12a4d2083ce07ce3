"""A whole mapset: one timing, one kiai, one .osz, and sounds that agree."""

import json
import zipfile
from dataclasses import replace

import pytest

from osu_beatmap.beatmap import Circle, GameMode, HitSound, Slider
from osu_beatmap.files.reader import parse_beatmap
from osu_beatmap.timing.active_point import Timing
from pipeline.cli.progress_bar import mapset_summary
from pipeline.generation.hitsounds import with_shared_sounds
from pipeline.generation.mapset import difficulties_of, generate_mapset, group_notes, version_names
from pipeline.request.options import RequestError
from pipeline.request.resolve import resolve
from tests.support.reference_songs import make_mapset, reference_map

pytestmark = pytest.mark.usefixtures("random_times")


@pytest.fixture(scope="module")
def song(tmp_path_factory):
    return make_mapset(tmp_path_factory.mktemp("maps") / "set", GameMode.MANIA).with_name("audio.ogg")


def mapset(model, song, output, **options):
    flat = {"audio_path": str(song), "model_path": str(model), "output_path": str(output), "device": "cpu", "seed": 7}
    wild = {"gamemode": 1, "lookback": 0.2, "lookahead": 0.2, "difficulty_attempts": 1}
    return generate_mapset(resolve({**flat, **wild, **options}))


def test_each_difficulty_has_a_report_on_request(model, song, tmp_path):
    result = mapset(model, song, tmp_path, difficulties="[1.5,3]", report=True)
    reports = [json.loads(path.read_text(encoding="utf-8")) for path in result.report_paths]
    assert [report["star_rating"]["asked"] for report in reports] == [1.5, 3.0]
    assert [report["star_rating"]["reached"] for report in reports] == result.star_ratings
    with zipfile.ZipFile(result.osz_path) as archive:
        assert {report["map"] for report in reports} <= set(archive.namelist())
    assert all(path.with_suffix(".png").is_file() for path in result.report_paths)


def test_difficulties_share_all_but_their_objects(model, song, tmp_path):
    result = mapset(model, song, tmp_path, difficulties="[1.5,3,5]")
    with zipfile.ZipFile(result.osz_path) as archive:
        names = [name for name in archive.namelist() if name.endswith(".osu")]
        maps = [parse_beatmap(archive.read(name).decode("utf-8")) for name in names]
        assert all(beatmap.audio_filename in archive.namelist() for beatmap in maps)
    assert [path.name for path in tmp_path.iterdir()] == [result.osz_path.name]
    assert len({beatmap.metadata.version for beatmap in maps}) == 3
    for beatmap in maps:
        assert beatmap.hit_objects
        assert beatmap.metadata.title == maps[0].metadata.title
        assert beatmap.preview_time_ms == maps[0].preview_time_ms
        reds = [line for line in beatmap.timing_points if line.uninherited]
        assert [(r.time_ms, r.beat_length_ms) for r in reds] == [
            (r.time_ms, r.beat_length_ms) for r in maps[0].timing_points if r.uninherited
        ]
        kiai = [Timing(one.timing_points).kiai_at(t) for one in (beatmap, maps[0]) for t in range(0, 16_000, 100)]
        assert kiai[: len(kiai) // 2] == kiai[len(kiai) // 2 :]
    assert all(f"[{beatmap.metadata.version}]" in mapset_summary(result) for beatmap in maps)


def test_a_difficulty_does_not_depend_on_the_others(model, song, tmp_path):
    one = mapset(model, song, tmp_path / "a", difficulties="[2,4]", export_osz=False)
    two = mapset(model, song, tmp_path / "b", difficulties="[4,5]", export_osz=False)
    assert [obj.time_ms for obj in one.beatmaps[1].hit_objects] == [obj.time_ms for obj in two.beatmaps[0].hit_objects]
    assert len(one.osu_paths) == 2
    assert one.osz_path is None
    assert all(path.is_file() for path in [*one.osu_paths, *two.osu_paths])


@pytest.mark.parametrize("mode", list(GameMode))
def test_a_full_spread_has_the_levels_of_the_mode(mode):
    stars = difficulties_of(resolve({"audio_path": "a.mp3", "gamemode": int(mode), "spread": "full"}))
    assert list(stars) == sorted(stars)
    names = version_names([reference_map(mode)] * len(stars), stars)
    assert len(set(names)) == len(names) == (4 if mode is GameMode.CATCH else 5)
    assert not any(name.endswith("2") for name in names)


def test_difficulties_of_one_level_have_numbers():
    assert version_names([reference_map(GameMode.STANDARD)] * 3, (4.1, 4.9, 6.0)) == ["Insane", "Insane 2", "Expert"]


def test_what_sounds_at_one_time_sounds_alike():
    hard = reference_map(GameMode.STANDARD)
    easy = replace(hard, hit_objects=[replace(o, hitsound=HitSound.WHISTLE) for o in hard.hit_objects[::2]])
    easy.hit_objects.append(Circle(20_000.0, 0, 0, hitsound=HitSound.FINISH))
    made_easy, made_hard = with_shared_sounds([easy, hard])
    assert made_hard.hit_objects == hard.hit_objects
    by_time = {obj.time_ms: obj for obj in hard.hit_objects}
    for obj in made_easy.hit_objects[:-1]:
        if isinstance(obj, Slider):
            assert obj.edges == by_time[obj.time_ms].edges
        else:
            assert obj.hitsound == by_time[obj.time_ms].hitsound
    assert made_easy.hit_objects[-1].hitsound == HitSound.FINISH


def test_a_chord_keeps_its_additions():
    def chord(time_ms, *sounds):
        return [Circle(time_ms, 64 + 128 * column, 192, hitsound=sound) for column, sound in enumerate(sounds)]

    plain = reference_map(GameMode.MANIA)
    hard = replace(plain, hit_objects=chord(1000.0, HitSound.CLAP, HitSound.NONE, HitSound.FINISH))
    easy = replace(plain, hit_objects=chord(1000.0, HitSound.NONE, HitSound.NONE) + chord(2000.0, HitSound.WHISTLE))
    made_easy, made_hard = with_shared_sounds([easy, hard])
    both = HitSound.CLAP | HitSound.FINISH
    assert [obj.hitsound for obj in made_hard.hit_objects] == [both, HitSound.NONE, HitSound.NONE]
    assert [obj.hitsound for obj in made_easy.hit_objects] == [both, HitSound.NONE, HitSound.WHISTLE]


WRONG = [
    ({"difficulties": "[2,31]"}, "difficulties must be within 0..12, got 31."),
    ({"difficulties": "[2,4]", "difficulty": 3}, "difficulty is for one map, but difficulties requests several."),
    ({"spread": "full", "version": "Hard"}, "version is for one map, but spread requests several."),
    ({"spread": "full", "difficulties": "[2]"}, "difficulties and spread=full exclude each other"),
    ({"spread": "half"}, "spread must be one of full"),
    ({"spread": "full", "output_type": "[TIMING]"}, "spread makes new maps"),
    ({"difficulties": str(list(range(1, 13)) + list(range(1, 6)))}, "difficulties may name 16 star ratings at most"),
]


@pytest.mark.parametrize(("options", "sentence"), WRONG, ids=[sentence[:40] for _, sentence in WRONG])
def test_wrong_sets_get_one_sentence(options, sentence):
    with pytest.raises(RequestError) as error:
        resolve({"audio_path": "a.mp3", **options})
    assert str(error.value).startswith(sentence)


def test_a_note_about_several_difficulties_is_given_once():
    notes = {"Easy": ["one", "all"], "Hard": ["all", "two", "two"], "Insane": ["two", "all"]}
    assert group_notes(notes) == ["Easy: one", "all", "Hard, Insane: two"]
