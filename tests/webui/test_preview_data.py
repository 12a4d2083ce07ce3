"""What the player in the browser is given, in all modes."""

import json
import math
from dataclasses import replace
from itertools import pairwise

import pytest

from osu_beatmap.beatmap import (
    EFFECT_KIAI,
    Beatmap,
    Break,
    Circle,
    Difficulty,
    GameMode,
    HitSample,
    HitSound,
    HoldNote,
    Metadata,
    SampleSet,
    Slider,
    SliderEdge,
    Spinner,
    TimingPoint,
)
from osu_beatmap.files.reader import read_beatmap
from osu_beatmap.star_rating import star_rating
from tests.support.sliders import line_slider
from webui.preview_data import preview_of
from webui.preview_sounds import MAX_EDGES

LINES = [
    TimingPoint(0.0, 500.0, sample_set=SampleSet.SOFT, volume=60),
    TimingPoint(4000.0, -50.0, uninherited=False, effects=EFFECT_KIAI, sample_set=SampleSet.DRUM, volume=80),
]


def beatmap(*objects, mode=GameMode.STANDARD, **more) -> Beatmap:
    difficulty = Difficulty(circle_size=4.0, approach_rate=9.0, slider_multiplier=1.0)
    metadata = Metadata(title="Title", artist="Artist", version="Hard", creator="Mapper")
    made = {"mode": mode, "difficulty": difficulty, "metadata": metadata, "timing_points": list(LINES)}
    return Beatmap(**(made | {"hit_objects": list(objects)} | more))


def slider(time_ms: float, slides: int = 1, length_px: float = 200.0, **more) -> Slider:
    return line_slider(time_ms, (100, 100), (100 + length_px, 100), length_px=length_px, slides=slides, **more)


def sent(source: Beatmap) -> dict:
    """As it arrives: through JSON, which has no NaN."""
    return json.loads(json.dumps(preview_of(source), allow_nan=False))


def kinds(preview: dict) -> list[str]:
    return [each["kind"] for each in preview["objects"]]


def test_circles_sliders_and_spinners():
    preview = sent(
        beatmap(
            Circle(1000.0, 50, 60, new_combo=True), slider(1500.0, slides=2), Spinner(6000.0, 256, 192, end_ms=7000.0)
        )
    )
    assert preview["mode"] == 0
    assert (preview["approach_ms"], preview["fade_in_ms"]) == (600, 400)
    assert preview["radius_px"] == pytest.approx(36.5, abs=0.05)
    circle, drawn, spinner = preview["objects"]
    assert circle == {"kind": "circle", "time": 1000, "object": 0, "x": 50, "y": 60, "number": 1, "colour": 0}
    assert (drawn["end"], drawn["slides"], drawn["ticks"], drawn["number"]) == (3500, 2, [0.5], 2)
    assert drawn["path"] == [100, 100, 300, 100]
    assert spinner == {"kind": "spinner", "time": 6000, "object": 2, "end": 7000}


def test_places_are_after_stacking_and_thousands_of_slides_sound_twice():
    first, second = sent(beatmap(Circle(1000.0, 100, 100), Circle(1100.0, 100, 100)))["objects"]
    assert (first["x"], first["y"]) == (pytest.approx(96.4, abs=0.1), pytest.approx(96.4, abs=0.1))
    assert (second["x"], second["y"]) == (100, 100)
    on_slider = sent(beatmap(Circle(1400.0, 100, 100), slider(1500.0)))["objects"]
    assert on_slider[0]["x"] < on_slider[1]["path"][0] == on_slider[1]["x"]
    assert len(sent(beatmap(slider(1000.0, slides=MAX_EDGES + 1)))["sounds"]) == 2


def test_every_hit_has_its_bank_and_volume():
    edges = [SliderEdge(HitSound.CLAP), SliderEdge(HitSound.WHISTLE, SampleSet.NORMAL, SampleSet.DRUM)]
    objects = [
        Circle(1000.0, 0, 0, hitsound=HitSound.FINISH, sample=HitSample(volume=30)),
        slider(1500.0, edges=edges),
        Spinner(6000.0, 256, 192, end_ms=7000.0, hitsound=HitSound.CLAP),
    ]
    assert sent(beatmap(*objects))["sounds"] == [
        [1000, 2, 2, 4, 30],
        [1500, 2, 2, 8, 60],
        [2500, 1, 3, 2, 60],
        [7000, 3, 3, 8, 80],
    ]


def test_stars_are_those_of_all_other_places():
    stacked = beatmap(*(Circle(250.0 * number, 100 + 200 * (number // 4 % 2), 100) for number in range(40)))
    assert sent(stacked)["stars"] == round(star_rating(stacked), 2)
    assert star_rating(stacked) != star_rating(replace(stacked, stack_leniency=0.0))


def test_lines_kiai_breaks_and_curves_over_the_song():
    source = beatmap(
        *(Circle(500.0 * number, 10 * number, 50) for number in range(20)), breaks=[Break(20_000.0, 25_000.0)]
    )
    preview = sent(source)
    assert preview["song_ms"] == 10_500
    assert preview["reds"] == [[0, 500, 4]]
    assert preview["greens"] == [[4000, 2]]
    assert preview["kiai"] == [[4000, 10_500]], "kiai that nothing ends lasts to the end of the song"
    assert preview["breaks"] == [[20_000, 25_000]]
    assert preview["density"] == [2] * 10 + [0]
    assert preview["stars"] > 0
    for curve in preview["strain"]["skills"].values():
        assert max(curve) == 1


def test_taiko_notes_have_colour_size_and_scroll():
    objects = [
        Circle(0.0, 256, 192),
        Circle(500.0, 256, 192, hitsound=HitSound.CLAP | HitSound.FINISH),
        slider(5000.0),
        Spinner(7000.0, 256, 192, end_ms=8000.0),
    ]
    preview = sent(beatmap(*objects, mode=GameMode.TAIKO))
    assert kinds(preview) == ["don", "kat", "roll", "denden"]
    assert [each["big"] for each in preview["objects"]] == [False, True, False, False]
    assert [each["scroll"] for each in preview["objects"]] == [0.2, 0.2, 0.4, 0.4]
    assert preview["bar_lines"][:2] == [[0, 0.2], [2000, 0.2]]


def test_catch_has_fruits_droplets_and_bananas():
    objects = [Circle(0.0, 0, 192, new_combo=True), Circle(120.0, 512, 192), slider(1000.0, slides=2)]
    preview = sent(beatmap(*objects, Spinner(6000.0, 256, 192, end_ms=7000.0), mode=GameMode.CATCH))
    fruits = [each for each in preview["objects"] if each["kind"] == "fruit"]
    assert [each["time"] for each in fruits] == [0, 120, 1000, 2000, 3000]
    assert [each["x"] for each in fruits] == [0, 512, 100, 300, 100]
    assert [each["time"] for each in fruits if each.get("hyper")] == [0]
    droplets = [(each["time"], each["x"]) for each in preview["objects"] if each["kind"] == "droplet"]
    assert droplets == [(1500, 200), (2500, 200)]
    tiny = [each["time"] for each in preview["objects"] if each["kind"] == "tiny"]
    assert tiny[:3] == [1062.5, 1125, 1187.5]
    bananas = [each["time"] for each in preview["objects"] if each["kind"] == "banana"]
    assert (bananas[0], bananas[-1], len(bananas)) == (6000, 7000, 17)
    assert preview["catcher_px"] > 0


def test_mania_columns():
    objects = [Circle(0.0, 64, 192), HoldNote(500.0, 448, 192, end_ms=900.0)]
    preview = sent(beatmap(*objects, mode=GameMode.MANIA))
    assert preview["keys"] == 4
    assert preview["objects"] == [
        {"kind": "note", "time": 0, "object": 0, "column": 0},
        {"kind": "hold", "time": 500, "object": 1, "end": 900, "column": 3},
    ]


@pytest.mark.parametrize("mode", GameMode)
def test_broken_maps_can_be_shown(mode):
    broken = [
        Circle(math.nan, 0, 0),
        Circle(1e300, 0, 0),
        slider(1000.0, slides=0),
        slider(2000.0, length_px=0.0),
        Slider(3000.0, 0, 0),
        Spinner(5000.0, 0, 0, end_ms=4000.0),
        Spinner(6000.0, 0, 0, end_ms=2e9),
        Circle(1000.0, -5000, 9000),
    ]
    odd = Difficulty(circle_size=math.nan, approach_rate=1e9, slider_multiplier=math.inf)
    for source in (
        Beatmap(mode=mode),
        beatmap(*broken, mode=mode),
        beatmap(*broken, mode=mode, difficulty=odd, timing_points=[TimingPoint(math.nan, 0.0)]),
        beatmap(Circle(1.0, 0, 0), mode=mode, timing_points=[TimingPoint(0.0, 1e-9)]),
    ):
        preview = sent(source)
        assert preview["song_ms"] >= 1000
        assert len(preview["objects"]) < 2000


@pytest.mark.parametrize("mode", GameMode)
def test_real_charts(mode, shared_dir):
    chosen = []
    for path in sorted((shared_dir / "data" / "mapsets").rglob("*.osu")):
        source = read_beatmap(path)
        if source.mode is mode:
            chosen.append(source)
        if len(chosen) == 3:
            break
    for source in chosen:
        preview = sent(source)
        assert {each["object"] for each in preview["objects"]} == set(range(len(source.hit_objects)))
        assert all(before["time"] <= after["time"] for before, after in pairwise(preview["objects"]))
        assert len(preview["sounds"]) >= len(source.hit_objects)
        assert len(json.dumps(preview)) < 400 * len(source.hit_objects) + 30_000
