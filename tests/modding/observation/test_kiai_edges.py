"""Edges of kiai against the bar lines around them, here with a song that changes once."""

import numpy as np
import pytest

from modding.observation.kiai_edges import SongSpectrum, kiai_edges
from osu_beatmap.timing.edits import set_kiai
from tests.support.review_maps import BEAT_MS, regular_map

FRAME_MS, LEAD_MS, BAR_MS = 8.0, 25.0, 4 * BEAT_MS
CHORUS_MS = (1000.0 + 8 * BAR_MS, 1000.0 + 16 * BAR_MS)


def song(chorus_ms: tuple[float, float] = CHORUS_MS, level: float = 1.0) -> SongSpectrum:
    """Noise, and a chorus that is louder in some of the bands."""
    times_ms = np.arange(int(34_000 / FRAME_MS)) * FRAME_MS - LEAD_MS
    mel = np.random.default_rng(1).normal(0.0, 0.1, (len(times_ms), 12))
    mel[(times_ms >= chorus_ms[0]) & (times_ms < chorus_ms[1]), 2:7] += 1.0
    return SongSpectrum(level * mel, FRAME_MS, LEAD_MS)


def with_kiai(start_ms: float, end_ms: float):
    beatmap = regular_map()
    beatmap.timing_points = set_kiai(beatmap.timing_points, [(start_ms, end_ms)])
    return beatmap


@pytest.mark.parametrize("level", [1.0, 5.0])
@pytest.mark.parametrize("bars", [-1, 1])
def test_a_kiai_a_bar_off_surprises_more_than_one_on_the_chorus(bars, level):
    right = kiai_edges(with_kiai(*CHORUS_MS), song(level=level))
    wrong = kiai_edges(with_kiai(*(edge + bars * BAR_MS for edge in CHORUS_MS)), song(level=level))
    assert [edge.is_start for edge in right] == [True, False]
    for on_it, off_it, chorus_ms in zip(right, wrong, CHORUS_MS, strict=True):
        assert on_it.surprise.bits + 2 < off_it.surprise.bits
        assert on_it.likeliest_ms == off_it.likeliest_ms == pytest.approx(chorus_ms)


def test_the_rest_of_the_map_tells_where_the_song_does_not_and_ends_may_be_missing():
    beatmap = with_kiai(*(edge + BAR_MS for edge in CHORUS_MS))
    beatmap.hit_objects = [obj for obj in beatmap.hit_objects if obj.time_ms >= CHORUS_MS[0] or obj.time_ms < 6000]
    start = kiai_edges(beatmap, song(chorus_ms=(0.0, 0.0)))[0]
    assert start.likeliest_ms == pytest.approx(CHORUS_MS[0])
    assert [edge.is_start for edge in kiai_edges(with_kiai(CHORUS_MS[0], 1e9), song())] == [True]
    assert kiai_edges(with_kiai(*CHORUS_MS), SongSpectrum(np.zeros((1000, 12)), FRAME_MS, LEAD_MS)) == []
