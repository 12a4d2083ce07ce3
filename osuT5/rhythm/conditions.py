"""Conditions of a chart: mode, game of origin, star rating and keys."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from osu_beatmap.beatmap import Beatmap, GameMode


class Origin(IntEnum):
    """Game for which a map was made before it was converted."""

    OSU = 0
    TJA = 1
    STEPMANIA = 2
    QUAVER = 3


_ORIGIN_OF_SOURCE = {"TJA": Origin.TJA, "StepMania": Origin.STEPMANIA, "Quaver": Origin.QUAVER}


@dataclass(frozen=True, slots=True)
class RhythmConditions:
    """Conditions of a rhythm prediction; `keys` is 0 outside mania."""

    mode: GameMode
    stars: float
    keys: int = 0
    origin: Origin = Origin.OSU

    @property
    def group(self) -> str:
        """Name of the group in reports, such as `taiko TJA`."""
        mode = self.mode.name.lower()
        return mode if self.origin is Origin.OSU else f"{mode} {self.origin.name}"


def origin_of(beatmap: Beatmap) -> Origin:
    """Return the game named by the `Source:` line, by default osu!."""
    return _ORIGIN_OF_SOURCE.get(beatmap.metadata.source, Origin.OSU)
