"""Beats by the red lines of human-made maps."""

import numpy as np
import pytest
from beat_songs import make_chart, make_song

from osuT5.beats.sampling import BeatSampler, BeatSamplingOptions, BeatSong, frame_targets, make_unbeaten
from osuT5.beats.targets import SongBeats, song_beats
from osuT5.rhythm.alignment import USUAL_LEAD_MS
from osuT5.rhythm.conditions import Origin


def beats_of(*red_lines, times_ms=(0.0, 10_000.0)) -> tuple[SongBeats, np.ndarray]:
    beats = song_beats(make_song(make_chart(*red_lines, times_ms=times_ms)))
    return beats, beats.sound_ms - USUAL_LEAD_MS


def test_beats_follow_the_first_line_in_both_directions():
    beats, times_ms = beats_of((3_000.0, 500.0, 4), times_ms=(2_000.0, 6_000.0))
    assert np.diff(times_ms) == pytest.approx(500.0)
    assert times_ms.min() < 2_000.0 < 6_000.0 < times_ms.max()
    assert set(times_ms[beats.is_downbeat] % 2_000.0) == {1_000.0}
    assert beats.start_ms == pytest.approx(2_000.0 - 8 * 500.0 + USUAL_LEAD_MS)
    assert beats.end_ms == pytest.approx(6_000.0 + 8 * 500.0 + USUAL_LEAD_MS)


@pytest.mark.parametrize(("bpm", "beat_bpm"), [(150, 150), (230, 230), (75, 75), (680, 170), (40, 80)])
def test_only_effects_on_scrolling_change_their_octave(bpm, beat_bpm):
    _, times_ms = beats_of((0.0, 60_000 / bpm, 4))
    assert np.diff(times_ms) == pytest.approx(60_000 / beat_bpm)


def test_sections_take_the_octave_of_the_tempo_that_lasts_longest():
    beats, times_ms = beats_of((0.0, 400.0, 4), (8_000.0, 200.0, 4), times_ms=(0.0, 9_600.0))
    assert np.diff(times_ms) == pytest.approx(400.0)
    bars_ms = np.diff(times_ms[beats.is_downbeat])
    assert (bars_ms[0], bars_ms[-1]) == pytest.approx((1_600.0, 800.0))


def test_targets_are_highest_on_the_frames_of_beats():
    beats = SongBeats(np.array([100.0, 605.0]), np.array([True, False]), 50.0, 900.0, Origin.OSU)
    targets, is_certain = frame_targets(beats, 0, 100)
    assert targets[10].tolist() == [1.0, 1.0]
    assert targets[60, 0] == pytest.approx(targets[61, 0])
    assert targets[:, 1].argmax() == 10
    assert targets[30].tolist() == [0.0, 0.0]
    assert np.flatnonzero(is_certain)[[0, -1]].tolist() == [5, 90]
    faster, _ = frame_targets(beats, 0, 100, speed=2.0)
    assert faster[:, 1].argmax() == 5


def test_batches_of_a_step_are_equal_and_some_windows_have_no_beat():
    songs = [BeatSong(song.features, song_beats(song)) for song in (make_song(), make_song(name="b", seed=1))]
    sampler = BeatSampler(songs, BeatSamplingOptions(songs=3, frames=256), seed=1)
    first, again, second = sampler.batch(0), sampler.batch(0), sampler.batch(1)
    assert first.features.shape == (3, 256, 64)
    assert first.targets.shape == (3, 256, 2)
    assert first.features.equal(again.features)
    assert not first.features.equal(second.features)
    silent = BeatSampler(songs, BeatSamplingOptions(songs=3, frames=256, silent_share=1.0), seed=1).batch(0)
    assert silent.targets.sum() == 0
    assert silent.is_certain.all()


def test_sounds_without_a_beat_are_finite_and_not_negative():
    features = np.random.default_rng(0).uniform(0, 3, (64, 64)).astype(np.float32)
    for seed in range(12):
        unbeaten = make_unbeaten(features, np.random.default_rng(seed))
        assert unbeaten.shape == features.shape
        assert np.isfinite(unbeaten).all()
        assert (unbeaten >= 0).all()
