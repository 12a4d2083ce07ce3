"""Loading as for the published models: against the standard library's own arithmetic where it is there."""

import wave

import numpy as np
import pytest

from osuT5.audio.decode import AudioError, load_audio
from parity.audio import load_audio_as_published, mono, peak_normalised, resample_linear

RATE = 16_000


@pytest.fixture
def song(tmp_path):
    """Writes noise as PCM of a width, channels and rate, and gives its path."""

    def write(width=2, channels=2, rate=44_100, seconds=1.2):
        rng = np.random.default_rng(0)
        path = tmp_path / f"{width}_{channels}_{rate}.wav"
        with wave.open(str(path), "wb") as file:
            file.setnchannels(channels)
            file.setsampwidth(width)
            file.setframerate(rate)
            file.writeframes(rng.integers(0, 256, int(rate * seconds) * channels * width, np.uint8).tobytes())
        return path

    return write


def test_points_lie_on_straight_lines_and_equal_rates_silence_and_missing_files(tmp_path):
    values = np.array([[0], [100], [200], [-100]])
    assert resample_linear(values, 2, 2, 4)[:, 0].tolist() == [0, 50, 100, 150, 200, 50, -100]
    assert resample_linear(np.array([[0], [-1]]), 2, 1, 3)[:, 0].tolist() == [0, -1, -1, -1]
    values = np.array([[3], [-4]])
    assert resample_linear(values, 2, RATE, RATE) is values
    assert peak_normalised(np.zeros(3, np.float32)).tolist() == [0, 0, 0]
    with pytest.raises(AudioError, match="There is no audio file"):
        load_audio_as_published(tmp_path / "song.mp3")


@pytest.mark.parametrize(("row", "expected"), [([3], 3), ([3, 4], 3), ([-3, -4], -4), ([5, -8, 4], 1 - 3 + 1)])
def test_mono_rounds_down(row, expected):
    assert mono(np.array([row])).tolist() == [expected]


@pytest.mark.filterwarnings("ignore:'audioop' is deprecated")
@pytest.mark.parametrize(("width", "rate"), [(2, 44_100), (2, 8_000), (4, 48_000)])
def test_it_is_the_arithmetic_of_audioop(song, width, rate):
    audioop = pytest.importorskip("audioop")
    path = song(width, 2, rate)
    with wave.open(str(path)) as file:
        data = file.readframes(file.getnframes())
    data, _ = audioop.ratecv(data, width, 2, rate, RATE, None)
    data = audioop.tomono(data, width, 0.5, 0.5)
    expected = np.frombuffer(data, {2: "<i2", 4: "<i4"}[width]).astype(np.float32)
    np.testing.assert_array_equal(load_audio_as_published(path, RATE, normalise=False), expected)


def test_widths_of_samples_and_faster_songs(song):
    for width, limit in ((1, 128), (3, 2**31)):
        samples = load_audio_as_published(song(width, 1, RATE), RATE, normalise=False)
        assert 0.9 * limit < np.abs(samples).max() <= limit
        assert abs(samples.mean()) < 0.05 * limit
    path = song()
    assert len(load_audio_as_published(path, RATE, speed=1.25)) == round(
        len(load_audio_as_published(path, RATE)) / 1.25
    )


def test_our_own_loader_filters_what_a_rate_cannot_hold(song):
    """Of noise to 22 kHz, some energy is folded back by straight lines, none by a filter."""
    path = song(rate=44_100)
    ours, theirs = (loader(path, RATE, normalise=False) for loader in (load_audio, load_audio_as_published))
    assert theirs.std() / 2**15 > 1.1 * ours.std()
