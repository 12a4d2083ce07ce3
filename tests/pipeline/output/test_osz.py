"""Files of a finished map: names, contents, metadata, and what is left when something goes wrong."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from osu_beatmap.beatmap import Beatmap, Circle, Difficulty, GameMode
from osu_beatmap.errors import BeatmapError
from osu_beatmap.files.archive import read_osz
from osu_beatmap.files.reader import read_beatmap
from osuT5.audio.decode import AudioError, AudioTags
from pipeline.output.audio import write_vorbis
from pipeline.output.metadata import metadata_of, name_notes, split_file_name, version_name
from pipeline.output.osz import export
from pipeline.request.options import GenerationRequest, MapOptions, OutputOptions, RequestError, SongOptions
from tests.support.finish_drafts import draft_of, steady_circles

RATE_HZ = 44_100
PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)


@pytest.fixture(scope="module")
def song(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("song") / "Some One - Some Song.ogg"
    noise = np.random.default_rng(1).normal(0, 0.1, (2 * RATE_HZ, 1)).astype(np.float32)
    write_vorbis(path, [noise], RATE_HZ, 1)
    return path


def request_of(song: Path | None, folder: Path, **song_options) -> GenerationRequest:
    return GenerationRequest(
        song=SongOptions(audio_path=song, **song_options), output=OutputOptions(output_path=folder / "out")
    )


def chart() -> Beatmap:
    return draft_of(*steady_circles())


def test_osu_and_osz_hold_the_same_map_and_the_song_byte_for_byte(song: Path, tmp_path: Path):
    files = export(request_of(song, tmp_path), chart(), 3.0)
    assert files.osu_path == tmp_path / "out" / "Some One - Some Song (osu-mapper) [Hard].osu"
    assert files.osz_path == tmp_path / "out" / "Some One - Some Song.osz"
    osz = read_osz(files.osz_path)
    assert osz.beatmaps == {files.osu_path.name: read_beatmap(files.osu_path)}
    assert osz.read_bytes("audio.ogg") == song.read_bytes()
    assert osz.beatmaps[files.osu_path.name].audio_filename == "audio.ogg"
    assert sorted(path.name for path in files.osu_path.parent.iterdir()) == [files.osu_path.name, files.osz_path.name]


def test_without_an_osz_the_map_names_the_song_as_it_is(song: Path, tmp_path: Path):
    request = replace(request_of(song, tmp_path), output=OutputOptions(output_path=tmp_path, export_osz=False))
    files = export(request, chart(), 3.0)
    assert files.osz_path is None
    assert [path.suffix for path in tmp_path.iterdir()] == [".osu"]
    assert read_beatmap(files.osu_path).audio_filename == song.name


def test_nothing_is_overwritten_and_equal_maps_give_equal_bytes(song: Path, tmp_path: Path):
    first, second = (export(request_of(song, tmp_path), chart(), 3.0) for _ in range(2))
    assert second.osz_path.name == "Some One - Some Song (2).osz"
    assert second.osu_path.name == "Some One - Some Song (osu-mapper) [Hard] (2).osu"
    assert first.osz_path.read_bytes() == second.osz_path.read_bytes()
    assert first.osu_path.read_bytes() == second.osu_path.read_bytes()


def test_the_request_decides_over_tags_and_file_name(song: Path, tmp_path: Path):
    request = request_of(
        song, tmp_path, title="Tïtle", artist="作曲家", artist_unicode="作曲家", tags=("a b", "a"), preview_time_ms=1234
    )
    request = replace(request, map=MapOptions(creator="me", version="Mine: 1/2"))
    files = export(request, chart(), 3.0)
    beatmap = read_beatmap(files.osu_path)
    metadata = beatmap.metadata
    assert (metadata.title, metadata.title_unicode) == ("Title", "Tïtle")
    assert (metadata.artist, metadata.artist_unicode) == ("Zuo Qu Jia", "作曲家")
    assert (metadata.creator, metadata.version) == ("me", "Mine: 1/2")
    assert metadata.tags == ["a", "b", "ai-generated"]
    assert beatmap.preview_time_ms == 1234
    assert files.osu_path.name == "Zuo Qu Jia - Title (me) [Mine 12].osu"


def test_tags_of_the_audio_come_before_its_name(tmp_path: Path):
    request = request_of(Path("01 - Other - Name.mp3"), tmp_path)
    metadata = metadata_of(request, chart(), AudioTags(title="夏祭り", artist="Sigur Rós"), 1.0)
    assert (metadata.artist, metadata.artist_unicode) == ("Sigur Ros", "Sigur Rós")
    assert (metadata.title, metadata.title_unicode) == ("Xia Ji Ri", "夏祭り")
    metadata = metadata_of(request, chart(), AudioTags(), 1.0)
    assert (metadata.artist, metadata.title, metadata.version) == ("Other", "Name", "Easy")


@pytest.mark.parametrize(
    ("stem", "artist", "title"),
    [
        ("Artist - Title", "Artist", "Title"),
        ("03. Artist \u2013 Title - Remix", "Artist", "Title - Remix"),
        ("some_song", "", "some song"),
        ("Anti-Hero", "", "Anti-Hero"),
        ("99", "", "99"),
    ],
)
def test_artist_and_title_of_a_file_name(stem: str, artist: str, title: str):
    assert split_file_name(stem) == (artist, title)


def test_names_that_were_made_up_or_romanised_are_told():
    def notes(name: str, tags: AudioTags, **song: str) -> list[str]:
        return name_notes(SongOptions(audio_path=Path(name), **song), tags)

    assert notes("a.mp3", AudioTags(title="Title", artist="Sigur Rós")) == []
    assert notes("song.mp3", AudioTags()) == [
        'The file names no title, so the map has "song": give it with title=NAME.',
        'The file names no artist, so the map has "Unknown Artist": give it with artist=NAME.',
    ]
    assert notes("song.mp3", AudioTags(), title="Mine", artist="Me") == []
    assert notes("a.mp3", AudioTags(title="千本桜", artist="Катюша")) == [
        '千本桜 was romanised as "Qian Ben Ying" (kanji are read as in Chinese): correct it with title=NAME.',
        'Катюша was romanised as "Katyusha": correct it with artist=NAME.',
    ]


def test_difficulty_names_follow_mode_and_stars():
    note = Circle(1_000.0, 256.0, 192.0)
    assert version_name(draft_of(note, mode=GameMode.TAIKO), 5.0) == "Oni"
    assert version_name(draft_of(note, mode=GameMode.CATCH), 9.0) == "Overdose"
    keys = Difficulty(circle_size=7.0)
    assert version_name(draft_of(note, mode=GameMode.MANIA, difficulty=keys), 2.1) == "7K Normal"
    assert version_name(draft_of(mode=GameMode.TAIKO), 0.0) == "Timing", "a map of red lines alone"


def test_a_background_is_told_by_its_content(song: Path, tmp_path: Path):
    picture = tmp_path / "any name.jpg"
    picture.write_bytes(PNG)
    files = export(request_of(song, tmp_path, background=picture), chart(), 3.0)
    assert read_beatmap(files.osu_path).background == "bg.png"
    assert read_osz(files.osz_path).read_bytes("bg.png") == PNG


def test_what_is_no_picture_is_refused_before_anything_is_written(song: Path, tmp_path: Path):
    picture = tmp_path / "bg.jpg"
    picture.write_bytes(b"<html>")
    with pytest.raises(RequestError, match=r"background .* bg\.jpg"):
        export(request_of(song, tmp_path, background=picture), chart(), 3.0)
    with pytest.raises(RequestError, match="background cannot be read"):
        export(request_of(song, tmp_path, background=tmp_path / "none.png"), chart(), 3.0)
    assert not (tmp_path / "out").exists()


def test_a_folder_that_is_a_file_and_a_song_that_is_none_are_refused(song: Path, tmp_path: Path):
    (tmp_path / "out").write_bytes(b"")
    with pytest.raises(RequestError, match="output_path"):
        export(request_of(song, tmp_path), chart(), 3.0)
    with pytest.raises(AudioError):
        export(request_of(tmp_path / "none.mp3", tmp_path), chart(), 3.0)


def test_a_failed_write_leaves_nothing_behind(song: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def full_disk(path: Path):
        raise BeatmapError(f"{path} cannot be written: no space left on device.")

    monkeypatch.setattr("pipeline.output.osz.temporary_beside", full_disk)
    with pytest.raises(BeatmapError, match="no space left"):
        export(request_of(song, tmp_path), chart(), 3.0)
    assert not list((tmp_path / "out").iterdir())
