"""The picture of a map is well-formed, whatever the map holds."""

import xml.etree.ElementTree as ET

import pytest

from demo.draw_map import draw, draw_side_by_side, main
from demo.moments import DON, KAT, ROLL, moments_of
from osu_beatmap.beatmap import (
    EFFECT_KIAI,
    Beatmap,
    Circle,
    GameMode,
    HitSound,
    HoldNote,
    Metadata,
    Spinner,
    TimingPoint,
)
from osu_beatmap.files.writer import save_beatmap
from tests.support.finish_drafts import RED, draft_of
from tests.support.sliders import line_slider

SVG = "{http://www.w3.org/2000/svg}"
KIAI = TimingPoint(4000.0, -100.0, uninherited=False, effects=EFFECT_KIAI)
SLIDER = line_slider(1500.0, (100.0, 100.0), (200.0, 100.0), length_px=100.0)


def beatmap(*objects, mode=GameMode.STANDARD) -> Beatmap:
    made = draft_of(*objects, mode=mode, lines=(RED, KIAI))
    made.metadata = Metadata(title="Tom & <Jerry>", artist='"Quoted"', version="Hard")
    return made


def texts(svg: str) -> list[str]:
    return [element.text for element in ET.fromstring(svg).iter(f"{SVG}text")]


def test_objects_of_the_moment_are_drawn_with_their_numbers():
    spinner = Spinner(2000.0, 256, 192, end_ms=3000.0)
    drawn = draw(beatmap(Circle(1000.0, 50, 50, new_combo=True), SLIDER, spinner, Circle(9000.0, 300, 300)), [900.0])
    root = ET.fromstring(drawn)
    assert len(list(root.iter(f"{SVG}circle"))) == 3, "two objects and a spinner; the last object comes later"
    assert len(list(root.iter(f"{SVG}polyline"))) == 3, "border, body and tint of the slider"
    assert {"1", "2", "00:00"} <= set(texts(drawn))
    assert texts(drawn)[0] == '"Quoted" - Tom & <Jerry> [Hard]'


@pytest.mark.parametrize(
    "odd",
    [beatmap(), beatmap(Circle(-50.0, 0, 0)), beatmap(HoldNote(1000.0, 64, 192, end_ms=2000.0), mode=GameMode.MANIA)],
)
def test_odd_maps_can_be_drawn(odd):
    assert ET.fromstring(draw(odd, [0.0, 1e6])).tag == f"{SVG}svg"


def test_taiko_is_lanes_of_three_seconds_with_colours_and_big_notes():
    notes = (Circle(1000.0, 0, 0), Circle(2000.0, 0, 0, hitsound=HitSound.CLAP | HitSound.FINISH), Circle(4000.0, 0, 0))
    root = ET.fromstring(draw(beatmap(*notes, SLIDER, mode=GameMode.TAIKO), [900.0]))
    drawn = {(c.get("fill"), c.get("r"), c.get("cy")) for c in root.iter(f"{SVG}circle")}
    assert {(DON, "11", "70.0"), (KAT, "17", "70.0"), (DON, "11", "158.0"), (ROLL, "11", "70.0")} == drawn


def test_catch_and_mania_are_strips_in_which_time_runs_upwards():
    fruits = (Circle(1000.0, 100, 0), Circle(2000.0, 100, 0))
    root = ET.fromstring(draw(beatmap(*fruits, mode=GameMode.CATCH), [900.0]))
    heights = [float(c.get("cy")) for c in root.iter(f"{SVG}circle")]
    assert heights == sorted(heights, reverse=True)
    assert len(heights) == 2
    held = HoldNote(1000.0, 64, 192, end_ms=4000.0)
    root = ET.fromstring(draw(beatmap(held, Circle(1500.0, 192, 192), mode=GameMode.MANIA), [900.0]))
    assert sum(r.get("opacity") == "0.5" for r in root.iter(f"{SVG}rect")) == 2, "in both strips that it lasts in"


def test_moments_without_a_choice_are_spread_over_the_map():
    assert moments_of(beatmap(*(Circle(1000.0 * beat, 0, 0) for beat in range(8)))) == [1000, 3000, 5000, 7000]
    assert moments_of(beatmap()) == [0]


def test_two_maps_side_by_side(tmp_path, monkeypatch):
    before, after = beatmap(Circle(1000.0, 48, 48)), beatmap(Circle(1000.0, 50, 60))
    drawn = draw_side_by_side({"before": before, "after": after}, [900.0, 5000.0])
    root = ET.fromstring(drawn)
    assert [circle.get("cx") for circle in root.iter(f"{SVG}circle")] == ["48", "50"]
    assert texts(drawn)[0] == "before"
    for name, drawn_map in (("a.osu", after), ("b.osu", before)):
        save_beatmap(drawn_map, tmp_path / name)
    words = ["draw_map", str(tmp_path / "a.osu"), str(tmp_path / "p.svg"), "--moments", "900"]
    for more, circles in (([], 1), (["--beside", str(tmp_path / "b.osu")], 2)):
        monkeypatch.setattr("sys.argv", [*words, *more])
        assert main() == 0
        assert len(list(ET.parse(tmp_path / "p.svg").iter(f"{SVG}circle"))) == circles
