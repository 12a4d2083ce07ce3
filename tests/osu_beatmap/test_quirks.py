"""Each quirk of the published program alone, on small files, and that none of them is on by default."""

import math
from dataclasses import fields, replace

import pytest

from osu_beatmap.beatmap import CurveKind, Slider
from osu_beatmap.files.reader import parse_beatmap
from osu_beatmap.geometry.coarse_curves import curve_end
from osu_beatmap.quirks import NO_QUIRKS, Quirks

FILE = """osu file format v{version}

[Difficulty]
SliderMultiplier:{multiplier}

[TimingPoints]
1000,500,4,2,0,70,1,8

[HitObjects]
0,0,2000,2,8,{path},{slides},140{edges}
"""


def read(quirk="", path="B|100:0|100:0", version=14, slides=1, edges="", multiplier=1.4):
    quirks = replace(NO_QUIRKS, **{quirk: True}) if quirk else NO_QUIRKS
    text = FILE.format(version=version, path=path, slides=slides, edges=edges, multiplier=multiplier)
    return parse_beatmap(text, quirks=quirks)


def slider_of(beatmap) -> Slider:
    return beatmap.hit_objects[0]


def test_each_is_explained(repo_root):
    explained = (repo_root / "docs" / "parity.md").read_text(encoding="utf-8")
    assert [field.name for field in fields(Quirks) if f"| `{field.name}` |" not in explained] == []


def paths(beatmap) -> list:
    return [segment.points for segment in slider_of(beatmap).segments]


@pytest.mark.parametrize(
    ("quirk", "file", "value", "ours", "theirs"),
    [
        ("whole_paths", {}, paths, [[(0, 0), (100, 0), (100, 0)]], [[(0, 0), (100, 0), (100, 0)]]),
        (
            *("whole_paths", {"path": "B|50:0|50:0|100:0|100:0"}, paths),
            [[(0, 0), (50, 0)], [(50, 0), (100, 0), (100, 0)]],
            [[(0, 0), (50, 0), (50, 0), (100, 0), (100, 0)]],
        ),
        ("plain_edges", {"slides": 2}, lambda b: [e.hitsound for e in slider_of(b).edges], [8, 8, 8], [0, 0, 0]),
        ("any_effect_is_kiai", {}, lambda b: b.timing_points[0].kiai, False, True),
        ("early_old_formats", {"version": 4}, lambda b: slider_of(b).time_ms, 2024, 2000),
        ("early_old_formats", {"version": 4}, lambda b: b.timing_points[0].time_ms, 1024, 1000),
        ("free_multiplier", {"multiplier": 7}, lambda b: b.difficulty.slider_multiplier, 3.6, 7),
    ],
)
def test_each_alone(quirk, file, value, ours, theirs):
    assert value(read(**file)) == ours
    assert value(read(quirk, **file)) == theirs


def test_the_last_plain_edge_is_the_last_that_the_file_lists():
    edges = ",2|4|8|2,1:1|2:2|3:3"
    ours, theirs = slider_of(read(edges=edges)), slider_of(read("plain_edges", edges=edges))
    assert [(e.hitsound, e.normal_set) for e in ours.edges] == [(2, 1), (4, 2)]
    assert [(e.hitsound, e.normal_set) for e in theirs.edges] == [(2, 1), (2, 3)]


@pytest.mark.parametrize(
    ("kind", "points", "end"),
    [
        (CurveKind.LINEAR, [(0, 0), (100, 0)], (50, 0)),
        (CurveKind.LINEAR, [(0, 0), (20, 0), (20, 100)], (20, 30)),
        (CurveKind.BEZIER, [(0, 0), (20, 0), (20, 0), (20, 100)], (20, 30)),
        (CurveKind.BEZIER, [(0, 0), (100, 0), (100, 0)], (100, 0)),  # what is doubled last is not cut
        (CurveKind.BEZIER, [(0, 0), (90, 0), (100, 0)], (70, 0)),  # cut by its parameter: its first half is longer
        (CurveKind.CATMULL, [(0, 0), (50, 9), (100, 0)], (100, 0)),
        (CurveKind.PERFECT, [(0, 0), (50, 0), (100, 0)], (50, 0)),
    ],
)
def test_ends_of_curves_50_px_long(kind, points, end):
    assert curve_end(kind, points, 50.0) == pytest.approx(end)


@pytest.mark.parametrize("length_px", [50.0, 100.0, 500.0])
def test_an_arc_is_cut_but_not_prolonged(length_px):
    """Half a circle of radius 50, cut at an angle of its length by the radius."""
    x, y = curve_end(CurveKind.PERFECT, [(0, 0), (50, 50), (100, 0)], length_px)
    angle = min(length_px / 50, math.pi)
    assert (x, y) == pytest.approx((50 - 50 * math.cos(angle), 50 * math.sin(angle)))
