"""Rules of osu!catch, and hyperdashes between fruits too far apart."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from osu_beatmap.beatmap import PLAYFIELD_WIDTH_PX, Slider, Spinner
from osu_beatmap.geometry.slider_ticks import tick_shares
from osu_beatmap.rules.chart import Chart
from osu_beatmap.rules.finding import Finding, Level, problem, warning

CATCHER_WIDTH_PX = 106.75
"""Width of the catcher at circle size 5."""

DASH_PX_PER_MS = 1.0
GRACE_MS = 1000.0 / 60.0 / 4
"""A quarter of a frame, which the game grants."""

MAX_FRUITS_PER_STREAM = 2000
"""More are no juice stream but an attack on the reader of the map; of such streams only head and end count."""

MAX_CONSECUTIVE_HYPERDASHES = {Level.HARD: 2, Level.INSANE: 4}
MAX_EDGE_LEVEL = Level.HARD
MAX_EDGE_PX, EDGE_TIME_MS, EDGE_POWER = 10.0, 300.0, 0.75


@dataclass(frozen=True, slots=True)
class Fruit:
    """Something that must be caught: a fruit or a large droplet.

    `place` is its object's in the chart.
    """

    time_ms: float
    x: float
    place: int
    is_droplet: bool = False


@dataclass(frozen=True, slots=True)
class Movement:
    """The way from one fruit to the next.

    `spare_px` is what is left of the reach of a dash: below 0, a hyperdash.
    """

    fruit: Fruit
    gap_ms: float
    distance_px: float
    spare_px: float

    @property
    def is_hyperdash(self) -> bool:
        return self.spare_px < 0


def fruits(chart: Chart) -> list[Fruit]:
    """Return all fruits and drops by time.

    Bananas and droplets need not be caught.
    """
    caught: list[Fruit] = []
    for place, hit_object in enumerate(chart.objects):
        if place in chart.paths:
            caught += _stream(chart, place)
        elif not isinstance(hit_object, Spinner):
            caught.append(Fruit(hit_object.time_ms, _clip_to_playfield(hit_object.x), place))
    return sorted(caught, key=lambda fruit: fruit.time_ms)


def catcher_width_px(circle_size: float) -> float:
    """Return the full width of the catcher.

    Source: the size formula of osu!lazer's catcher.
    """
    return CATCHER_WIDTH_PX * abs(1.0 - 0.7 * (circle_size - 5.0) / 5.0)


def movements(chart: Chart, caught: list[Fruit] | None = None) -> list[Movement]:
    """Return the movement from each fruit but the last to the next.

    A known `fruits(chart)` may be passed. Source: the rules by which osu!lazer initialises hyperdashes. A dash reaches
    1 px per ms. Half a catcher width is free. If the direction stays the same, only the rest left over by the last
    movement is free.
    """
    half_width_px = catcher_width_px(chart.difficulty.circle_size) / 2
    last_direction, left_over_px = 0, half_width_px
    found = []
    for fruit, following in pairwise(fruits(chart) if caught is None else caught):
        direction = 1 if following.x > fruit.x else -1
        gap_ms = int(following.time_ms) - int(fruit.time_ms)
        distance_px = abs(following.x - fruit.x)
        free_px = left_over_px if direction == last_direction else half_width_px
        spare_px = (gap_ms - GRACE_MS) * DASH_PX_PER_MS - (distance_px - free_px)
        found.append(Movement(fruit, gap_ms, distance_px, spare_px))
        left_over_px = half_width_px if spare_px < 0 else min(spare_px, half_width_px)
        last_direction = direction
    return found


def hyperdashes(chart: Chart) -> Iterator[Finding]:
    """Report hyperdashes in cups and salads (easy and normal)."""
    if chart.level > Level.NORMAL:
        return
    for movement in movements(chart):
        if movement.is_hyperdash:
            message = f"The movement to the next fruit needs a hyperdash, by {-movement.spare_px:.0f} px."
            yield problem("hyperdashes", movement.fruit.time_ms, message, chart.indices[movement.fruit.place])


def consecutive_hyperdashes(chart: Chart) -> Iterator[Finding]:
    """Report many successive hyperdashes in platters and rains (hard and insane)."""
    most = MAX_CONSECUTIVE_HYPERDASHES.get(chart.level)
    if most is None:
        return
    in_a_row: list[Movement] = []
    for movement in [*movements(chart), None]:
        if movement is not None and movement.is_hyperdash:
            in_a_row.append(movement)
            continue
        if len(in_a_row) > most:
            message = f"There are {len(in_a_row)} hyperdashes in a row, more than {most}."
            indices = dict.fromkeys(chart.indices[dash.fruit.place] for dash in in_a_row)
            yield warning("consecutive_hyperdashes", in_a_row[0].fruit.time_ms, message, *indices)
        in_a_row = []


def edge_dashes(chart: Chart) -> Iterator[Finding]:
    """Report dashes of low levels that only just need no hyperdash."""
    if chart.level > MAX_EDGE_LEVEL:
        return
    for movement in movements(chart):
        if 0 <= movement.spare_px <= _edge_px(movement.gap_ms):
            message = f"The dash to the next fruit can be missed by {movement.spare_px:.0f} px only."
            yield warning("edge_dashes", movement.fruit.time_ms, message, chart.indices[movement.fruit.place])


def _edge_px(gap_ms: float) -> float:
    """Return the spare distance of an edge dash at most.

    It is less for quick dashes, as in Mapset Verifier.
    """
    share = min(1.0, max(0.0, gap_ms / EDGE_TIME_MS))
    return MAX_EDGE_PX * (1.0 - (1.0 - share) ** EDGE_POWER)


def _stream(chart: Chart, place: int) -> list[Fruit]:
    """Return the head, drops, repeats and end of a juice stream."""
    slider: Slider = chart.objects[place]
    path = chart.paths[place]
    ticks = tick_shares(slider, chart.timing, chart.difficulty, chart.beatmap.format_version)
    if slider.slides * (len(ticks) + 1) > MAX_FRUITS_PER_STREAM:
        turns, way = np.array([0.0, slider.slides]), np.array([0.0, slider.slides % 2])
    else:
        # In slides from the head: where fruits lie in time, and, folded to 0..1, on the path.
        forward, back = np.append(0.0, ticks), np.append(0.0, 1.0 - ticks[::-1])
        turns = np.concatenate([slide + (back if slide % 2 else forward) for slide in range(slider.slides)])
        turns = np.append(turns, slider.slides)
        way = np.abs((turns + 1.0) % 2.0 - 1.0)
    times_ms = slider.time_ms + turns * (chart.end_ms[place] - slider.time_ms) / slider.slides
    xs = path.positions(way * path.length_px)[:, 0]
    is_droplet = turns % 1.0 != 0.0
    return [
        Fruit(float(time_ms), _clip_to_playfield(x), place, bool(small))
        for time_ms, x, small in zip(times_ms, xs, is_droplet, strict=True)
    ]


def _clip_to_playfield(x: float) -> float:
    return float(min(PLAYFIELD_WIDTH_PX, max(0.0, x)))
