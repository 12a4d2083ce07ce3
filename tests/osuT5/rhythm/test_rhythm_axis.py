"""Axes of songs, windows of them and their targets."""

import numpy as np
from rhythm_songs import BEAT_MS, make_chart, make_song

from osu_beatmap.beatmap import GameMode
from osuT5.rhythm.axis import song_axes


def test_charts_with_equal_red_lines_share_an_axis() -> None:
    song = make_song(make_chart("a"), make_chart("b", GameMode.TAIKO), make_chart("c", start_ms=300.0))
    assert [[chart.name for chart in axis.charts] for axis in song_axes(song)] == [["a", "b"], ["c"]]


def test_ticks_are_read_where_they_sound_at_every_speed() -> None:
    axis = song_axes(make_song())[0]
    window = axis.window(int(axis.objects[0][0]), 8)
    np.testing.assert_allclose(np.diff(window.tick_frames), BEAT_MS / 24 / 10, atol=1e-3)
    loudest = window.features.mean(axis=1).argsort()[-9:]  # of eight beats and the one after
    np.testing.assert_array_equal(np.sort(loudest)[:8], np.round(window.tick_frames[::24]))
    axis = song_axes(make_song())[0]
    plain, fast = axis.window(24, 8), axis.window(24, 8, speed=1.25)
    np.testing.assert_allclose(fast.tick_frames * 1.25, plain.tick_frames, rtol=1e-5)
    assert len(fast.features) < len(plain.features)


def test_targets_are_the_objects_of_the_chart_and_no_tick_exists_beyond_the_clock() -> None:
    axis = song_axes(make_song())[0]
    first_object = axis.objects[0][0]
    targets = axis.targets(0, int(first_object), 4)
    np.testing.assert_array_equal(np.flatnonzero(targets), [0, 24, 48, 72])
    shifted = axis.targets(0, int(first_object) + 12, 4)
    np.testing.assert_array_equal(np.flatnonzero(shifted), [12, 36, 60, 84])
    axis = song_axes(make_song())[0]
    before = axis.window(-48, 4)
    np.testing.assert_array_equal(before.tick_exists, np.arange(96) >= 48)
    after = axis.window(axis.step_count - 48, 4)
    np.testing.assert_array_equal(after.tick_exists, np.arange(96) < 48)
    assert not after.features[-1].any()
