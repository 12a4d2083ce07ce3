"""Copies of maps keep what was not understood, where it stood."""

from dataclasses import replace

from osu_beatmap.beatmap import Break
from osu_beatmap.files.reader import parse_beatmap
from osu_beatmap.files.writer import write_beatmap
from osu_beatmap.star_rating import star_rating

TEXT = """osu file format v14

[General]
AudioFilename: song.ogg
Mode: 0

[Metadata]
Title:T
Version:V

[MyTool]
key: value
  indented, // with a comment

[Difficulty]
HPDrainRate:5
CircleSize:4
OverallDifficulty:5
ApproachRate:5
SliderMultiplier:1.4
SliderTickRate:1

[Events]
//Own comment
Sprite,Foreground,Centre,"sb\\note.png",320,240
 F,0,0,1000,0,1
Video,-250,"v.mp4"
_S,0,0,,0.5
0,0,"bg.jpg",0,0
2,3000.5,3900.25
Nonsense of another tool

[TimingPoints]
500,500,4,2,1,60,1,0
no line
9000,-100,4,2,1,60,0,0

[HitObjects]
256,192,500,1,0,0:0:0:0:
256,192,1000,2,0,L|300:192,1000000,50
256,192,1500,1,0,0:0:0:0:

[Last]
end
"""


def section(text, name):
    body = text.replace("\r\n", "\n").partition(f"[{name}]\n")[2]
    return body.partition("\n\n[")[0].rstrip("\n").split("\n")


def test_all_sections_stay_as_they_were():
    beatmap = parse_beatmap(TEXT)
    written = write_beatmap(beatmap, whole=True)
    for name in ("MyTool", "Events", "TimingPoints", "HitObjects", "Last"):
        assert section(written, name) == section(TEXT, name)
    assert written.index("[Metadata]") < written.index("[MyTool]") < written.index("[Difficulty]")
    assert parse_beatmap(written) == beatmap
    assert write_beatmap(parse_beatmap(written), whole=True) == written


def test_a_new_background_and_new_breaks_tear_nothing_apart():
    beatmap = parse_beatmap(TEXT)
    changed = replace(beatmap, background="other.png", breaks=[Break(4000.0, 5000.0), Break(6000.0, 7000.0)])
    events = section(write_beatmap(changed, whole=True), "Events")
    assert events == [
        "//Own comment",
        'Sprite,Foreground,Centre,"sb\\note.png",320,240',
        " F,0,0,1000,0,1",
        'Video,-250,"v.mp4"',
        "_S,0,0,,0.5",
        '0,0,"other.png",0,0',
        "2,4000,5000",
        "2,6000,7000",
        "Nonsense of another tool",
    ]
    none = replace(beatmap, background="", breaks=[])
    events = section(write_beatmap(none, whole=True), "Events")
    assert len(events) == 6
    assert parse_beatmap(write_beatmap(none, whole=True)) == none


def test_what_is_new_goes_before_everything_that_belongs_together():
    text = TEXT.replace("2,3000.5,3900.25\n", "").replace('0,0,"bg.jpg",0,0\n', "")
    changed = replace(parse_beatmap(text), background="bg.png", breaks=[Break(4000.0, 5000.0)])
    events = section(write_beatmap(changed, whole=True), "Events")
    assert events[:2] == ["2,4000,5000", '0,0,"bg.png",0,0']
    assert events[2:] == section(text, "Events")


def test_what_osu_refuses_is_not_rated():
    assert "1000000" not in write_beatmap(parse_beatmap(TEXT))
    assert star_rating(parse_beatmap(TEXT)) >= 0
