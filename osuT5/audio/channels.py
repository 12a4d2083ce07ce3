"""Channels of a file as mono or stereo.

Source: ITU-R BS.775 for the downmix (centre and surrounds at -3 dB, no LFE).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

CANCELLED_ENERGY = 0.01
"""The mean of two channels cancels if it has less of the energy of either; unrelated channels have half."""

_M3_DB = 0.5**0.5
_SIDES = {
    "FL": (1.0, 0.0), "FR": (0.0, 1.0), "FC": (_M3_DB, _M3_DB), "LFE": (0.0, 0.0), "LFE2": (0.0, 0.0),
    "BL": (_M3_DB, 0.0), "BR": (0.0, _M3_DB), "SL": (_M3_DB, 0.0), "SR": (0.0, _M3_DB), "BC": (0.5, 0.5),
    "FLC": (_M3_DB, 0.0), "FRC": (0.0, _M3_DB), "WL": (_M3_DB, 0.0), "WR": (0.0, _M3_DB),
    "TFL": (_M3_DB, 0.0), "TFR": (0.0, _M3_DB), "TBL": (_M3_DB, 0.0), "TBR": (0.0, _M3_DB),
    "TSL": (_M3_DB, 0.0), "TSR": (0.0, _M3_DB), "TC": (0.5, 0.5), "TFC": (0.5, 0.5), "TBC": (0.5, 0.5),
    "SDL": (_M3_DB, 0.0), "SDR": (0.0, _M3_DB), "DL": (1.0, 0.0), "DR": (0.0, 1.0),
}  # fmt: skip
"""Channels by FFmpeg's names, with their weights to the left and to the right."""


class ChannelMix:
    """Mixing of frames to a number of channels that keeps the energy.

    Attributes:
        channels: 1 or 2.
        taken: Of two channels, the one to take for both; None for the mean.
    """

    def __init__(self, channels: int, taken: int | None = None) -> None:
        self.channels = channels
        self.taken = taken
        self._energies = np.zeros(3)  # of both channels and of their mean

    def __call__(self, values: np.ndarray, names: Sequence[str]) -> np.ndarray:
        """Return values [channels, samples] as [`channels`, samples]."""
        if len(values) > 2:
            values = _downmix(values, names)
        if len(values) == self.channels:
            return values
        if len(values) == 1:
            return np.repeat(values, self.channels, axis=0)
        if self.taken is not None:
            return values[self.taken : self.taken + 1]
        mean = values.mean(axis=0, dtype=np.float32, keepdims=True)
        self._energies += [float(np.vdot(each, each)) for each in (*values, mean[0])]
        return mean

    @property
    def cancelled(self) -> int | None:
        """Return the louder channel if the mean of both cancels, else None."""
        *both, mean = np.nan_to_num(self._energies)
        return int(np.argmax(both)) if mean < CANCELLED_ENERGY * min(both) else None


def _downmix(values: np.ndarray, names: Sequence[str]) -> np.ndarray:
    """Return the stereo downmix [2, samples] of channels by their names.

    Unknown channels give the mean on both sides.
    """
    weights = np.array([_SIDES.get(name, (0.0, 0.0)) for name in names], dtype=np.float32)
    if len(weights) != len(values) or not weights.any(axis=0).all():
        return np.repeat(values.mean(axis=0, dtype=np.float32, keepdims=True), 2, axis=0)
    return weights.T @ values
