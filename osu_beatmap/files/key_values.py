"""Keys of [Metadata] and [Difficulty], and their fields of a Beatmap.

They are in the order of a file.
"""

from __future__ import annotations

METADATA_TEXTS = {
    "Title": "title",
    "TitleUnicode": "title_unicode",
    "Artist": "artist",
    "ArtistUnicode": "artist_unicode",
    "Creator": "creator",
    "Version": "version",
    "Source": "source",
}
METADATA_NUMBERS = {"BeatmapID": "beatmap_id", "BeatmapSetID": "beatmapset_id"}
DIFFICULTY_NUMBERS = {
    "HPDrainRate": "hp_drain_rate",
    "CircleSize": "circle_size",
    "OverallDifficulty": "overall_difficulty",
    "ApproachRate": "approach_rate",
    "SliderMultiplier": "slider_multiplier",
    "SliderTickRate": "slider_tick_rate",
}
