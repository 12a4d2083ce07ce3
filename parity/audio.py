"""Audio as the published models were trained on it.

It uses whole numbers throughout, linear resampling, then mono.

They were loaded with pydub, whose arithmetic is that of Python's former audioop module. Facts that decide a sample:

- A file is decoded to whole numbers: of its own width where it holds PCM; of 16 bits from mp3, AAC and WebM; of 32
  bits from other codecs that decode to floats. 8-bit samples are centred on 0; 24-bit ones become 32-bit ones whose
  lowest byte is 0, or 255 for negative values.
- Resampling draws straight lines between samples, each channel for itself, with nothing against aliasing. The result
  is cut towards 0 in 32 bits, then to the sample width.
- Mono is half the sum of both channels, rounded down; of more channels, the sum of each one's share, rounded down.

For comparisons with the published models only: `osuT5.audio.decode` has the better resampler.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from osuT5.audio.decode import MODEL_SAMPLE_RATE, open_audio, refuse_claimed_length

if TYPE_CHECKING:
    import av

_16_BIT_FLOAT_CODECS = ("mp3", "mp3float", "aac")
_BLOCK_SAMPLES = 1 << 20


def whole_samples(container: av.container.InputContainer) -> tuple[int, int, np.ndarray]:
    """Return (rate, bytes per sample, int64 [samples, channels]) of an open file."""
    stream = container.streams.audio[0]
    width = _sample_bytes(stream)
    pieces = list(_decode(container, stream, width))
    rate = stream.codec_context.sample_rate
    values = np.concatenate(pieces).astype(np.int64) if pieces else np.zeros((0, 1), np.int64)
    if stream.codec_context.name == "pcm_u8":
        return rate, 1, values - 128
    if stream.codec_context.name.startswith("pcm_s24"):
        values |= np.where(values < 0, 255, 0)
    return rate, width, values


def _sample_bytes(stream: av.AudioStream) -> int:
    name, sample_format = stream.codec_context.name, stream.codec_context.format.packed.name
    if sample_format in ("u8", "s16") or name in _16_BIT_FLOAT_CODECS:
        return 1 if name == "pcm_u8" else 2
    return 4


def _decode(container: av.container.InputContainer, stream: av.AudioStream, width: int) -> Iterator[np.ndarray]:
    """Yield integer pieces [samples, channels], converted only in their format."""
    import av

    resampler = av.AudioResampler(format={1: "u8", 2: "s16", 4: "s32"}[width])
    for packet in container.demux(stream):
        try:
            frames = packet.decode()
        except av.error.InvalidDataError:
            continue
        for frame in frames:
            for converted in resampler.resample(frame):
                channels = len(converted.layout.channels)
                yield converted.to_ndarray().reshape(-1, channels)


def resample_linear(values: np.ndarray, width: int, rate: int, target_rate: int) -> np.ndarray:
    """Resample integers [samples, channels] of `width` bytes linearly.

    Output k lies between the samples around k * rate / target_rate. Intermediate values have 32 bits.
    """
    if rate == target_rate or len(values) == 0:
        return values
    divisor = math.gcd(rate, target_rate)
    step, steps = rate // divisor, target_rate // divisor  # output k is at k * step / steps
    shift = 8 * (4 - width)
    count = (len(values) - 1) * steps // step + 1
    blocks = []
    for first in range(0, count, _BLOCK_SAMPLES):
        place = np.arange(first, min(count, first + _BLOCK_SAMPLES), dtype=np.int64) * step
        after = -(-place // steps)
        share_before = (after * steps - place).astype(np.float64)[:, None]  # in steps, 0 on a sample
        before = np.maximum(after - 1, 0)
        fine = (values[before] << shift) * share_before + (values[after] << shift) * (steps - share_before)
        blocks.append((fine / steps).astype(np.int64) >> shift)
    return np.concatenate(blocks)


def mono(values: np.ndarray) -> np.ndarray:
    """Mix integer samples [samples, channels] to mono [samples]."""
    channels = values.shape[1]
    if channels == 2:
        return (values[:, 0] + values[:, 1]) >> 1
    return (values // channels).sum(axis=1)


def load_audio_as_published(
    path: str | Path, sample_rate: int = MODEL_SAMPLE_RATE, normalise: bool = True, speed: float = 1.0
) -> np.ndarray:
    """Decode a song to mono as the original does.

    Returns float32 [samples] at `sample_rate`. Without `normalise`, values are whole numbers of the file's width. A
    `speed` other than 1 multiplies the rate that the file states: the song becomes faster and higher.

    Raises:
        AudioError: The file is missing, unreadable or too long.
    """
    refuse_claimed_length(Path(path))
    with open_audio(Path(path), repair=False) as container:
        rate, width, values = whole_samples(container)
    samples = mono(resample_linear(values, width, int(rate * speed), sample_rate)).astype(np.float32)
    return peak_normalised(samples) if normalise else samples


def peak_normalised(samples: np.ndarray) -> np.ndarray:
    """Scale samples to a peak of 1; silence stays silent."""
    peak = np.abs(samples).max(initial=np.float32(0))
    return samples / peak if peak > 0 else samples
