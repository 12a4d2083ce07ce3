"""Times at which objects begin, for a request."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from osu_beatmap.attributes import Attributes
from osu_beatmap.beatmap import GameMode, TimingPoint
from osuT5.rhythm.features import BANDS
from osuT5.rhythm.files import load_rhythm_model
from paths import MODEL_DIR
from pipeline.generation.rhythm import RhythmPlanner

LINES = [TimingPoint(1_000.0, 500.0, 4)]


@pytest.fixture(scope="module")
def features() -> np.ndarray:
    """A minute with a sound on every beat, and a louder one on every downbeat."""
    levels = np.random.default_rng(0).uniform(0.0, 0.2, (6_000, BANDS))
    beats = np.arange(102, 6_000, 50)
    levels[beats], levels[beats[::4]] = 3.0, 4.0
    return levels.astype(np.float16)


def planner(features: np.ndarray, start_ms: float = -np.inf, end_ms: float = 60_000.0) -> RhythmPlanner:
    return RhythmPlanner(load_rhythm_model(MODEL_DIR / "mini_rhythm"), features, LINES, start_ms, end_ms)


def test_harder_maps_have_more_objects(features: np.ndarray) -> None:
    rhythm, easy = planner(features), Attributes(GameMode.STANDARD, difficulty=1.5)
    counts = [len(rhythm.times_ms(replace(easy, difficulty=stars), 1)) for stars in (1.5, 3.0, 6.0)]
    assert counts == sorted(counts)
    assert counts[0] < counts[-1]


def test_objects_begin_in_the_part_to_map_and_after_the_first_red_line(features: np.ndarray) -> None:
    wanted = Attributes(GameMode.TAIKO, difficulty=3.0)
    whole = planner(features).times_ms(wanted, 1)
    assert len(whole)
    assert whole[0] >= 1_000.0
    part = planner(features, 20_000.0, 30_000.0).times_ms(wanted, 1)
    assert len(part)
    assert part[0] >= 20_000.0
    assert part[-1] < 30_000.0
