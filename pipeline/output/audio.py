"""The song that goes into the .osz.

osu! stable plays mp3 and Ogg Vorbis. Those are taken byte for byte, whatever their extension says; anything
else is converted to Ogg Vorbis, and the result is decoded again and compared with the source, because a
song that is shifted by a few milliseconds spoils every note of its map.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from osuT5.audio.decode import AudioError, AudioTags, audio_format, iter_audio, load_audio
from pipeline.output.ogg_serial import with_serial

MAX_SHIFT_MS = 1.0
_VORBIS_RATES_HZ = (44_100, 48_000, 32_000)  # what osu! players' hardware and BASS take without resampling
_QUALITY = 0.6  # of 1; about 190 kbit/s in stereo
_WRITE_SAMPLES = 8192  # libsndfile's Vorbis encoder overflows its stack on writes of millions of samples
_OGG_SERIAL = 1  # libsndfile draws it by the clock; the same song must give the same bytes

_CHECK_RATE_HZ = 16_000  # steps of 0.06 ms
_CHECK_SPAN_S = 8.0
_CHECK_MAX_LAG_MS = 60.0
_TIE = 0.999  # a periodic sound correlates as well one period later; the smallest lag of equals is meant


@dataclass(frozen=True)
class PreparedAudio:
    """Song playable by osu! stable: name in the .osz, and content.

    The content is bytes, or a file that holds them.
    """

    file_name: str
    content: bytes | Path

    def read_bytes(self) -> bytes:
        return self.content if isinstance(self.content, bytes) else self.content.read_bytes()


def prepare_audio(path: str | Path) -> PreparedAudio:
    """Return the song of a map.

    It is the source file itself if osu! stable plays it, else its bytes as Ogg Vorbis.

    Raises:
        AudioError: `osuT5.audio.decode` refuses the file, or the converted song is more than MAX_SHIFT_MS off its
            source.
    """
    path = Path(path)
    kind = audio_format(path)
    if kind.container == "mp3" and kind.codec in ("mp3", "mp3float"):
        return PreparedAudio("audio.mp3", path)
    if kind.container == "ogg" and kind.codec == "vorbis":
        return PreparedAudio("audio.ogg", path)
    rate = kind.sample_rate if kind.sample_rate in _VORBIS_RATES_HZ else _VORBIS_RATES_HZ[0]
    channels = 2 if kind.channels >= 2 else 1
    with tempfile.TemporaryDirectory() as folder:
        converted = Path(folder) / "audio.ogg"
        write_vorbis(converted, _read_unclipped(path, rate, channels, is_mixed=kind.channels > 2), rate, channels)
        shift_ms = measure_shift_ms(path, converted)
        if abs(shift_ms) > MAX_SHIFT_MS:
            raise AudioError(f"{path.name} was converted to Ogg Vorbis with a shift of {shift_ms:.1f} ms; try an mp3.")
        return PreparedAudio("audio.ogg", converted.read_bytes())


def _read_unclipped(path: Path, rate: int, channels: int, is_mixed: bool) -> Iterator[np.ndarray]:
    """Yield the blocks of a song; scale an excessive downmix.

    One beyond full scale is divided by its peak.
    """
    peak = max(float(np.abs(block).max(initial=0)) for block in iter_audio(path, rate, channels)) if is_mixed else 0.0
    for block in iter_audio(path, rate, channels):
        yield block / peak if peak > 1 else block


def write_vorbis(
    path: Path,
    blocks: Iterable[np.ndarray],
    sample_rate: int,
    channels: int,
    tags: AudioTags | None = None,
    quality: float = _QUALITY,
) -> None:
    """Encode float blocks [samples, channels] to an Ogg Vorbis file.

    Equal input gives equal bytes.
    """
    import soundfile

    with soundfile.SoundFile(
        path, "w", sample_rate, channels, "VORBIS", format="OGG", compression_level=1.0 - quality
    ) as file:
        if tags is not None:
            file.title, file.artist = tags.title, tags.artist
        for block in blocks:
            for start in range(0, len(block), _WRITE_SAMPLES):
                file.write(block[start : start + _WRITE_SAMPLES])
    path.write_bytes(with_serial(path.read_bytes(), _OGG_SERIAL))


def measure_shift_ms(source: Path, converted: Path) -> float:
    """Return the largest delay of `converted` behind `source`, in milliseconds.

    The loudest span of each third of the song is cross-correlated, so that a drift shows too; silence has no effect.
    Delays are searched up to _CHECK_MAX_LAG_MS; a larger difference in length is returned unchanged.
    """
    expected, actual = (load_audio(path, _CHECK_RATE_HZ, normalise=False) for path in (source, converted))
    length_ms = abs(len(expected) - len(actual)) * 1000.0 / _CHECK_RATE_HZ
    if length_ms > _CHECK_MAX_LAG_MS:
        return length_ms
    shifts_ms = [0.0]
    length = min(len(expected), len(actual))
    for third in range(3):
        start = _loudest_start(expected, length * third // 3, length * (third + 1) // 3)
        span = slice(start, min(length, start + round(_CHECK_SPAN_S * _CHECK_RATE_HZ)))
        shifts_ms.append(_lag_samples(expected[span], actual[span]) * 1000.0 / _CHECK_RATE_HZ)
    return max(shifts_ms, key=abs)


def _loudest_start(audio: np.ndarray, first: int, last: int) -> int:
    """Return the first sample of the loudest second in audio[first:last]."""
    seconds = range(first, max(first + 1, last - _CHECK_RATE_HZ), _CHECK_RATE_HZ)
    return max(seconds, key=lambda start: float(np.square(audio[start : start + _CHECK_RATE_HZ]).sum()))


def _lag_samples(expected: np.ndarray, actual: np.ndarray) -> int:
    """Return the lag of `actual` in samples, 0 if `expected` is silent."""
    # Differences instead of samples: bass correlates well at any small lag and would hide a shift.
    expected, actual = np.diff(expected), np.diff(actual)
    size = 1 << (2 * len(expected)).bit_length()
    correlation = np.fft.irfft(np.fft.rfft(actual, size) * np.conj(np.fft.rfft(expected, size)), size)
    max_lag = min(len(expected) - 1, round(_CHECK_MAX_LAG_MS * _CHECK_RATE_HZ / 1000.0))
    lags = np.arange(-max_lag, max_lag + 1)
    at_lags = correlation[lags]
    if at_lags.max() <= 1e-9 * len(expected):
        return 0
    equals = lags[at_lags >= _TIE * at_lags.max()]
    return int(min(equals, key=abs))
