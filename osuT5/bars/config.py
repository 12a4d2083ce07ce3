"""Sizes of the bar network, and the contract stored with its weights."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from osu_beatmap.timing.beat_clock import FASTEST_BPM, MAX_FOLDS, SLOWEST_BPM
from osuT5.bars.beat_sound import HALVES, PARTS
from osuT5.rhythm.alignment import USUAL_LEAD_MS
from osuT5.rhythm.features import FEATURE_SPEC
from osuT5.rhythm.pitches import FFT_SAMPLES, HOP_SAMPLES, LOWEST_NOTE, PITCHES


@dataclass(frozen=True, slots=True)
class BarConfig:
    """Sizes of the network.

    Attributes:
        part_width: Numbers that describe the levels of a part of a beat.
        kernel: Parts that the convolution covers.
        pitch_width: Numbers that describe the pitches of a beat.
        width: Width of a beat vector.
        feed_forward: Width of the hidden layer, in multiples of `width`.
        window_beats: Beats that the network reads at a time.
    """

    part_width: int = 24
    kernel: int = 5
    pitch_width: int = 64
    width: int = 96
    heads: int = 4
    layers: int = 3
    feed_forward: int = 3
    dropout: float = 0.2
    rotary_theta: float = 500.0
    window_beats: int = 128


def contract_of(config: BarConfig) -> dict:
    """Return everything besides weights that a prediction depends on, for `bars.json`."""
    return {
        "network": asdict(config),
        "spectrogram": asdict(FEATURE_SPEC),
        "lead_ms": USUAL_LEAD_MS,
        "pitches": {
            "fft_samples": FFT_SAMPLES,
            "hop_samples": HOP_SAMPLES,
            "lowest_note": LOWEST_NOTE,
            "count": PITCHES,
        },
        "clock": {
            "parts": PARTS,
            "halves": HALVES,
            "slowest_bpm": SLOWEST_BPM,
            "fastest_bpm": FASTEST_BPM,
            "max_folds": MAX_FOLDS,
        },
    }
