"""Writing .osu text, and files that are whole or absent."""

import os
from pathlib import Path
from threading import Thread

import pytest

from osu_beatmap.beatmap import Beatmap, Break, Circle, GameMode, HitSound, Metadata, SampleSet, TimingPoint
from osu_beatmap.errors import BeatmapError
from osu_beatmap.files.reader import parse_beatmap, read_beatmap
from osu_beatmap.files.writer import save_beatmap, write_beatmap, write_text


def small_beatmap() -> Beatmap:
    return Beatmap(
        mode=GameMode.MANIA,
        audio_filename="song.ogg",
        sample_set=SampleSet.AUTO,
        metadata=Metadata(title="A: b // c", artist_unicode="誰か", tags=["one", "two"], version="4K"),
        background="back.jpg",
        background_offset_px=(0.0, 60.0),
        breaks=[Break(1000.0, 2000.5)],
        storyboard_lines=['Sample,1000,0,"hit.wav",60', " F,0,1,2,3"],
        timing_points=[TimingPoint(10.25, 333.3333333333333), TimingPoint(20.0, -50.0, uninherited=False, effects=1)],
        combo_colours=[(1, 2, 3)],
        hit_objects=[Circle(10.25, 64.0, 192.0, True, 2, HitSound.CLAP)],
        other={"General": {"SpecialStyle": "1"}, "Editor": {"GridSize": "32"}, "Colours": {"SliderBorder": "1,1,1"}},
    )


def test_the_text_is_laid_out_as_osu_does_and_no_value_begins_a_line():
    text = write_beatmap(small_beatmap())
    assert text.startswith("osu file format v14\r\n\r\n[General]\r\nAudioFilename: song.ogg\r\n")
    assert "\n" not in text.replace("\r\n", "")
    for line in (
        "Mode: 3",
        "SampleSet: None",
        "SpecialStyle: 1",
        "Title:A: b // c",
        "OverallDifficulty:5",
        '0,0,"back.jpg",0,60',
        "2,1000,2000.5",
        "10.25,333.3333333333333,4,1,0,100,1,0",
        "20,-50,4,1,0,100,0,1",
        "Combo1 : 1,2,3",
        "SliderBorder : 1,1,1",
        "64,192,10.25,37,8,0:0:0:0:",
    ):
        assert f"\r\n{line}\r\n" in text
    beatmap = Beatmap(metadata=Metadata(title="a\r\n[HitObjects]\n0,0,0,1,0"), background='b"\n2,0,9"')
    again = parse_beatmap(write_beatmap(beatmap))
    assert again.metadata.title == "a [HitObjects] 0,0,0,1,0"
    assert (again.hit_objects, again.breaks) == ([], [])


@pytest.mark.parametrize("version", [3, 4, 5, 9, 14, 128])
def test_read_write_read_is_equal_in_every_format(version):
    beatmap = small_beatmap()
    beatmap.format_version = version
    again = parse_beatmap(write_beatmap(beatmap))
    assert again == beatmap
    assert again.hit_objects[0].time_ms == 10.25


@pytest.mark.skipif(os.name == "nt", reason="needs links and pipes")
def test_a_link_stays_and_a_pipe_is_written_to(tmp_path):
    real = tmp_path / "real.osu"
    real.write_text("old", encoding="utf-8")
    link = tmp_path / "link.osu"
    link.symlink_to(real)
    write_text(link, "new")
    assert link.is_symlink()
    assert real.read_text(encoding="utf-8") == "new"
    write_text("/dev/null", "nothing")
    assert not Path("/dev/null").is_file()
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    said = []
    reader = Thread(target=lambda: said.append(pipe.read_text(encoding="utf-8")))
    reader.start()
    write_text(pipe, "through a pipe")
    reader.join(10)
    assert said == ["through a pipe"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link.osu", "pipe", "real.osu"]


def test_saving_replaces_the_file_as_a_whole_or_leaves_the_old_one(tmp_path):
    path = tmp_path / "map.osu"
    path.write_text("old", encoding="utf-8")
    broken = Beatmap(hit_objects=[Circle(float("inf"), 0.0, 0.0)])
    with pytest.raises(BeatmapError, match="inf"):
        save_beatmap(broken, path)
    assert path.read_text(encoding="utf-8") == "old"
    save_beatmap(small_beatmap(), path)
    assert read_beatmap(path) == small_beatmap()
    with pytest.raises(BeatmapError, match="cannot be written"):
        save_beatmap(Beatmap(), tmp_path / "none" / "map.osu")
    (tmp_path / "folder.osu").mkdir()
    with pytest.raises(BeatmapError, match="cannot be written"):
        save_beatmap(Beatmap(), tmp_path / "folder.osu")
    assert sorted(os.listdir(tmp_path)) == ["folder.osu", "map.osu"]
