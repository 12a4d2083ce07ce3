"""Files that maps name: one rule in folders and archives."""

import unicodedata
import zipfile
from pathlib import Path

import pytest

from dataset_builder.sources.mapset import open_mapset as open_source
from evaluation.pair_charts import HumanCharts
from evaluation.reference import songs_with_charts
from modding.mapset import open_mapset
from osu_beatmap.beatmap import Beatmap, Circle, Metadata, TimingPoint
from osu_beatmap.files.archive import read_osz
from osu_beatmap.files.named_files import find_file, is_writable_name, match_name
from osu_beatmap.files.reader import read_beatmap
from osu_beatmap.files.writer import write_beatmap
from osuT5.dataset.files.sources import mapset_songs
from pipeline.request.input_files import check_files
from pipeline.request.options import RequestError
from pipeline.request.resolve import fill_from_beatmap, resolve
from server.storage.results import keep_map, maps_of

DECOMPOSED = unicodedata.normalize("NFD", "é音が.ogg")

SPELLINGS = [
    ("song.ogg", "SONG.Ogg"),
    ("ÉTÉ.ogg", "été.ogg"),
    (DECOMPOSED, unicodedata.normalize("NFC", DECOMPOSED)),
    (unicodedata.normalize("NFC", DECOMPOSED), DECOMPOSED),
    ("audio/Song.ogg", "Audio\\song.ogg"),
    ("audio/Song.ogg", "audio/./Song.OGG"),
    ("song.ogg ", "song.ogg"),
    ("audio /song.ogg", "audio/song.ogg"),
    ("song.ogg.", "song.ogg"),
]


def chart(audio: str, **metadata: str) -> str:
    objects = [Circle(1000.0 * number, 256.0, 192.0) for number in range(1, 40)]
    lines = [TimingPoint(0.0, 500.0)]
    beatmap = Beatmap(audio_filename=audio, metadata=Metadata(**metadata), timing_points=lines, hit_objects=objects)
    return write_beatmap(beatmap)


@pytest.fixture(params=SPELLINGS, ids=ascii)
def mapset(request, tmp_path) -> Path:
    """A folder with a map that spells the name of its song in another way."""
    on_disk, named = request.param
    folder = tmp_path / "set"
    (folder / on_disk).parent.mkdir(parents=True)
    (folder / on_disk).write_bytes(b"song")
    (folder / "map.osu").write_text(chart(named, title="T", version="V"), encoding="utf-8")
    return folder


def test_all_commands_find_the_song(mapset, tmp_path):
    path, named = mapset / "map.osu", read_beatmap(mapset / "map.osu").audio_filename
    song = find_file(mapset, named)
    assert song is not None and song.read_bytes() == b"song"
    with open_mapset(path) as reviewed, open_mapset(mapset) as all_reviewed:
        assert reviewed.audio == all_reviewed.audio == {"map": song}
    request = resolve({"beatmap_path": str(path), "in_context": "[TIMING]"})
    assert fill_from_beatmap(request, read_beatmap(path)).song.audio_path == song
    assert [each.audio_path for each in mapset_songs(tmp_path)] == [song]
    assert [each.audio_path for each in songs_with_charts(tmp_path)] == [song]
    assert open_source(mapset).find(named, "map.osu") == song.relative_to(mapset).as_posix()
    assert HumanCharts(tmp_path).find_pair(read_beatmap(path), mapset) == path
    assert list(HumanCharts(tmp_path).by_audio_name) == [song]
    if song.parent == mapset:
        (tmp_path / "job").mkdir()
        keep_map(tmp_path / "job", path)
        (shown,) = maps_of(tmp_path / "job")
        assert shown["audio"]


def test_an_exact_name_goes_first_and_nothing_outside_is_found(tmp_path):
    folder = tmp_path / "set"
    folder.mkdir()
    for name in ("SONG.ogg", "song.ogg"):
        (folder / name).write_text(name, encoding="utf-8")
    (tmp_path / "other.ogg").touch()
    assert find_file(folder, "song.ogg").read_text(encoding="utf-8") == "song.ogg"
    assert match_name("Song.ogg", ["b", "SONG.ogg", "song.ogg"]) == "SONG.ogg"
    outside = ("../other.ogg", "..\\other.ogg", "x/../../other.ogg", str(tmp_path / "other.ogg"), "C:\\other.ogg")
    for name in (*outside, "", ".", " ", "..", "none.ogg", "a" * 5000, "nul\0.ogg"):
        assert find_file(folder, name) is None, name


class UnflaggedInfo(zipfile.ZipInfo):
    """An entry whose name is bytes without the UTF-8 flag."""

    def _encodeFilenameFlags(self):
        return self.filename.encode("cp437"), self.flag_bits


def zipped(path: Path, entries: dict[bytes, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in entries.items():
            archive.writestr(UnflaggedInfo(name.decode("cp437")), data)
    return path


@pytest.mark.parametrize(
    ("code_page", "song"),
    [
        ("cp932", "ソラの音.ogg"),
        ("cp949", "봄노래의 시작.ogg"),
        ("cp936", "东风破破破.ogg"),
        ("cp1251", "Песня о друге.ogg"),
        ("cp437", "Beyoncé - Übermut.ogg"),
        ("utf-8", "ソラの音.ogg"),
    ],
)
@pytest.mark.parametrize("folder", ["", "表 folder/"])
def test_archives_of_other_code_pages_are_read(tmp_path, code_page, song, folder):
    folder = folder.replace("表", "表" if code_page == "cp932" else "set")
    names = (f"{folder}map [1].osu", f"{folder}{song}")
    charts = chart(song, title="T").encode()
    path = zipped(tmp_path / "set.osz", {names[0].encode(code_page): charts, names[1].encode(code_page): b"song"})
    archive = read_osz(path)
    assert list(archive.beatmaps) == ["map [1].osu"]
    assert archive.other_files == [song]
    assert archive.read_bytes(archive.find(song, "map [1].osu")) == b"song"
    with open_mapset(path) as reviewed:
        assert reviewed.audio["map [1]"].read_bytes() == b"song"
    source = open_source(path)
    assert source.read(source.find(song, "map [1].osu")) == b"song"


def test_names_are_relative_to_the_folder_of_the_map(tmp_path):
    path = tmp_path / "sets.osz"
    with zipfile.ZipFile(path, "w") as archive:
        for folder in ("One", "Two"):
            archive.writestr(f"{folder}/map.osu", chart("Audio.mp3"))
            archive.writestr(f"{folder}/audio.mp3", folder)
        archive.writestr("__MACOSX/One/._map.osu", b"\0\5\x16\7")
    archive = read_osz(path)
    assert archive.warnings == []
    for folder in ("One", "Two"):
        assert archive.read_bytes(archive.find("Audio.mp3", f"{folder}/map.osu")) == folder.encode()


def test_a_song_whose_name_no_map_can_hold_is_refused_before_any_work(tmp_path):
    song = tmp_path / "s\udc81ng.ogg"
    try:
        song.touch()
    except (OSError, UnicodeError):
        pytest.skip("file names of this system are text")
    asked = {"audio_path": str(song), "export_osz": False, "output_path": str(tmp_path / "out")}
    for options in (asked, {**asked, "export_osz": True, "output_path": str(tmp_path)}):
        with pytest.raises(RequestError, match="a name that a map cannot hold"):
            check_files(resolve(options))
    check_files(resolve({**asked, "export_osz": True}))
    assert [is_writable_name(name) for name in ("é音が.ogg", "a\nb.ogg", "s\udc81ng.ogg")] == [True, False, False]


@pytest.mark.parametrize("case", ["osz-cp932", "osz-top-folder"])
def test_shared_archives_are_read(shared_dir, case):
    path = shared_dir / "cases" / case / "set.osz"
    if not path.is_file():
        pytest.skip(f"the case {case} is not on this machine")
    with open_mapset(path) as reviewed:
        assert reviewed.notes == []
        assert all(audio.is_file() for audio in reviewed.audio.values())


@pytest.mark.parametrize("case", ["audio-name-case", "audio-name-unicode-form"])
def test_shared_songs_are_found(shared_dir, case):
    path = shared_dir / "cases" / case / "map.osu"
    if not path.is_file():
        pytest.skip(f"the case {case} is not on this machine")
    with open_mapset(path) as reviewed:
        assert reviewed.audio["map"].is_file()
