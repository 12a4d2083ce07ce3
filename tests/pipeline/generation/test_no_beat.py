"""A song without a beat, with the bundled model."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from pipeline.generation.generate import generate
from pipeline.request.options import RequestError
from pipeline.request.resolve import resolve

SAMPLE_RATE = 16_000


def test_a_tone_is_timed_if_asked_and_not_mapped(tmp_path: Path) -> None:
    tone = 0.3 * np.sin(2 * np.pi * 440 * np.arange(8 * SAMPLE_RATE) / SAMPLE_RATE)
    soundfile.write(tmp_path / "tone.flac", tone, SAMPLE_RATE)
    options = {"audio_path": str(tmp_path / "tone.flac"), "output_path": str(tmp_path / "out"), "device": "cpu"}
    with pytest.raises(RequestError, match="No beat was found in this song"):
        generate(resolve(options))
    assert not (tmp_path / "out").exists()
    result = generate(resolve({**options, "output_type": ["TIMING"]}))
    assert any("uncertain" in warning for warning in result.warnings)
    assert max(result.timing_confidences) < 0.08
