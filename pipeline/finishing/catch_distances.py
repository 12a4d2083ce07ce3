"""Catch distances: fruits in low levels move within reach of a dash.

These levels have no hyperdash.
"""

from __future__ import annotations

import math
from itertools import pairwise

from osu_beatmap.beatmap import PLAYFIELD_WIDTH_PX, GameMode, Slider
from osu_beatmap.rules import Level
from osu_beatmap.rules.catch import fruits, movements
from osu_beatmap.rules.chart import Chart
from pipeline.finishing.positions import move_to
from pipeline.finishing.report import FinishReport
from pipeline.finishing.slider_shapes import fold_path, head_area, screen_area
from pipeline.finishing.working_map import WorkingMap, compose

SPARE_PX = 12.0
"""What is left of the way after a repair: a dash at its very edge deserves a warning too."""

MAX_ROUNDS = 40


def shorten_low_hyperdashes(work: WorkingMap, report: FinishReport) -> None:
    """Bring fruits in easy and normal maps within reach of a dash.

    Streams too fast for that become vertical.
    """
    if work.mode is not GameMode.CATCH or not work.pieces:
        return
    for _ in range(MAX_ROUNDS):
        chart = Chart(compose(work), work.song_ms)
        if chart.level > Level.NORMAL or not _bring_together(work, chart, report):
            return


def _bring_together(work: WorkingMap, chart: Chart, report: FinishReport) -> bool:
    """Shorten hyperdashes in one pass; return whether the map changed."""
    moved: set[int] = set()
    pairs = pairwise(fruits(chart))
    for movement, (fruit, following) in zip(movements(chart), pairs, strict=True):
        # What starts from a moved object has changed: its turn is in the next round.
        if not movement.is_hyperdash or fruit.place in moved:
            continue
        report.count("hyperdashes in a low level")
        piece = work.pieces[following.place]
        moved.add(following.place)
        if following.place == fruit.place:
            head, length_px = (piece.obj.x, piece.obj.y), work.slide_px(piece)
            piece.obj.segments = fold_path(head, length_px, screen_area(work), vertical=True)
            continue
        way_px = min(SPARE_PX - movement.spare_px, abs(following.x - fruit.x))
        x = piece.obj.x + math.copysign(math.ceil(way_px), fruit.x - following.x)
        move_to(piece, float(min(max(round(x), 0), PLAYFIELD_WIDTH_PX)), piece.obj.y)
        if isinstance(piece.obj, Slider):
            _hold_inside(work, piece)
    return bool(moved)


def _hold_inside(work: WorkingMap, piece) -> None:
    """Make a stream vertical if it would leave the playfield."""
    chart_area = head_area(work)
    xs = [x for segment in piece.obj.segments for x, _ in segment.points]
    if min(xs) < chart_area.left or max(xs) > chart_area.right:
        piece.obj.segments = fold_path((piece.obj.x, piece.obj.y), work.slide_px(piece), chart_area, vertical=True)
