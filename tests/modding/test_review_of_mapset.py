"""Maps from a folder or an archive, and what differs between difficulties."""

import pytest

from modding.mapset import differences, open_mapset
from osu_beatmap.beatmap import HitSound, TimingPoint
from osu_beatmap.files.archive import write_osz
from osu_beatmap.files.writer import save_beatmap
from osu_beatmap.timing.edits import set_kiai
from pipeline.request.options import RequestError
from tests.support.review_maps import regular_map


def difficulties(count: int = 3) -> dict:
    maps = {f"map {number}": regular_map() for number in range(count)}
    for number, beatmap in enumerate(maps.values()):
        beatmap.metadata.version = f"V{number}"
    return maps


def saved(folder):
    for name, beatmap in difficulties().items():
        save_beatmap(beatmap, folder / f"{name}.osu")
    (folder / "audio.ogg").write_bytes(b"sound")
    return folder


def test_skipped_lines_are_told_alike_of_a_file_a_folder_and_an_archive(tmp_path):
    folder = saved(tmp_path)
    path = folder / "map 1.osu"
    path.write_bytes(path.read_bytes() + b"1,2\r\n256,192,9000,2,0,L|300:192,1000000,50\r\n")
    archive = tmp_path / "set.osz"
    write_osz(archive, {path.name: path for path in folder.iterdir() if path.suffix != ".osz"})
    with open_mapset(path) as alone, open_mapset(folder) as from_folder, open_mapset(archive) as from_archive:
        told = alone.warnings["map 1"]
        assert len(told) == 2
        assert "the slider at 00:09:000 has 1000000 slides" in told[1]
        assert from_folder.warnings["map 1"] == from_archive.warnings["map 1"] == told
        assert not from_archive.notes
        assert not from_folder.warnings["map 0"]


def test_a_folder_and_an_archive_give_the_same_maps(tmp_path):
    folder = saved(tmp_path)
    (folder / "broken.osu").write_text("nothing", encoding="utf-8")
    archive = tmp_path / "set.osz"
    write_osz(archive, {path.name: path for path in folder.iterdir() if path.suffix != ".osz"})
    with open_mapset(folder) as from_folder, open_mapset(archive) as from_archive:
        assert list(from_folder.maps) == list(from_archive.maps) == ["map 0", "map 1", "map 2"]
        assert from_archive.audio["map 1"].read_bytes() == b"sound"
        assert len(from_folder.notes) == len(from_archive.notes) == 1
        extracted = from_archive.audio["map 1"]
    assert not extracted.exists()


def test_missing_audio_and_missing_maps_get_one_sentence(tmp_path):
    (tmp_path / "empty").mkdir()
    folder = saved(tmp_path)
    (folder / "audio.ogg").unlink()
    for path, words in ((folder, "audio_path=song.mp3"), (tmp_path / "empty", "no readable map")):
        with pytest.raises(RequestError, match=words), open_mapset(path):
            pass
    with open_mapset(folder, folder / "map 0.osu") as mapset:
        assert set(mapset.audio.values()) == {folder / "map 0.osu"}


def test_equal_difficulties_have_nothing_to_tell_but_one_without_red_lines_is_odd():
    assert differences(difficulties()) == []
    assert differences(difficulties(1)) == []
    maps = difficulties()
    maps["map 2"].timing_points = []
    assert any("red lines" in each.message for each in differences(maps))


def test_the_odd_one_is_named():
    maps = difficulties()
    odd = maps["map 1"]
    odd.timing_points.append(TimingPoint(9000.0, 350.0))
    odd.timing_points = set_kiai(odd.timing_points, [(5000.0, 7000.0)])
    odd.metadata.tags = ["tag"]
    odd.preview_time_ms = 5.0
    for obj in odd.hit_objects:
        obj.hitsound = HitSound.FINISH
    said = differences(maps)
    assert all("[V1]" in each.message for each in said[:4])
    assert [
        word for word in ("red lines", "kiai", "tags", "preview") if not any(word in each.message for each in said)
    ] == []
    assert any("other hitsounds" in each.message for each in said)
    assert all(each.documented and each.time_ms is None for each in said)
    assert said[0].actual.startswith("00:09:000 171.43 BPM")
