"""Passes over a song with a tiny random model: what holds whatever the model says."""

from itertools import pairwise

import numpy as np
import pytest
from contexts_model import SONG_MS, song_writer

from osu_beatmap.attributes import Attributes
from osu_beatmap.beatmap import GameMode
from osuT5.generation.audio_encoder import AudioEncoder
from osuT5.generation.sampling.sampler import Sampling
from osuT5.generation.super_timing import SuperTimer
from osuT5.tokens.contract import mini_spec

SPEC = mini_spec()
HOT = Sampling(temperature=1.5, context_temperatures={}, kind_temperatures={})


@pytest.fixture(scope="module")
def listener() -> AudioEncoder:
    return song_writer(SPEC, max_target_positions=128).listener


def timer(listener, seed=1, passes=0) -> SuperTimer:
    made = SuperTimer(listener, Attributes(GameMode.STANDARD, difficulty=3.0), HOT, seed)
    for _ in range(passes):
        made.decode_pass()
    return made


@pytest.mark.parametrize("song_ms", [40.0, 5_000.0, 100_000.0])
def test_windows_of_a_pass_lie_side_by_side_over_the_song(listener, song_ms):
    longer = timer(AudioEncoder(listener.model, SPEC, np.zeros((1, 64), np.float32), song_ms))
    firsts = []
    for number in range(20):
        windows = longer._windows(number)
        assert -SPEC.grid.window_ms < windows[0].start_ms <= 0
        assert windows[-1].to_ms >= song_ms > windows[-1].start_ms
        assert all(left.to_ms == right.from_ms == right.start_ms for left, right in pairwise(windows))
        firsts.append(windows[0].start_ms)
    gaps = np.diff(np.sort([*firsts, min(firsts) + SPEC.grid.window_ms]))
    assert gaps.max() < 3 * SPEC.grid.window_ms / 20, "passes begin everywhere in a window"


def test_beats_are_within_their_windows_and_the_seed_decides(listener):
    one, again, other = timer(listener, 1, 2), timer(listener, 1, 2), timer(listener, 2, 2)
    assert one.passes == again.passes
    assert one.passes != other.passes
    assert one.passes[0] != one.passes[1]
    assert one.tokens == again.tokens >= sum(map(len, one.passes))
    times_ms = [beat.time_ms for beat in one.passes[0]]
    assert times_ms, "a random model writes something"
    assert -SPEC.grid.window_ms < min(times_ms) <= max(times_ms) < SONG_MS + SPEC.grid.window_ms


def test_activations_are_averaged_over_passes(listener):
    made = timer(listener)
    means = []
    for _ in range(2):
        made.decode_pass()
        means.append(made.activations.mean())
    assert means[0].shape == means[1].shape == (int(SONG_MS / SPEC.grid.frame_ms) + 1, 6)
    assert not np.array_equal(*means)
    assert (means[1] > 0).all(), "every frame was heard"
