"""One mapset to files and rows: what is used, what is left out and why, and what a row says."""

import hashlib
import zipfile
from dataclasses import replace

import pytest
from built_mapsets import audio_bytes, files_of, folder_of, osz, small_map

from dataset_builder.errors import BuildError
from dataset_builder.staging import StagedMapset, stage_mapset
from osu_beatmap.beatmap import GameMode
from osu_beatmap.files.writer import write_beatmap
from osuT5.dataset.files.filters import NOBODY_OPTED_OUT, OptOutList
from osuT5.dataset.files.sources import mapset_songs


def staged(path, opted_out=NOBODY_OPTED_OUT) -> StagedMapset:
    return stage_mapset(path, path.parent / "staging", opted_out)


def names(path) -> list[str]:
    return sorted(file.name for file in (path.parent / "staging").iterdir())


def reasons(result: StagedMapset) -> dict[str, str]:
    return {skip.what: skip.reason for skip in result.skipped}


def test_what_a_row_says(tmp_path):
    chart = small_map(beatmap_id=11, beatmapset_id=7, tags=["a", "b"], title_unicode="灯", creator="Me")
    path = osz(tmp_path / "7 Nobody - Lamp.osz", chart, small_map("4K", GameMode.MANIA, beatmap_id=12, beatmapset_id=7))
    result = staged(path)
    assert result.folder_name == "7 Nobody - Lamp"
    assert not result.skipped
    keys, row = result.rows
    content = write_beatmap(chart).encode("utf-8")
    assert row["Checksum"] == hashlib.md5(content).hexdigest()
    assert row["AudioHash"] == hashlib.sha256(audio_bytes()).hexdigest()
    assert row["AudioMs"] == pytest.approx(12_000, abs=50)
    names_of_song = [row[name] for name in ("Title", "TitleUnicode", "Artist", "ArtistUnicode")]
    assert names_of_song == ["Lamp", "灯", "Nobody", "Nobody"]
    assert (row["BeatmapSetId"], row["Id"], row["ModeInt"], row["Mode"]) == (7, 11, 0, "osu")
    assert (row["CountCircles"], row["CountSliders"], row["CountSpinners"]) == (16, 0, 1)
    assert (row["TotalLength"], row["HitLength"], row["Tags"], row["Creator"]) == (9, 7, "a b", "Me")
    # 120 BPM lasts longer than 200, though that comes last.
    assert row["Bpm"] == 120.0
    assert row["MaxCombo"] == 17
    assert len(row["StarRating"]) == 7
    assert row["StarRating"] == sorted(row["StarRating"])
    assert row["DifficultyRating"] == row["StarRating"][2] > 0
    assert row["KeyCount"] is None
    assert (keys["ModeInt"], keys["Mode"], keys["KeyCount"], keys["CountSliders"]) == (3, "mania", 4, 1)
    assert names(path) == ["Lamp [4K].osu", "Lamp [Normal].osu", "audio.wav"]
    assert (tmp_path / "staging" / "Lamp [Normal].osu").read_bytes() == content


def test_a_folder_gives_what_an_archive_gives(tmp_path):
    maps = small_map(beatmapset_id=7), small_map("Hard", step_ms=250.0, beatmapset_id=7)
    archive = staged(osz(tmp_path / "one.osz", *maps))
    folder = staged(folder_of(tmp_path / "one", files_of(*maps)))
    assert archive.rows == folder.rows


def test_what_cannot_be_used_is_left_out_with_its_reason(tmp_path):
    empty, untimed = replace(small_map("Empty"), hit_objects=[]), replace(small_map("Untimed"), timing_points=[])
    silent = replace(small_map("Silent"), audio_filename="gone.mp3")
    noise = replace(small_map("Noise"), audio_filename="noise.mp3")
    files = files_of(small_map(), empty, untimed, silent, noise, **{"noise.mp3": b"no music at all"})
    files["broken.osu"] = b"nothing of a map"
    result = staged(folder_of(tmp_path / "set", files))
    assert [row["Version"] for row in result.rows] == ["Normal"]
    assert reasons(result) == {
        "Lamp [Empty].osu": "no objects or no timing",
        "Lamp [Untimed].osu": "no objects or no timing",
        "Lamp [Silent].osu": "its audio is missing",
        "Lamp [Noise].osu": "its audio cannot be used",
        "set: noise.mp3": "audio cannot be used",
        "broken.osu": "chart cannot be read",
    }


def test_mappers_who_opted_out(tmp_path):
    path = osz(tmp_path / "a.osz", small_map(creator="Me"), small_map("You's Hard", step_ms=250, creator="Me"))
    result = staged(path, OptOutList(names=frozenset({"you"})))
    assert [row["Version"] for row in result.rows] == ["Normal"]
    assert reasons(result) == {"Lamp [You's Hard].osu": "its mapper opted out"}
    assert not staged(path, OptOutList(names=frozenset({"me"}))).rows


def test_a_chart_cannot_name_audio_outside_its_mapset(tmp_path):
    (tmp_path / "secret.wav").write_bytes(audio_bytes())
    chart = replace(small_map(), audio_filename="../secret.wav")
    files = {"a.osu": write_beatmap(chart).encode("utf-8")}
    result = staged(folder_of(tmp_path / "set", files))
    assert reasons(result) == {"a.osu": "its audio is missing"}


def test_files_in_folders_and_with_odd_names_are_found_again(tmp_path):
    """Windows has no case in names and forbids some characters; whoever reads the folder must find the audio."""
    chart = replace(small_map(), audio_filename="Music/Aux.WAV")
    files = {"sub\\x.osu": write_beatmap(chart).encode("utf-8"), "music/aux.wav": audio_bytes()}
    with zipfile.ZipFile(tmp_path / "a.osz", "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    result = staged(tmp_path / "a.osz")
    (row,) = result.rows
    assert (row["BeatmapFile"], row["AudioFile"]) == ("x.osu", "_aux.wav")
    (song,) = mapset_songs(tmp_path)
    assert (song.audio_path.name, song.chart_names) == ("_aux.wav", ["x.osu"])


def test_the_number_of_a_mapset_may_be_in_its_name_alone(tmp_path):
    assert {row["BeatmapSetId"] for row in staged(osz(tmp_path / "39 Nobody - Lamp.osz", small_map())).rows} == {39}
    result = staged(osz(tmp_path / "Lamp.osz", small_map()))
    assert {row["BeatmapSetId"] for row in result.rows} == {-1}
    assert result.folder_name == "Nobody - Lamp"


@pytest.mark.parametrize(
    ("title", "name"), [("x" * 300, "Nobody - " + "x" * 71), ("What...", "Nobody - What"), ('a/b:c"?', "Nobody - abc")]
)
def test_names_fit_every_system(tmp_path, title, name):
    result = staged(osz(tmp_path / "a.osz", small_map(title=title, title_unicode=title)))
    assert result.folder_name == name
    assert len(result.rows[0]["BeatmapFile"]) <= 124


def test_names_that_were_cut_stay_apart(tmp_path):
    maps = [small_map(version, step_ms=step_ms, title="灯" * 90) for version, step_ms in (("A", 500), ("B", 250))]
    rows = staged(osz(tmp_path / "a.osz", *maps)).rows
    assert len({row["BeatmapFile"] for row in rows}) == 2
    assert all(len(row["BeatmapFile"].encode("utf-8")) < 255 for row in rows)


def test_a_disk_that_is_full_ends_the_build(tmp_path, monkeypatch):
    path = osz(tmp_path / "a.osz", small_map())

    def refuse(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.write_bytes", refuse)
    with pytest.raises(BuildError, match="No space left"):
        staged(path)
