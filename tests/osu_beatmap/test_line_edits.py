"""Edits of a .osu file: lines of what did not change stay byte for byte."""

import copy
import difflib

import pytest

from modding import fixes
from osu_beatmap.files.reader import decode_osu_bytes, parse_beatmap
from osu_beatmap.line_edits import rewrite

FILE = """\ufeffosu file format v12

[General]
AudioFilename:song.mp3
PreviewTime:  700
SampleSet:Soft
Mode: 0

[Metadata]
Title:T
Version: Hard // not a comment

[Events]
2,4200,6000
//Background
[TimingPoints]
0,500.0000,4,2,0,60,1,0
1000,-100.00,4,2,0,60,0,1
1250.5,-133.3,4,2,0,60,0,1
3000,-100,4,2,0,60,0,0

[Colours]
Combo1 : 1,2,3

[HitObjects]
100,100,500,1,0,0:0:0:0:
200.0,100,1000,2,4,B|300:100|300:100|320:120,1,100.000000,4|0,0:0|0:0,0:0:0:0:
// a comment
300,100,1500,5,0
100,100,2000,2,0,L|200:100,2,100
256,192,2500,12,0,3500
100,300,4000,1,2,0:0:0:0:
200,300,6500,1,0,0:0:0:0:
"""
EDITS = {
    "move": (fixes.move_object(0, 625.0, ""), 1, 1),
    "end": (fixes.end_object(4, 3000.0, ""), 1, 1),
    "delete": (fixes.delete_object(2, ""), 1, 0),
    "combo": (fixes.set_new_combo(2, False, ""), 1, 1),
    "additions": (fixes.set_additions(5, 8, None, ""), 1, 1),
    "velocity": (fixes.set_velocity(3, 2.0, ""), 1, 3),
    "kiai later": (fixes.move_kiai_edge(1000.0, 2000.0, True, ""), 2, 3),
    "kiai earlier": (fixes.move_kiai_edge(1000.0, 500.0, True, ""), 0, 1),
    "kiai end": (fixes.move_kiai_edge(3000.0, 2000.0, False, ""), 0, 1),
    "preview": (fixes.set_preview(1000.0, ""), 1, 1),
    "shift": (fixes.shift_stretch(3900.0, 6200.0, 10.0, ""), 2, 2),
}
"""Fix, lines that go, lines that come."""


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize("name", EDITS)
def test_a_fix_changes_the_lines_of_what_it_names_alone(name, encoding, line_end):
    fix, gone, added = EDITS[name]
    data = FILE.replace("\n", line_end).encode(encoding)
    beatmap = parse_beatmap(decode_osu_bytes(data))
    edited = fixes.apply_fixes(beatmap, [fix])
    written = rewrite(data, edited)
    read = parse_beatmap(decode_osu_bytes(written))
    assert (read.timing_points, read.breaks) == (edited.timing_points, edited.breaks)
    assert [obj.time_ms for obj in read.hit_objects] == [obj.time_ms for obj in edited.hit_objects]
    before, after = (text.decode(encoding).split(line_end) for text in (data, written))
    marks = [line[0] for line in difflib.ndiff(before, after)]
    assert (marks.count("-"), marks.count("+")) == (gone, added)


def test_an_unchanged_map_gives_the_same_bytes_and_names_change_in_their_line():
    data = FILE.encode("utf-8")
    edited = copy.deepcopy(parse_beatmap(decode_osu_bytes(data)))
    assert rewrite(data, edited) == data
    edited.metadata.version = "Härter"
    assert rewrite(data, edited).decode("utf-8").splitlines()[10] == "Version: Härter"
