"""Corpus of the rhythm model: songs of a folder, their cache, and what is skipped."""

from pathlib import Path

import numpy as np
import pytest

from osu_beatmap.beatmap import Circle, GameMode, TimingPoint
from osu_beatmap.held_out import Split
from osuT5.dataset.files.sources import SourceReport
from osuT5.rhythm import corpus, features
from osuT5.rhythm.conditions import Origin
from osuT5.rhythm.corpus import load_songs
from osuT5.rhythm.features import BANDS, compute_features
from tests.osuT5.dataset.training_songs import small_beatmap, write_mapset

RATE_HZ = 16_000


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with one mapset: 12 s of noise, a standard map, a converted one and a broken one."""
    maps = [small_beatmap("Song"), small_beatmap("Song", GameMode.TAIKO, source="TJA")]
    for beatmap in maps:
        beatmap.timing_points = [TimingPoint(100.0, 500.0)]
        beatmap.hit_objects = [Circle(time_ms, 256, 192) for time_ms in (100.0, 600.0, 600.0, 1100.0)]
    mapset = write_mapset(tmp_path / "mapsets" / "a", *maps)
    (mapset / "broken.osu").write_text("AudioFilename: audio.wav\n", encoding="utf-8")
    return tmp_path / "mapsets"


def test_songs_have_features_and_distinct_object_times(folder: Path, tmp_path: Path) -> None:
    report = SourceReport()
    (song,) = load_songs(str(folder), tmp_path / "cache", Split.ALL, report)
    assert song.features.shape == (1201, BANDS)
    assert song.duration_ms == pytest.approx(12_010)
    assert [(chart.mode, chart.origin) for chart in song.charts] == [
        (GameMode.STANDARD, Origin.OSU),
        (GameMode.TAIKO, Origin.TJA),
    ]
    assert song.charts[0].times_ms == (100.0, 600.0, 1100.0)
    assert song.charts[0].red_lines == ((100.0, 500.0, 4),)
    assert len(report.skipped) == 1


def test_a_cached_song_is_not_read_again(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (first,) = load_songs(str(folder), tmp_path / "cache", Split.ALL)
    for module, name in ((corpus, "read_charts"), (features, "load_audio")):
        monkeypatch.setattr(module, name, None)
    (again,) = load_songs(str(folder), tmp_path / "cache", Split.ALL)
    assert again.charts == first.charts
    np.testing.assert_array_equal(again.features, first.features)


def test_a_song_is_in_one_split(folder: Path, tmp_path: Path) -> None:
    assert len(load_songs(str(folder), tmp_path / "cache", Split.TRAIN)) == 1
    assert load_songs(str(folder), tmp_path / "cache", Split.HELD_OUT) == []


def test_features_do_not_depend_on_their_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    samples = np.random.default_rng(0).uniform(-1, 1, 2 * RATE_HZ).astype(np.float32)
    whole = compute_features(samples)
    monkeypatch.setattr(features, "_BLOCK_FRAMES", 60)
    np.testing.assert_allclose(compute_features(samples), whole, atol=2e-3)
