"""Conditions of a chart: mode, game of origin, star rating and keys."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from osu_beatmap.model import Beatmap, GameMode


class Origin(IntEnum):
    """Game for which a chart was made. Charts of other games are converted to osu!."""

    OSU = 0
    TJA = 1
    STEPMANIA = 2
    QUAVER = 3


_ORIGIN_OF_SOURCE = {"TJA": Origin.TJA, "StepMania": Origin.STEPMANIA, "Quaver": Origin.QUAVER}


@dataclass(frozen=True, slots=True)
class RhythmConditions:
    """Conditions under which the rhythm of a chart is predicted; `keys` is 0 outside mania."""

    mode: GameMode
    stars: float
    keys: int = 0
    origin: Origin = Origin.OSU

    @property
    def group(self) -> str:
        """Group of charts under which losses and scores are reported, such as `taiko TJA`."""
        mode = self.mode.name.lower()
        return mode if self.origin is Origin.OSU else f"{mode} {self.origin.name}"


def origin_of(beatmap: Beatmap) -> Origin:
    """Return the game named by the `Source:` line of a converted chart; osu! for any other."""
    return _ORIGIN_OF_SOURCE.get(beatmap.metadata.source, Origin.OSU)
