"""A song's spectrogram, whole and in pieces."""

import numpy as np
import pytest

from osuT5.audio.mel import song_mel, window_mel
from osuT5.tokens.contract import mini_spec

SPEC = mini_spec()


@pytest.mark.parametrize("sample_count", [16_000, 128 * 200, 128 * 200 + 1])
def test_piece_by_piece_is_the_same_as_at_once(sample_count):
    samples = np.random.default_rng(0).normal(size=sample_count).astype(np.float32)
    whole = song_mel(samples, SPEC)
    assert whole.shape == (sample_count // SPEC.grid.hop_samples + 1, SPEC.spectrogram.n_mels)
    assert whole.dtype == np.float16
    assert np.allclose(song_mel(samples, SPEC, block_frames=50), whole, rtol=2e-3)


def test_a_click_is_in_the_frame_that_is_centred_on_it():
    samples = np.zeros(16_000, dtype=np.float32)
    samples[8_000] = 1.0
    loudness = song_mel(samples, SPEC).astype(np.float32).sum(axis=1)
    frame = int(loudness.argmax())
    assert frame * SPEC.grid.hop_samples == pytest.approx(8_000, abs=SPEC.grid.hop_samples / 2)


@pytest.mark.parametrize("speed", [1.0, 1.25])
def test_a_window_is_silent_around_the_song(speed):
    mel = np.full((40, 3), 2.0, dtype=np.float16)
    window = window_mel(mel, -10, 80, speed)
    first, last = round(10 / speed), int((10 + 39) / speed)
    assert window.shape == (80, 3)
    assert (window[:first] == 0).all()
    assert (window[first : last + 1] == 2).all()
    assert (window[last + 1 :] == 0).all()
