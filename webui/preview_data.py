"""Beatmap as data for the player: the page only draws.

Paths, ticks, stacks, combos, hyperdashes and sounds are those of the rest of the project; the page knows no rule. Times
are ms from the start of the audio, to a tenth; places are osu! pixels, to a tenth.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from osu_beatmap.beatmap import Beatmap, GameMode
from osu_beatmap.errors import BeatmapError
from osu_beatmap.rules import approach_time_ms, circle_radius_px
from osu_beatmap.rules.catch import catcher_width_px
from osu_beatmap.rules.chart import Chart
from osu_beatmap.star_rating import star_rating, strains
from osu_beatmap.timing.active_point import sv_of
from pipeline.output.map_picture import COMBO_COLOURS
from pipeline.output.overview_picture import objects_per_second
from pipeline.output.summary import MODE_NAMES
from webui.preview_objects import objects_of, scroll_at, tenth
from webui.preview_sounds import sounds_of

FADE_IN_MS, FULL_FADE_APPROACH_MS = 400.0, 450.0
"""Objects appear within 400 ms, faster in proportion where they are on screen for less than 450."""

MAX_SONG_MS = 6 * 60 * 60 * 1000.0
"""What lies beyond is no song but a broken number; the timeline leaves it out."""

MAX_BAR_LINES = 20_000


def preview_of(beatmap: Beatmap) -> dict:
    """Return the map as JSON-ready data; omit objects with broken numbers.

    Never raises for a map from the reader.

    mode, mode_name   0..3, and its name
    title, artist, version, creator, stars (None where there is no rating)
    song_ms           how long the timeline is: as long as the objects
    circle_size, radius_px, approach_rate, approach_ms, fade_in_ms
    keys              columns of mania, else 0
    catcher_px        width of the catcher in catch, else 0
    colours           [[red, green, blue]] of the combos, 0..255
    objects           by time, see `preview_objects`
    sounds            [[time, bank, addition bank, additions, volume]], see `preview_sounds`
    reds, greens      [[time, beat length in ms, meter]] and [[time, slider velocity]]
    bar_lines         [[time, scroll]] of taiko and mania, scroll as in `preview_objects`
    kiai, breaks      [[start, end]], the end of the song in place of for ever
    density           objects that begin in each second
    strain            {start_ms, section_ms, skills: {name: [0..1]}}, 1 where that skill is hardest
    """
    chart = Chart(beatmap)
    usable = chart.sound_beatmap()
    settings = chart.difficulty
    ends_ms = [float(end_ms) for end_ms in chart.end_ms if end_ms <= MAX_SONG_MS]
    song_ms = min(MAX_SONG_MS, max([0.0, *ends_ms]) + 1000.0)
    approach_ms = approach_time_ms(settings.approach_rate)
    metadata = beatmap.metadata
    return {
        "mode": int(beatmap.mode),
        "mode_name": MODE_NAMES[beatmap.mode],
        "title": metadata.title_unicode or metadata.title,
        "artist": metadata.artist_unicode or metadata.artist,
        "version": metadata.version,
        "creator": metadata.creator,
        "stars": _stars(beatmap) or _stars(usable),
        "song_ms": tenth(song_ms),
        "circle_size": settings.circle_size,
        "radius_px": max(1.0, tenth(circle_radius_px(settings.circle_size))),
        "approach_rate": settings.approach_rate,
        "approach_ms": max(1.0, tenth(approach_ms)),
        "fade_in_ms": max(1.0, tenth(FADE_IN_MS * min(1.0, approach_ms / FULL_FADE_APPROACH_MS))),
        "keys": usable.key_count if beatmap.mode is GameMode.MANIA else 0,
        "catcher_px": tenth(catcher_width_px(settings.circle_size)) if beatmap.mode is GameMode.CATCH else 0,
        "colours": [list(colour) for colour in beatmap.combo_colours or COMBO_COLOURS],
        "objects": objects_of(chart),
        "sounds": sounds_of(chart),
        "reds": [[tenth(red.time_ms), red.beat_length_ms, red.meter] for red in chart.timing.reds],
        "greens": [
            [tenth(line.time_ms), round(sv_of(line), 3)] for line in chart.timing.points if not line.uninherited
        ],
        "bar_lines": _bar_lines(chart, song_ms),
        "kiai": _spans(chart.timing.kiai_spans(), song_ms),
        "breaks": _spans([(pause.start_ms, pause.end_ms) for pause in chart.breaks], song_ms),
        "density": objects_per_second(usable, song_ms).tolist(),
        "strain": _strain(usable),
    }


def _stars(beatmap: Beatmap) -> float | None:
    try:
        return round(star_rating(beatmap), 2)
    except BeatmapError:
        return None


def _strain(beatmap: Beatmap) -> dict:
    try:
        found = strains(beatmap)
    except BeatmapError:
        return {"start_ms": 0, "section_ms": 400, "skills": {}}
    skills = {skill: _shares(curve) for skill, curve in found.by_skill.items()}
    return {"start_ms": tenth(found.start_ms), "section_ms": found.section_ms, "skills": skills}


def _shares(curve: Sequence[float]) -> list[float]:
    highest = max(curve)
    return [round(value / highest, 3) if highest > 0 else 0 for value in curve]


def _bar_lines(chart: Chart, song_ms: float) -> list[list[float]]:
    if chart.beatmap.mode not in (GameMode.TAIKO, GameMode.MANIA):
        return []
    timing = chart.timing
    # A tempo of 10,000 BPM over hours is no music; such maps go without.
    if song_ms / min(timing.beat_length_at(red.time_ms) for red in timing.reds) > MAX_BAR_LINES:
        return []
    bars = [beat.time_ms for beat in timing.beats(0.0, song_ms) if beat.in_bar == 0]
    return [
        [tenth(time_ms), scroll_at(chart, time_ms)]
        for time_ms in bars
        if not (timing.red_at(time_ms).omit_barline and timing.red_at(time_ms).time_ms == time_ms)
    ]


def _spans(spans: Sequence[tuple[float, float]], song_ms: float) -> list[list[float]]:
    ended = [(start_ms, end_ms if math.isfinite(end_ms) else song_ms) for start_ms, end_ms in spans]
    return [[tenth(start_ms), tenth(end_ms)] for start_ms, end_ms in ended if start_ms < end_ms]
