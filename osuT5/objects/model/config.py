"""Sizes of the object network, and the contract stored with its weights."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field

from osuT5.objects.styles import Levels
from osuT5.objects.tokens.fields import ARCS_DEG, BENDS, DISTANCES_PX, DURATION_TICKS, SLIDE_COUNTS, SPEEDS, TURNS


@dataclass(frozen=True, slots=True)
class ObjectConfig:
    """Sizes of the network.

    Attributes:
        width: Width of beats and objects.
        feed_forward: Width of the hidden layers, in multiples of `width`.
        beat_layers: Layers of the encoder, over beats.
        object_layers: Layers of the decoder, over objects.
        condition_width: Width of the vector of conditions.
        sound_width, tick_width: Widths of the beats and ticks of the rhythm model.
        column_width: Hidden width of the head of mania columns.
        window_beats: Beats that the encoder reads at a time.
        window_objects: Earlier objects that the decoder attends to, at most.
        styles: Usual styles of the maps that were trained on.
    """

    width: int = 192
    heads: int = 4
    feed_forward: int = 3
    beat_layers: int = 2
    object_layers: int = 4
    condition_width: int = 64
    sound_width: int = 160
    tick_width: int = 32
    column_width: int = 96
    dropout: float = 0.1
    window_beats: int = 96
    window_objects: int = 192
    star_step: float = 0.5
    star_count: int = 21
    key_count: int = 18
    longest_bar: int = 16
    styles: Levels = field(default_factory=dict)


def contract_of(config: ObjectConfig, rhythm_digest: str) -> dict:
    """Return everything besides weights that a prediction depends on, for `objects.json`.

    Args:
        rhythm_digest: SHA-256 of the weights of the rhythm model that describes the sound.
    """
    return {
        "network": asdict(config),
        "rhythm_model": rhythm_digest,
        "tables": {
            "duration_ticks": DURATION_TICKS.tolist(),
            "slide_counts": SLIDE_COUNTS.tolist(),
            "distances_px": DISTANCES_PX.tolist(),
            "turns": TURNS,
            "bends": BENDS.tolist(),
            "arcs_deg": ARCS_DEG.tolist(),
            "speeds": SPEEDS.tolist(),
        },
    }
