"""Lead of charts of other games over their sound."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from osu_beatmap.beatmap import Circle, GameMode
from pipeline.generation.map_model.rhythm import SongRhythm
from tests.support.finish_drafts import draft_of


@pytest.mark.parametrize(("source", "lead_ms"), [("", 25.0), ("StepMania", 70.0)])
def test_only_charts_of_other_games_have_a_lead_of_their_own(source, lead_ms):
    times_ms = np.arange(20) * 500.0 + 1000.0
    features = np.zeros((1200, 64), np.float32)
    for time_ms in times_ms:
        features[int(time_ms / 10) + 7 :] += 0.1  # the spectral flux is highest 60 ms after each object
    beatmap = draft_of(*(Circle(time_ms, 64.0, 192.0) for time_ms in times_ms), mode=GameMode.MANIA)
    beatmap = replace(beatmap, metadata=replace(beatmap.metadata, source=source))
    song = SongRhythm(SimpleNamespace(rhythm_features=features, song_ms=12_000.0), Path("unused"))
    assert song.lead_ms(beatmap) == pytest.approx(lead_ms, abs=5)
