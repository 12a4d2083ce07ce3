"""Times at which objects begin, for a request."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from osu_beatmap.attributes import Attributes
from osu_beatmap.beatmap import GameMode, TimingPoint
from osu_beatmap.splice import Span
from osuT5.model.files.find import BUNDLED_MODEL
from osuT5.rhythm.features import BANDS
from pipeline.generation.map_model.rhythm import SongRhythm

LINES = [TimingPoint(1_000.0, 500.0, 4)]


@pytest.fixture(scope="module")
def features() -> np.ndarray:
    """A minute with a sound on every beat, and a louder one on every downbeat."""
    levels = np.random.default_rng(0).uniform(0.0, 0.2, (6_000, BANDS))
    beats = np.arange(102, 6_000, 50)
    levels[beats], levels[beats[::4]] = 3.0, 4.0
    return levels.astype(np.float16)


@pytest.fixture(scope="module")
def rhythm(features: np.ndarray) -> SongRhythm:
    return SongRhythm(SimpleNamespace(rhythm_features=features, song_ms=60_000.0), BUNDLED_MODEL)


def test_harder_maps_have_more_objects(rhythm: SongRhythm) -> None:
    wanted = [Attributes(GameMode.STANDARD, difficulty=stars) for stars in (1.5, 3.0, 6.0)]
    counts = [len(rhythm.object_times_ms(LINES, Span(), each, 1)) for each in wanted]
    assert counts == sorted(counts)
    assert counts[0] < counts[-1]


def test_objects_begin_in_the_part_to_map_and_after_the_first_red_line(rhythm: SongRhythm) -> None:
    wanted = Attributes(GameMode.TAIKO, difficulty=3.0)
    whole = rhythm.object_times_ms(LINES, Span(), wanted, 1)
    assert len(whole)
    assert whole[0] >= 1_000.0
    part = rhythm.object_times_ms(LINES, Span(20_000.0, 30_000.0), wanted, 1)
    assert len(part)
    assert part[0] >= 20_000.0
    assert part[-1] < 30_000.0
