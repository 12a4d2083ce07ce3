"""Songs as Opus: nothing moves in time, and the same song gives the same bytes."""

import io

import numpy as np
import pytest
import soundfile

from dataset_builder.opus import opus_bytes
from osuT5.audio.decode import load_audio

RATE_HZ = 44_100
CLICKS_S = (0.5, 1.25, 3.0, 5.9)


@pytest.fixture
def song(tmp_path):
    """Clicks in quiet noise, in stereo."""
    noise = np.random.default_rng(0).normal(size=(6 * RATE_HZ, 2)) * 1e-3
    for click_s in CLICKS_S:
        noise[round(click_s * RATE_HZ) : round(click_s * RATE_HZ) + 20] = 0.8
    soundfile.write(tmp_path / "song.flac", noise, RATE_HZ)
    return tmp_path / "song.flac"


def test_clicks_stay_where_they_are_and_the_same_song_gives_the_same_bytes(song, tmp_path):
    (tmp_path / "song.opus").write_bytes(opus_bytes(song, 64))
    assert opus_bytes(song, 64) == (tmp_path / "song.opus").read_bytes() != opus_bytes(song, 32)
    audio = load_audio(tmp_path / "song.opus", 48_000)
    assert len(audio) == 6 * 48_000
    for click_s in CLICKS_S:
        around = np.abs(audio[round((click_s - 0.05) * 48_000) : round((click_s + 0.05) * 48_000)])
        assert around.argmax() / 48_000 - 0.05 == pytest.approx(0, abs=0.0006)


def test_opus_stays_as_it_is_unless_it_is_far_above_the_bit_rate(song, tmp_path):
    first = opus_bytes(song, 128)
    (tmp_path / "song.ogg").write_bytes(first)
    assert opus_bytes(tmp_path / "song.ogg", 128) == first
    assert len(opus_bytes(tmp_path / "song.ogg", 16)) < 0.5 * len(first)


def test_vorbis_is_not_taken_for_opus(tmp_path):
    file = io.BytesIO()
    soundfile.write(file, np.random.default_rng(0).normal(size=RATE_HZ * 2) * 0.1, RATE_HZ, format="OGG")
    (tmp_path / "song.ogg").write_bytes(file.getvalue())
    assert b"OpusHead" in opus_bytes(tmp_path / "song.ogg", 64)[:100]
