"""Facts of a chart that are known without reading it.

A corpus can thus be filtered, split and sampled unread.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from osu_beatmap.beatmap import Beatmap, GameMode
from osu_beatmap.star_rating import star_ratings

STAR_SPEEDS = (0.5, 0.75, 1.0, 1.25, 1.5, 1.75, 2.0)
"""Playback speeds of the star ratings of a record, as the `StarRating` lists of MMRS datasets have them."""

NORMAL_SPEED = STAR_SPEEDS.index(1.0)


@dataclass(frozen=True, slots=True)
class ChartRecord:
    """One chart. None, 0 or empty stands for unknown values.

    star_ratings    at STAR_SPEEDS
    key_count       of mania charts
    status          as the osu! API numbers it: -2 graveyard, -1 wip, 0 pending, 1 ranked, 2 approved, 3 qualified,
                    4 loved
    creator         name of the mapset's owner; `mapper_id` is the user who made this chart
    descriptors     names of what players say a chart is like
    """

    mode: GameMode
    star_ratings: tuple[float, ...]
    key_count: int | None = None
    set_id: int = -1
    beatmap_id: int = 0
    title: str = ""
    title_unicode: str = ""
    version: str = ""
    creator: str = ""
    mapper_id: int | None = None
    status: int | None = None
    ranked_year: int | None = None
    submitted_year: int | None = None
    descriptors: tuple[str, ...] = ()

    @property
    def stars(self) -> float:
        """Star rating at normal speed."""
        return self.star_ratings[NORMAL_SPEED]

    @classmethod
    def of(cls, beatmap: Beatmap) -> ChartRecord:
        """Return the record of a .osu file.

        Raises UnratableBeatmap as `star_rating` does.
        """
        metadata = beatmap.metadata
        return cls(
            mode=beatmap.mode,
            star_ratings=star_ratings(beatmap, STAR_SPEEDS),
            key_count=beatmap.key_count if beatmap.mode is GameMode.MANIA else None,
            set_id=metadata.beatmapset_id,
            beatmap_id=metadata.beatmap_id,
            title=metadata.title,
            title_unicode=metadata.title_unicode,
            version=metadata.version,
            creator=metadata.creator,
        )


def stars_at(ratings: Sequence[float], speed: float) -> float:
    """Return the star rating at a playback speed.

    It is interpolated between its neighbours in STAR_SPEEDS.
    """
    return float(np.interp(speed, STAR_SPEEDS, ratings))
