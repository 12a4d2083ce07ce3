"""Difficulty levels of each mode: names in osu!, and star ratings.

The star ratings are usual ones.
"""

from __future__ import annotations

from osu_beatmap.beatmap import GameMode

LEVEL_NAMES = {
    GameMode.STANDARD: ("Easy", "Normal", "Hard", "Insane", "Expert"),
    GameMode.TAIKO: ("Kantan", "Futsuu", "Muzukashii", "Oni", "Inner Oni"),
    GameMode.CATCH: ("Cup", "Salad", "Platter", "Rain", "Overdose"),
    GameMode.MANIA: ("Easy", "Normal", "Hard", "Insane", "Expert"),
}

FULL_SPREADS = {
    GameMode.STANDARD: (1.8, 2.3, 3.5, 4.7, 6.1),
    GameMode.TAIKO: (1.3, 2.2, 3.2, 4.7, 5.9),
    GameMode.CATCH: (1.4, 2.3, 3.1, 4.8),
    GameMode.MANIA: (1.4, 2.3, 3.2, 4.6, 5.8),
}
"""Median star ratings of human charts of each level: 296 of standard, 38 of taiko, 9 of catch, 531 of mania."""


def levels_of(mode: GameMode) -> list[tuple[str, float]]:
    """Return the levels of a full spread with stars, easiest first."""
    stars = FULL_SPREADS[mode]
    return list(zip(LEVEL_NAMES[mode][: len(stars)], stars, strict=True))
