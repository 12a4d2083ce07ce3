"""Metadata row of a chart, as far as the chart states it.

Lengths are seconds, as in the osu! API.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import Any

from dataset_builder.sources.mapset import SourceChart
from osu_beatmap.beatmap import Beatmap, Circle, GameMode, Spinner
from osu_beatmap.star_rating import max_combo
from osu_beatmap.timing.active_point import Timing, end_time_ms
from osuT5.dataset.files.chart_record import ChartRecord
from osuT5.encoding.scroll_speed import longest_beat_length_ms

MODE_NAMES = {GameMode.STANDARD: "osu", GameMode.TAIKO: "taiko", GameMode.CATCH: "fruits", GameMode.MANIA: "mania"}

Row = dict[str, Any]


def chart_row(chart: SourceChart, record: ChartRecord) -> Row:
    """Return the row of a chart with objects and red lines.

    Raises:
        BeatmapError: The chart has no combo.
    """
    beatmap, metadata, difficulty = chart.beatmap, chart.beatmap.metadata, chart.beatmap.difficulty
    kinds = Counter(map(type, beatmap.hit_objects))
    timing = Timing(beatmap.timing_points)
    end_ms = max(end_time_ms(hit_object, timing, difficulty) for hit_object in beatmap.hit_objects)
    length_ms = end_ms - beatmap.hit_objects[0].time_ms
    bpm = 60_000 / longest_beat_length_ms(timing, end_ms)
    return {
        "Artist": metadata.artist,
        "ArtistUnicode": metadata.artist_unicode or metadata.artist,
        "Creator": metadata.creator,
        "Source": metadata.source,
        "Title": metadata.title,
        "TitleUnicode": metadata.title_unicode or metadata.title,
        "Video": bool(beatmap.video_line),
        "Storyboard": bool(beatmap.storyboard_lines),
        "Tags": " ".join(metadata.tags),
        "DifficultyRating": record.stars,
        "BeatmapSetId": record.set_id,
        "Id": record.beatmap_id,
        "Mode": MODE_NAMES[beatmap.mode],
        "ModeInt": int(beatmap.mode),
        "TotalLength": round(length_ms / 1000),
        "HitLength": round((length_ms - _breaks_ms(beatmap)) / 1000),
        "Version": metadata.version,
        "Checksum": hashlib.md5(chart.content, usedforsecurity=False).hexdigest(),
        "MaxCombo": max_combo(beatmap),
        "Accuracy": difficulty.overall_difficulty,
        "Ar": difficulty.approach_rate,
        "Bpm": bpm,
        "BeatmapSetBpm": bpm,
        "CountCircles": kinds[Circle],
        "CountSliders": kinds.total() - kinds[Circle] - kinds[Spinner],  # hold notes count as sliders
        "CountSpinners": kinds[Spinner],
        "Cs": difficulty.circle_size,
        "Drain": difficulty.hp_drain_rate,
        "StarRating": list(record.star_ratings),
        "OmdbTags": [],
        "PackTags": [],
        "Owners": [],
        "TopTagIds": [],
        "TopTagCounts": [],
        "KeyCount": record.key_count,
    }


def _breaks_ms(beatmap: Beatmap) -> float:
    return sum(max(0.0, pause.end_ms - pause.start_ms) for pause in beatmap.breaks)
