"""Whole-song prediction, its loss, the phase of the beat and pooled downbeats."""

import numpy as np
import pytest
import torch
from rhythm_songs import SMALL, make_song

from osu_beatmap.beatmap import TimingPoint
from osu_beatmap.timing.active_point import Timing
from osu_beatmap.timing.beat_clock import BeatClock
from osuT5.bars.placement import constant_meter, most_likely_downbeat
from osuT5.rhythm.axis import SongAxis, song_axes
from osuT5.rhythm.network import RhythmNetwork
from osuT5.rhythm.phase import PROBES, QUARTERS, axis_entropies, entropy_per_object, most_likely_shift
from osuT5.rhythm.prediction import RhythmPrediction, nats_per_object, predict_rhythm


@pytest.fixture
def axis() -> SongAxis:
    return song_axes(make_song())[0]


@pytest.fixture
def network() -> RhythmNetwork:
    torch.manual_seed(0)
    return RhythmNetwork(SMALL).eval()


def make_prediction(*logits: float) -> RhythmPrediction:
    return RhythmPrediction(np.array([logits], np.float32), np.zeros(1, np.float32))


def test_every_tick_gets_a_logit_and_downbeats_need_no_map(network: RhythmNetwork, axis: SongAxis) -> None:
    prediction = predict_rhythm(network, axis, axis.conditions)
    assert prediction.objects.shape == (1, axis.step_count)
    assert prediction.downbeats.shape == (len(axis.clock),)
    np.testing.assert_array_equal(np.isfinite(prediction.objects[0]), axis.clock.tick_exists.ravel())
    with_map = predict_rhythm(network, axis, axis.conditions)
    alone = predict_rhythm(network, axis, [])
    assert alone.objects.shape == (0, axis.step_count)
    np.testing.assert_allclose(alone.downbeats, with_map.downbeats, atol=1e-6)


def test_logits_are_those_of_the_window_around_them(network: RhythmNetwork, axis: SongAxis) -> None:
    half, quarter = SMALL.window_beats // 2, SMALL.window_beats // 4
    prediction = predict_rhythm(network, axis, axis.conditions, bars_known=False)
    shifted = predict_rhythm(network, axis, axis.conditions, shift_steps=24 * half)
    # The second window of one is the first of the other.
    np.testing.assert_allclose(
        prediction.objects[0, 24 * half : 24 * (half + quarter)], shifted.objects[0, : 24 * quarter], atol=1e-5
    )


def test_likely_steps_counts_and_entropies_of_logits() -> None:
    prediction = make_prediction(0.0, 3.0, -np.inf, 2.0, 1.0)
    np.testing.assert_array_equal(prediction.most_likely_steps(0, 2), [1, 3])
    np.testing.assert_array_equal(prediction.most_likely_steps(0, 4), [0, 1, 3, 4])
    assert make_prediction(0.0, 0.0, 40.0, -np.inf).expected_count(0) == pytest.approx(2.0)
    assert nats_per_object(make_prediction(0.0, 0.0, -np.inf), 0, np.array([1])) == pytest.approx(2 * np.log(2))
    assert nats_per_object(make_prediction(-30.0, 30.0), 0, np.array([1])) == pytest.approx(0.0, abs=1e-6)
    assert entropy_per_object(make_prediction(-30.0, 30.0, -np.inf), 0) == pytest.approx(0.0, abs=1e-6)
    assert entropy_per_object(make_prediction(0.0, 0.0), 0) == pytest.approx(2 * np.log(2))


def test_the_phase_has_the_least_entropy_and_the_downbeat_is_pooled_over_bars(
    network: RhythmNetwork, axis: SongAxis
) -> None:
    entropies = axis_entropies(network, axis)
    assert entropies.shape == (len(QUARTERS), len(PROBES))
    assert most_likely_shift(network, axis) == QUARTERS[np.log(entropies).mean(axis=1).argmin()]
    logits = np.tile([0.0, 1.0, 0.0, 0.5], 5)
    logits[2] = 3.0
    assert most_likely_downbeat(logits, 4) == 1


@pytest.mark.parametrize(("second_ms", "meter"), [(4000.0, 4), (4500.0, None)])
def test_meter_is_constant_if_bars_do_not_break(second_ms: float, meter: int | None) -> None:
    reds = [TimingPoint(0.0, 500.0), TimingPoint(second_ms, 500.0)]
    assert constant_meter(BeatClock.from_timing(Timing(reds), 9000.0)) == meter
