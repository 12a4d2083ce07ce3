"""Codecs: what is written at a time is decoded at that time."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from osuT5.audio.decode import load_audio

CODECS = {
    "mp3": ("MP3", "MPEG_LAYER_III", 44_100),
    "vorbis": ("OGG", "VORBIS", 44_100),
    "opus": ("OGG", "OPUS", 48_000),
    "flac": ("FLAC", "PCM_16", 44_100),
}
"""Container, kind and sample rate, as libsndfile names them."""


@pytest.mark.parametrize("codec", CODECS)
def test_a_codec_neither_delays_nor_cuts_a_song(tmp_path: Path, codec: str) -> None:
    """Clicks are decoded where they were, within two milliseconds in codecs that smear them."""
    container, subtype, rate = CODECS[codec]
    clicks = rate // 2, rate, 3 * rate // 2
    samples = np.zeros(2 * rate, dtype=np.float32)
    samples[[*clicks]] = 0.9
    path = tmp_path / f"clicks.{container.lower()}"
    soundfile.write(path, samples, rate, subtype, format=container)
    heard = np.abs(load_audio(path, rate))
    for place in clicks:
        near = heard[place - rate // 50 : place + rate // 50]
        assert abs(int(near.argmax()) - rate // 50) <= 0.002 * rate
