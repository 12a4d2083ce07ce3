"""Audio samples -> mel spectrogram frames.

Frame f is centred on sample f * hop_length (the signal is padded by half an FFT on both sides), so a
signal of n samples has n // hop_length + 1 frames. Filter banks follow the two published mel scales:
HTK (O'Shaughnessy: 2595 log10(1 + f/700)) and Slaney (Auditory Toolbox: linear below 1 kHz,
logarithmic above), the latter with triangles of equal area.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

import torch
from torch import Tensor, nn

SCALES = ("linear", "log1p")
FILTER_BANKS = ("htk", "slaney")
PAD_MODES = ("constant", "reflect")


@dataclass(frozen=True)
class SpectrogramSpec:
    """Everything that decides a spectrogram; travels as JSON beside the weights.

    The defaults are `mini`'s.

    gain: factor on the power inside log1p(gain * power); unused on the linear scale. filter_bank: 'htk' (peak 1, as
    torchaudio without norm) or 'slaney' (equal area, as nnAudio).
    """

    sample_rate: int = 16_000
    n_fft: int = 1024
    hop_length: int = 128
    n_mels: int = 64
    f_min: float = 30.0
    f_max: float = 8000.0
    scale: str = "log1p"
    gain: float = 100.0
    filter_bank: str = "htk"
    pad_mode: str = "constant"

    def __post_init__(self) -> None:
        _require(self.scale, SCALES, "scale")
        _require(self.filter_bank, FILTER_BANKS, "filter_bank")
        _require(self.pad_mode, PAD_MODES, "pad_mode")
        if not 0 <= self.f_min < self.f_max <= self.sample_rate / 2:
            raise ValueError(
                f"spectrogram frequencies must satisfy 0 <= f_min < f_max <= {self.sample_rate / 2:g} Hz, "
                f"got {self.f_min:g} and {self.f_max:g}"
            )

    @property
    def ms_per_frame(self) -> float:
        return 1000 * self.hop_length / self.sample_rate

    @classmethod
    def from_dict(cls, values: dict) -> SpectrogramSpec:
        """Parse a specification.

        Raises:
            ValueError: A field is unknown to this version.
        """
        unknown = sorted(set(values) - {f.name for f in fields(cls)})
        if unknown:
            raise ValueError(f"unknown spectrogram fields: {', '.join(unknown)}")
        return cls(**values)


def _require(value: str, allowed: tuple[str, ...], name: str) -> None:
    if value not in allowed:
        raise ValueError(f"spectrogram {name} must be one of {', '.join(allowed)}, got {value!r}")


class Spectrogram(nn.Module):
    """float samples [batch, samples] -> [batch, frames, n_mels], not trained.

    The buffers follow from the spec, so they are not part of a state dict.
    """

    def __init__(self, spec: SpectrogramSpec) -> None:
        super().__init__()
        self.spec = spec
        self.register_buffer("window", torch.hann_window(spec.n_fft), persistent=False)
        self.register_buffer("filters", mel_filter_bank(spec), persistent=False)  # [bins, n_mels]

    def forward(self, samples: Tensor) -> Tensor:
        spec = self.spec
        spectrum = torch.stft(
            samples,
            spec.n_fft,
            spec.hop_length,
            window=self.window,
            center=True,
            pad_mode=spec.pad_mode,
            return_complex=True,
        ).transpose(1, 2)  # [batch, frames, bins]
        power = torch.addcmul(spectrum.real.square(), spectrum.imag, spectrum.imag)  # |spectrum|^2 in one pass less
        mel = power @ self.filters  # [batch, frames, n_mels]
        return torch.log1p(spec.gain * mel) if spec.scale == "log1p" else mel


def mel_filter_bank(spec: SpectrogramSpec) -> Tensor:
    """Return triangular filters, evaluated at the FFT bin frequencies.

    Shape [n_fft / 2 + 1, n_mels].
    """
    to_mel, to_hz, dtype = _SCALE_FUNCTIONS[spec.filter_bank]
    bin_hz = torch.linspace(0, spec.sample_rate / 2, spec.n_fft // 2 + 1, dtype=dtype)
    edge_hz = to_hz(torch.linspace(to_mel(spec.f_min), to_mel(spec.f_max), spec.n_mels + 2, dtype=dtype))
    low, centre, high = edge_hz[:-2], edge_hz[1:-1], edge_hz[2:]  # [n_mels] each

    rising = (bin_hz[:, None] - low) / (centre - low)
    falling = (high - bin_hz[:, None]) / (high - centre)
    filters = torch.minimum(rising, falling).clamp(min=0)
    if spec.filter_bank == "slaney":
        filters = filters * (2 / (high - low))
    return filters.float()


def _htk_mel(hz: float) -> float:
    return 2595 * math.log10(1 + hz / 700)


def _htk_hz(mel: Tensor) -> Tensor:
    return 700 * (10 ** (mel / 2595) - 1)


_SLANEY_HZ_PER_MEL = 200 / 3
_SLANEY_LOG_START_HZ = 1000.0
_SLANEY_LOG_START_MEL = _SLANEY_LOG_START_HZ / _SLANEY_HZ_PER_MEL
_SLANEY_LOG_STEP = math.log(6.4) / 27


def _slaney_mel(hz: float) -> float:
    if hz < _SLANEY_LOG_START_HZ:
        return hz / _SLANEY_HZ_PER_MEL
    return _SLANEY_LOG_START_MEL + math.log(hz / _SLANEY_LOG_START_HZ) / _SLANEY_LOG_STEP


def _slaney_hz(mel: Tensor) -> Tensor:
    logarithmic = _SLANEY_LOG_START_HZ * torch.exp((mel - _SLANEY_LOG_START_MEL) * _SLANEY_LOG_STEP)
    return torch.where(mel < _SLANEY_LOG_START_MEL, mel * _SLANEY_HZ_PER_MEL, logarithmic)


# torchaudio works in single precision, and its rounding shows in the fifth decimal of a filter; librosa in double.
_SCALE_FUNCTIONS = {
    "htk": (_htk_mel, _htk_hz, torch.float32),
    "slaney": (_slaney_mel, _slaney_hz, torch.float64),
}
