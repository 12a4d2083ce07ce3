"""Random changes of song features against overfitting to recordings."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from osuT5.rhythm.features import FEATURE_SPEC

DB_PER_NEPER = 10.0 / np.log(10.0)


@dataclass(frozen=True, slots=True)
class AugmentationOptions:
    """Ranges and probabilities of changes.

    Attributes:
        gain_db: Standard deviation of the level of the whole window.
        equaliser_db: Standard deviation of the level at each of a few points of the spectrum.
        mix_probability: Probability of another song in the background, from `mix_db` to 24 dB quieter.
        band_shift: Highest shift of the spectrum in bands, either way.
        band_mask: Most neighbouring bands that a mask hides; up to two masks.
        time_mask_frames: Most frames that a mask hides; up to `time_masks` masks.
        speed: Highest change of the speed as a fraction, either way, applied with `speed_probability`.
    """

    gain_db: float = 5.0
    equaliser_db: float = 4.0
    mix_probability: float = 0.15
    mix_db: float = 6.0
    band_shift: int = 3
    band_mask: int = 12
    time_masks: int = 2
    time_mask_frames: int = 50
    speed: float = 0.15
    speed_probability: float = 0.4


def draw_speed(options: AugmentationOptions, rng: np.random.Generator) -> float:
    """Draw the speed at which a window is read."""
    if rng.random() >= options.speed_probability:
        return 1.0
    return float(np.exp(rng.uniform(-options.speed, options.speed)))


def augment(
    features: np.ndarray, other: np.ndarray | None, options: AugmentationOptions, rng: np.random.Generator
) -> np.ndarray:
    """Return a changed copy of log mel levels, float32 [frames, bands].

    Args:
        other: Levels of another song, of the same size, to be mixed into the background; None for none.
    """
    power = np.expm1(features) * _level_curve(options, features.shape[1], rng)
    if other is not None:
        power += np.expm1(other) * np.float32(10 ** (-rng.uniform(options.mix_db, 24.0) / 10))
    levels = np.log1p(power, out=power)
    levels = _shift_bands(levels, int(rng.integers(-options.band_shift, options.band_shift + 1)))
    for _ in range(rng.integers(0, 3)):
        _hide(levels, 1, int(rng.integers(0, options.band_mask + 1)), rng)
    for _ in range(rng.integers(0, options.time_masks + 1)):
        _hide(levels, 0, int(rng.integers(0, options.time_mask_frames + 1)), rng)
    return levels


def _level_curve(options: AugmentationOptions, bands: int, rng: np.random.Generator) -> np.ndarray:
    """Draw the power factor of each band, float32 [bands]: gain and equaliser."""
    points = rng.normal(0.0, options.equaliser_db, 6)
    curve_db = np.interp(np.linspace(0, 5, bands), np.arange(6), points) + rng.normal(0.0, options.gain_db)
    return np.exp(curve_db / DB_PER_NEPER).astype(np.float32)


def _shift_bands(levels: np.ndarray, bands: int) -> np.ndarray:
    """Shift the spectrum up or down; the outermost band fills the gap."""
    count = levels.shape[1]
    return levels[:, np.clip(np.arange(count) - bands, 0, count - 1)] if bands else levels


def _hide(levels: np.ndarray, axis: int, length: int, rng: np.random.Generator) -> None:
    """Replace neighbouring frames (axis 0) or bands (1) by their mean."""
    size = levels.shape[axis]
    start = int(rng.integers(0, max(1, size - length)))
    part = levels[start : start + length] if axis == 0 else levels[:, start : start + length]
    if part.size:
        part[...] = part.mean()


assert FEATURE_SPEC.scale == "log1p", "levels are changed as log1p(gain x power)"
