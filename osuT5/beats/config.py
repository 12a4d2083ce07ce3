"""Sizes of the beat network, and the contract stored with its weights."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from osuT5.rhythm.alignment import USUAL_LEAD_MS
from osuT5.rhythm.features import FEATURE_SPEC


@dataclass(frozen=True, slots=True)
class BeatConfig:
    """Sizes of the network.

    Attributes:
        kernel: Frames that a convolution covers.
        channels: Channels of the convolutions on the 10 ms clock.
        stride: Frames that a step of the dilated layers joins.
        width: Width of the dilated layers.
        dilations: Steps between the inputs of each dilated layer.
    """

    kernel: int = 5
    channels: int = 48
    stride: int = 4
    width: int = 88
    dilations: tuple[int, ...] = (1, 2, 4, 8, 16, 32, 64, 128)
    dropout: float = 0.1

    @property
    def reach_frames(self) -> int:
        """Frames on either side of a frame that determine its prediction.

        A few more are added.
        """
        return self.stride * (self.kernel // 2 * sum(self.dilations) + 2) + 4 * self.kernel


def contract_of(config: BeatConfig) -> dict:
    """Return everything besides weights that a prediction depends on, for `beats.json`."""
    return {"network": asdict(config), "spectrogram": asdict(FEATURE_SPEC), "lead_ms": USUAL_LEAD_MS}
