"""A mapset as the reference of a map, and the new map in a copy of it."""

import zipfile
from pathlib import Path

import pytest

from osu_beatmap.beatmap import GameMode
from osu_beatmap.files.archive import read_osz
from osu_beatmap.files.reader import read_beatmap
from osu_beatmap.files.writer import save_beatmap, write_beatmap
from pipeline.request.mapset_file import MapsetFile, open_mapset
from pipeline.request.options import RequestError
from tests.support.review_maps import regular_map


@pytest.fixture
def osz(tmp_path: Path) -> Path:
    """Two difficulties, their song, and a file that is in no map."""
    path = tmp_path / "set.osz"
    with zipfile.ZipFile(path, "w") as archive:
        for version, beats in (("Easy", 24), ("Hard", 48)):
            beatmap = regular_map(GameMode.STANDARD, beats=beats)
            beatmap.audio_filename, beatmap.metadata.version = "Song.mp3", version
            beatmap.metadata.beatmapset_id = 77
            if version == "Hard":
                for index, each in enumerate(beatmap.hit_objects):
                    each.x = 500.0 * (index % 2)
            archive.writestr(f"{version}.osu", write_beatmap(beatmap))
        archive.writestr("song.mp3", b"ID3 audio")
        archive.writestr("sb/video.txt", b"as it was")
    return path


def test_a_difficulty_is_taken_by_its_name_or_the_hardest(osz):
    for value, version in ((osz, "Hard"), (f"{osz}/easy", "Easy"), (f"{osz}/Hard", "Hard")):
        with open_mapset({"beatmap_path": str(value), "seed": 1}) as (options, mapset):
            path = Path(options["beatmap_path"])
            assert read_beatmap(path).metadata.version == version
            assert (path.parent / "song.mp3").is_file()
            assert options["output_path"] == str(osz.parent) and options["seed"] == 1
            assert mapset.reference == f"{version}.osu"
        assert not path.exists()


@pytest.mark.parametrize("value", [None, "map.osu", "no.osz/Easy"])
def test_other_options_stay(value):
    with open_mapset({"beatmap_path": value}) as (options, mapset):
        assert options == {"beatmap_path": value} and mapset is None


@pytest.mark.parametrize(
    ("name", "options", "sentence"),
    [
        ("/Esay", {}, "has no difficulty Esay; did you mean Easy"),
        ("", {"in_context": "[NO_HS,TIMING]"}, "out of Easy, Hard"),
        ("", {"add_to_beatmap": "true"}, "needs one difficulty"),
        ("/Easy", {"overwrite_reference_beatmap": True}, "written as a copy"),
    ],
)
def test_mistakes_are_named(osz, name, options, sentence):
    with (
        pytest.raises(RequestError, match=sentence),
        open_mapset({"beatmap_path": f"{osz}{name}", **options}),
    ):
        pass


def test_a_new_difficulty_joins_the_set_and_a_changed_one_takes_its_place(osz, tmp_path):
    new = regular_map(GameMode.STANDARD, beats=32)
    new.metadata.version, new.audio_filename = "Hard", "converted.ogg"
    save_beatmap(new, tmp_path / "new.osu")
    with open_mapset({"beatmap_path": f"{osz}/Hard"}) as (_, mapset):
        mapset.write_with([tmp_path / "new.osu"], tmp_path / "more.osz", replaces=False)
        mapset.write_with([tmp_path / "new.osu"], tmp_path / "changed.osz", replaces=True)
    more = read_osz(tmp_path / "more.osz")
    made = {beatmap.metadata.version: beatmap for beatmap in more.beatmaps.values()}
    assert set(made) == {"Easy", "Hard", "Hard 2"}
    assert made["Hard 2"].audio_filename == "Song.mp3" and made["Hard 2"].metadata.beatmapset_id == 77
    assert more.read_bytes("sb/video.txt") == b"as it was" and more.read_bytes("song.mp3") == b"ID3 audio"
    changed = read_osz(tmp_path / "changed.osz")
    assert set(changed.beatmaps) == {"Easy.osu", "Hard.osu"}
    assert changed.read_bytes("Hard.osu") == (tmp_path / "new.osu").read_bytes()


def test_the_mapset_of_an_unpacked_difficulty_is_beside_it(osz):
    read_osz(osz).extract_maps(osz.parent)
    assert MapsetFile.beside(osz.parent / "Easy.osu").reference == "Easy.osu"
    assert MapsetFile.beside(osz.parent / "Other.osu") is None
