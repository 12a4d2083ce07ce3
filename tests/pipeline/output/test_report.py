"""The report beside a map: what its JSON states, and what its picture shows."""

import json
from pathlib import Path

import numpy as np
import pytest

from osu_beatmap.beatmap import Beatmap, Circle, Difficulty, GameMode, HoldNote, TimingPoint
from osu_beatmap.star_rating import star_rating
from pipeline.finishing.presentation import AI_TAG
from pipeline.output.map_picture import GAP, KIAI, PANEL, picture
from pipeline.output.overview_picture import BARS, PANEL_HEIGHT, overview
from pipeline.output.report import report_of, write_report
from pipeline.output.summary import GenerationResult, GenerationSummary
from pipeline.request.options import option_fields
from pipeline.request.resolve import resolve
from tests.pipeline.output.test_map_picture import beatmap

SONG_MS = 20_000.0


def jumps(mode: GameMode = GameMode.STANDARD) -> Beatmap:
    """Two objects a second from 2 s on, and four a second from 10 s on."""
    times_ms = [*range(2000, 10_000, 500), *range(10_000, 15_000, 250)]
    objects = [Circle(float(time_ms), 64 + 128 * (index % 4), 192) for index, time_ms in enumerate(times_ms)]
    if mode is GameMode.MANIA:
        objects[0] = HoldNote(2000.0, 64, 192, end_ms=2300.0)
    return Beatmap(
        mode=mode, difficulty=Difficulty(circle_size=4.0), timing_points=[TimingPoint(0.0, 500.0)], hit_objects=objects
    )


@pytest.fixture
def result(tmp_path: Path) -> GenerationResult:
    made = jumps()
    return GenerationResult(made, tmp_path / "A - B (c) [Hard].osu", None, star_rating(made), 1.5, 7, ["Short."])


@pytest.fixture
def account() -> GenerationSummary:
    unused = {"invalid": {"slider_end": 2}, "dropped": {}, "incomplete": {"hold_note": 1}}
    return GenerationSummary("mini", SONG_MS, ["Short."], 120, 5, {"map": 3}, unused, {"moved": 4})


OPTIONS = {"audio_path": "songs/a.mp3", "difficulty": 3.5, "descriptors": ["jumps"], "hitsounded": False}


def test_everything_is_stated(result: GenerationResult, account: GenerationSummary) -> None:
    report = report_of(resolve(OPTIONS), result, account)
    assert set(report["settings"]) == set(option_fields())
    assert report["settings"]["descriptors"] == ["jumps"]
    assert report["settings"]["gamemode"] == 0
    assert report["settings"]["hitsounded"] is False
    assert report["settings"]["output_type"] == ["TIMING", "KIAI", "MAP", "SV"]
    assert report["settings"]["title"] is None
    assert report["disclosure"]["tag"] == AI_TAG
    assert "mini" in report["disclosure"]["statement"]
    assert report["seed"] == 7
    assert report["star_rating"] == {"asked": 3.5, "reached": star_rating(jumps())}
    assert report["written"] == {"windows": 5, "tokens": 120, "stray_events": {"map": 3}}
    assert report["unused"]["invalid"] == {"slider_end": 2}
    assert report["repairs"] == {"moved": 4}
    assert report["difficulty_settings"]["circle_size"] == 4.0
    assert report["objects"] == {"circles": 36, "sliders": 0, "spinners": 0}
    assert {found["rule"] for found in report["rules"]} >= {"drain_time"}, "the map is too short to be ranked"


def test_two_files_lie_beside_the_map(result: GenerationResult, account: GenerationSummary, tmp_path: Path) -> None:
    path = write_report(resolve(OPTIONS), result, account)
    assert {file.name for file in tmp_path.iterdir()} == {"A - B (c) [Hard].report.json", "A - B (c) [Hard].report.png"}
    assert json.loads(path.read_text(encoding="utf-8"))["map"] == "A - B (c) [Hard].osu"
    assert path.with_suffix(".png").read_bytes().startswith(b"\x89PNG")


def test_bars_are_as_high_as_the_map_is_dense() -> None:
    pixels = overview(jumps(), SONG_MS)
    bars = pixels[GAP : GAP + PANEL_HEIGHT, GAP:-GAP]

    def height(time_ms: float) -> int:
        return int((bars[:, int(bars.shape[1] * time_ms / SONG_MS)] == BARS).all(axis=-1).sum())

    assert [height(time_ms) for time_ms in (1500, 5500, 12_500, 17_500)] == [0, PANEL_HEIGHT // 2, PANEL_HEIGHT, 0]


@pytest.mark.parametrize("mode", list(GameMode))
def test_strains_are_drawn_where_objects_are(mode: GameMode) -> None:
    pixels = overview(jumps(mode), SONG_MS)
    strain = pixels[2 * GAP + PANEL_HEIGHT : 2 * (GAP + PANEL_HEIGHT), GAP:-GAP]
    drawn = (strain != PANEL).any(axis=-1).any(axis=0)
    columns = [int(strain.shape[1] * time_ms / SONG_MS) for time_ms in (1000, 5000, 12_000, 19_000)]
    assert [bool(drawn[column]) for column in columns] == [False, True, True, False]


def test_kiai_has_a_ground_of_its_own_and_the_map_lies_below() -> None:
    pixels = overview(beatmap(Circle(500.0, 256, 192), Circle(1000.0, 0, 0)), SONG_MS)
    ground = pixels[GAP + 1, GAP:-GAP]
    kiai = (ground == KIAI).all(axis=-1)
    assert not kiai[: int(0.19 * len(ground))].any()
    assert kiai[int(0.21 * len(ground))]
    rows = picture(beatmap(Circle(500.0, 256, 192), Circle(1000.0, 0, 0)), SONG_MS)
    assert np.array_equal(pixels[-len(rows) :], rows)


@pytest.mark.parametrize("odd", [Beatmap(), beatmap(), beatmap(Circle(-50.0, -900, 9000), Circle(1e9, 0, 0))])
def test_odd_maps_have_an_overview(odd: Beatmap) -> None:
    assert overview(odd, 0.5).shape == overview(Beatmap(), 0.5).shape
