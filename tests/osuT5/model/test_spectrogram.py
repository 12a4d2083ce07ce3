import math

import numpy as np
import pytest
import torch

from osuT5.model.spectrogram import Spectrogram, SpectrogramSpec, mel_filter_bank

V29 = SpectrogramSpec(n_mels=388, f_min=0, scale="linear", filter_bank="slaney")
V32 = SpectrogramSpec(n_mels=128, f_min=20, gain=1, filter_bank="htk", pad_mode="reflect")


def test_a_tone_lands_in_the_band_around_its_pitch_and_unknown_fields_are_named():
    time_s = torch.arange(16_000) / 16_000
    samples = torch.sin(2 * math.pi * 1000 * time_s)[None]
    band = int(Spectrogram(SpectrogramSpec())(samples)[0, 60].argmax())
    centres = torch.linspace(2595 * math.log10(1 + 30 / 700), 2595 * math.log10(1 + 8000 / 700), 66)[1:-1]
    assert band == int((centres - 2595 * math.log10(1 + 1000 / 700)).abs().argmin())
    with pytest.raises(ValueError, match="n_melz"):
        SpectrogramSpec.from_dict({"n_melz": 3})
    assert Spectrogram(SpectrogramSpec()).state_dict() == {}


@pytest.mark.parametrize(
    "wrong", [{"scale": "db"}, {"filter_bank": "bark"}, {"pad_mode": "wrap"}, {"f_min": 9000}, {"f_max": 8001}]
)
def test_impossible_specs_are_refused_in_one_sentence(wrong):
    with pytest.raises(ValueError, match="spectrogram"):
        SpectrogramSpec(**wrong)


def test_published_spectrograms_are_met(golden):
    reference = np.load(golden("mel", "mel/mel.npz") / "mel" / "mel.npz")
    np.testing.assert_allclose(mel_filter_bank(V29).T, reference["v29_mel_basis"], atol=1e-7)
    np.testing.assert_allclose(mel_filter_bank(V32), reference["v32_mel_fb"], atol=1e-7)

    samples = torch.from_numpy(reference["x"])[None]
    np.testing.assert_allclose(Spectrogram(V29)(samples)[0], reference["v29"], rtol=1e-3, atol=1e-4)
    samples = torch.from_numpy(reference["x_v32"])[None]
    np.testing.assert_allclose(Spectrogram(V32)(samples)[0], reference["v32_full_window"], rtol=1e-5, atol=1e-5)
