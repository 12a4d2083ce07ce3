"""Archives: what goes in comes out, and what is hostile or broken is refused in one sentence."""

import io
import os
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from osu_beatmap.beatmap import Beatmap, Circle
from osu_beatmap.errors import BeatmapError
from osu_beatmap.files.archive import OszLimits, read_osz, write_osz
from osu_beatmap.files.writer import write_beatmap

CHART = write_beatmap(Beatmap(hit_objects=[Circle(1000.0, 256.0, 192.0)])).encode()


def zip_of(path: Path, entries: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return path


def test_what_is_written_reads_back(tmp_path):
    audio = tmp_path / "in.mp3"
    audio.write_bytes(os.urandom(3_000_000))
    path = tmp_path / "set.osz"
    write_osz(path, {"map [Hard].osu": CHART, "誰か.mp3": audio, "sb\\nul.png": b"png"})
    osz = read_osz(path)
    assert osz.beatmaps["map [Hard].osu"].hit_objects == [Circle(1000.0, 256.0, 192.0)]
    assert osz.other_files == ["sb/nul.png", "誰か.mp3"]
    assert osz.read_bytes("誰か.MP3") == audio.read_bytes()
    assert osz.read_bytes("SB\\Nul.png") == b"png"
    extracted = osz.extract("sb/nul.png", tmp_path)
    assert (extracted.name, extracted.read_bytes()) == ("_nul.png", b"png"), "a name that is legal on Windows"
    assert osz.warnings == []


def test_the_same_inputs_give_the_same_bytes_and_audio_is_stored_as_it_is(tmp_path):
    audio = os.urandom(1000)
    (tmp_path / "song.ogg").write_bytes(audio)
    write_osz(tmp_path / "a.osz", {"song.ogg": tmp_path / "song.ogg", "b.osu": CHART, "a.osu": CHART})
    os.utime(tmp_path / "song.ogg", (0, 10**9))
    write_osz(tmp_path / "b.osz", {"a.osu": CHART, "b.osu": CHART, "song.ogg": tmp_path / "song.ogg"})
    first, second = (tmp_path / "a.osz").read_bytes(), (tmp_path / "b.osz").read_bytes()
    assert first == second
    assert audio in first


def test_broken_beatmaps_among_good_ones_are_warnings(tmp_path):
    path = zip_of(tmp_path / "a.osz", {"good.osu": CHART, "bad.osu": b"nothing", "odd.OSU": CHART + b"x\r\n"})
    osz = read_osz(path)
    assert sorted(osz.beatmaps) == ["good.osu", "odd.OSU"]
    assert len(osz.warnings) == 2
    assert osz.warnings[0].startswith("bad.osu is not an osu! beatmap")
    assert osz.warnings[1].startswith("odd.OSU: line ")


def test_entries_that_lead_outside_and_lies_about_the_size_are_refused(tmp_path):
    path = zip_of(tmp_path / "a.osz", {"good.osu": CHART, "../evil.txt": b"evil"})
    with pytest.raises(BeatmapError, match="outside the mapset"):
        read_osz(path)
    with pytest.raises(BeatmapError, match="outside the mapset"):
        write_osz(tmp_path / "b.osz", {"../evil.txt": b"evil"})
    path = zip_of(tmp_path / "a.osz", {"a.osu": CHART, "bomb.mp3": bytes(5_000_000)})
    data = path.read_bytes().replace((5_000_000).to_bytes(4, "little"), (10).to_bytes(4, "little"))
    path.write_bytes(data)
    with pytest.raises(BeatmapError, match=r"a\.osz"):
        read_osz(path).read_bytes("bomb.mp3")


def test_zip_bombs_are_refused(tmp_path):
    bomb = zip_of(tmp_path / "a.osz", {"a.osu": CHART, "bomb.osu": bytes(20_000_000), "bomb.mp3": bytes(20_000_000)})
    with pytest.raises(BeatmapError, match="unpacks to more than"):
        read_osz(bomb, OszLimits(max_beatmap_bytes=10_000_000))
    with pytest.raises(BeatmapError, match="unpacks to more than"):
        read_osz(bomb, OszLimits(max_total_bytes=30_000_000))
    with pytest.raises(BeatmapError, match="3 files, more than"):
        read_osz(bomb, OszLimits(max_files=2))
    osz = read_osz(bomb, OszLimits(max_file_bytes=10_000_000))
    with pytest.raises(BeatmapError, match="unpacks to more than"):
        osz.read_bytes("bomb.mp3")
    with pytest.raises(BeatmapError, match="unpacks to more than"):
        osz.extract("bomb.mp3", tmp_path)
    assert os.listdir(tmp_path) == ["a.osz"]


def test_archives_without_beatmaps_missing_files_and_encrypted_entries_are_refused(tmp_path):
    with pytest.raises(BeatmapError, match="cannot be read"):
        read_osz(tmp_path / "none.osz")
    with pytest.raises(BeatmapError, match="holds no readable beatmap"):
        read_osz(zip_of(tmp_path / "a.osz", {"song.mp3": b"x"}))
    with pytest.raises(BeatmapError, match="not an osu! beatmap"):
        read_osz(zip_of(tmp_path / "b.osz", {"bad.osu": b"x"}))
    with pytest.raises(BeatmapError, match=r"has no file 'b\.mp3'"):
        read_osz(zip_of(tmp_path / "c.osz", {"a.osu": CHART})).read_bytes("b.mp3")
    encrypted = bytearray((tmp_path / "c.osz").read_bytes())
    encrypted[6] |= 1
    encrypted[encrypted.index(b"PK\x01\x02") + 8] |= 1
    (tmp_path / "d.osz").write_bytes(bytes(encrypted))
    with pytest.raises(BeatmapError, match="not a readable"):
        read_osz(tmp_path / "d.osz")


def test_failed_writing_leaves_the_old_archive(tmp_path):
    path = tmp_path / "a.osz"
    path.write_bytes(b"old")
    with pytest.raises(BeatmapError, match=r"none\.mp3 cannot be read"):
        write_osz(path, {"a.osu": CHART, "song.mp3": tmp_path / "none.mp3"})
    with pytest.raises(BeatmapError, match="two files of one name"):
        write_osz(path, {"a.osu": CHART, "A.osu": CHART})
    with pytest.raises(BeatmapError, match="cannot be written"):
        write_osz(tmp_path / "none" / "a.osz", {"a.osu": CHART})
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["a.osz"]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 255)), max_size=6), st.integers(0, 2000))
def test_damaged_archives_never_raise_anything_else(tmp_path_factory, changes, cut):
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.osu", CHART)
        archive.writestr("song.mp3", bytes(1000))
    data = bytearray(output.getvalue())
    for position, value in changes:
        data[position % len(data)] = value
    path = tmp_path_factory.mktemp("damaged") / "a.osz"
    path.write_bytes(data[: len(data) - cut % 50 if cut % 3 == 0 else len(data)])
    try:
        osz = read_osz(path)
        for name in osz.other_files:
            osz.read_bytes(name)
    except BeatmapError as error:
        assert "\n" not in str(error)
