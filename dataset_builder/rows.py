"""A chart -> its row of the metadata, as far as the chart itself tells. Lengths are seconds, as in the osu! API."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

from dataset_builder.sources.mapset import SourceChart
from osu_beatmap.beatmap import Beatmap, Circle, GameMode, Spinner
from osu_beatmap.star_rating import max_combo
from osu_beatmap.timing.active_point import Timing, end_time_ms
from osu_beatmap.timing.beat_grid import in_line_order
from osuT5.dataset.files.chart_record import ChartRecord

MODE_NAMES = {GameMode.STANDARD: "osu", GameMode.TAIKO: "taiko", GameMode.CATCH: "fruits", GameMode.MANIA: "mania"}

Row = dict[str, Any]


def chart_row(chart: SourceChart, record: ChartRecord) -> Row:
    """The row of a chart with objects and red lines. Raises BeatmapError for one that has no combo."""
    beatmap, metadata, difficulty = chart.beatmap, chart.beatmap.metadata, chart.beatmap.difficulty
    kinds = Counter(map(type, beatmap.hit_objects))
    ends_ms = _end_ms(beatmap)
    length_ms = ends_ms - beatmap.hit_objects[0].time_ms
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
        "Bpm": main_bpm(beatmap, ends_ms),
        "BeatmapSetBpm": main_bpm(beatmap, ends_ms),
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


def _end_ms(beatmap: Beatmap) -> float:
    timing = Timing(beatmap.timing_points)
    return max(end_time_ms(hit_object, timing, beatmap.difficulty) for hit_object in beatmap.hit_objects)


def _breaks_ms(beatmap: Beatmap) -> float:
    return sum(max(0.0, pause.end_ms - pause.start_ms) for pause in beatmap.breaks)


def main_bpm(beatmap: Beatmap, end_ms: float) -> float:
    """The tempo that lasts longest until the last object; the first red line counts from the start of the song."""
    reds = [point for point in in_line_order(beatmap.timing_points) if point.uninherited]
    starts_ms: Sequence[float] = [min(0.0, reds[0].time_ms), *(point.time_ms for point in reds[1:]), end_ms]
    lasts_ms: dict[float, float] = defaultdict(float)
    for number, point in enumerate(reds):
        lasts_ms[point.bpm] += max(0.0, min(end_ms, starts_ms[number + 1]) - starts_ms[number])
    return max(lasts_ms, key=lasts_ms.__getitem__)
