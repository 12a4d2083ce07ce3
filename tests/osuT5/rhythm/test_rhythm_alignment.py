"""Leads of maps that are off the audio, and of others."""

import numpy as np
import pytest
from rhythm_songs import make_chart, make_song

from osuT5.rhythm.alignment import USUAL_LEAD_MS, measure_lead_ms
from osuT5.rhythm.axis import song_axes
from osuT5.rhythm.features import BANDS


@pytest.mark.parametrize("error_ms", [-60.0, 60.0])
def test_a_chart_off_the_audio_is_read_at_its_own_lead(error_ms: float) -> None:
    song = make_song()
    late = np.array(song.charts[0].times_ms) + error_ms
    assert measure_lead_ms(song.features, late) == pytest.approx(USUAL_LEAD_MS - error_ms, abs=10)


def test_usual_charts_unclear_peaks_and_axes_as_given_have_the_usual_lead() -> None:
    song = make_song()
    for error_ms in (-10.0, 0.0, 15.0):
        assert measure_lead_ms(song.features, np.array(song.charts[0].times_ms) + error_ms) == USUAL_LEAD_MS
    noise = np.random.default_rng(0).uniform(0, 1, (2000, BANDS))
    assert measure_lead_ms(noise, np.arange(500.0, 15_000.0, 500.0)) == USUAL_LEAD_MS
    assert measure_lead_ms(np.zeros((2000, BANDS)), np.array([500.0])) == USUAL_LEAD_MS
    song = make_song(make_chart(), make_chart("off", start_ms=260.0))
    assert [axis.lead_ms for axis in song_axes(song, is_aligned=False)] == [USUAL_LEAD_MS] * 2
    assert song_axes(song)[1].lead_ms < 0
