"""Sizes of the rhythm network, and the contract stored with its weights."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from osu_beatmap.timing.beat_clock import FASTEST_BPM, MAX_FOLDS, SLOWEST_BPM, TICKS_PER_BEAT
from osuT5.rhythm.alignment import USUAL_LEAD_MS
from osuT5.rhythm.features import FEATURE_SPEC


@dataclass(frozen=True, slots=True)
class RhythmConfig:
    """Sizes of the network.

    Attributes:
        kernel: Frames that a convolution covers.
        channels: Channels of the convolutions.
        tick_width: Numbers that describe the sound of a tick.
        width: Width of a beat vector.
        feed_forward: Width of the hidden layer, in multiples of `width`.
        condition_width: Width of the vector of conditions.
        window_beats: Beats that the network reads at a time.
        star_step: Distance of neighbouring star embeddings; values between are interpolated.
        star_count: Number of star embeddings, the first of 0 stars.
        key_count: Highest number of mania columns that are distinguished.
        longest_bar: Most beats of a bar whose places are distinguished.
    """

    kernel: int = 5
    channels: int = 64
    tick_width: int = 32
    width: int = 160
    heads: int = 4
    shared_layers: int = 2
    chart_layers: int = 2
    feed_forward: int = 3
    condition_width: int = 64
    dropout: float = 0.1
    rotary_theta: float = 500.0
    window_beats: int = 96
    star_step: float = 0.5
    star_count: int = 21
    key_count: int = 18
    longest_bar: int = 16


def contract_of(config: RhythmConfig) -> dict:
    """Return everything besides weights that a prediction depends on, for `rhythm.json`."""
    return {
        "network": asdict(config),
        "spectrogram": asdict(FEATURE_SPEC),
        "lead_ms": USUAL_LEAD_MS,
        "clock": {
            "ticks_per_beat": TICKS_PER_BEAT,
            "slowest_bpm": SLOWEST_BPM,
            "fastest_bpm": FASTEST_BPM,
            "max_folds": MAX_FOLDS,
        },
    }
