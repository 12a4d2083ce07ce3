"""A map as points, and points back in the map."""

import numpy as np
import pytest

from osu_beatmap.beatmap import CurveKind, PathSegment
from osu_diffusion.points import PointKind, sequence_of, slider_end_kind, with_positions
from tests.osu_diffusion.point_maps import beatmap_of, every_kind, line, slider

KINDS = [
    PointKind.CIRCLE_NEW_COMBO,
    PointKind.CIRCLE,
    *(PointKind.SLIDER_HEAD_NEW_COMBO, PointKind.LAST_ANCHOR, PointKind.SLIDER_END_1),
    *(PointKind.SLIDER_HEAD, PointKind.BEZIER_ANCHOR, PointKind.RED_ANCHOR, PointKind.LAST_ANCHOR),
    PointKind.SLIDER_END_2,
    *(PointKind.SLIDER_HEAD, PointKind.PERFECT_ANCHOR, PointKind.LAST_ANCHOR, PointKind.SLIDER_END_1),
    *(PointKind.SLIDER_HEAD, PointKind.CATMULL_ANCHOR, PointKind.LAST_ANCHOR, PointKind.SLIDER_END_EVEN),
    *(PointKind.SPINNER, PointKind.SPINNER_END, PointKind.CIRCLE),
]


def test_points_of_every_kind_with_their_times_and_shares() -> None:
    sequence = sequence_of(every_kind())
    assert [PointKind(kind) for kind in sequence.kinds] == KINDS
    assert sequence.object_of.tolist() == [0, 1, *[2] * 3, *[3] * 5, *[4] * 4, *[5] * 4, 6, 6, 7]
    assert sequence.path_of.tolist() == [-1, -1, *[0] * 3, *[1] * 5, *[2] * 4, *[3] * 4, -1, -1, -1]
    assert sequence.path_ends.tolist() == [4, 9, 13, 17]
    assert np.flatnonzero(~sequence.movable).tolist() == [18, 19]
    sequence = sequence_of(
        beatmap_of(slider(1000.0, line((0.0, 0.0), (50.0, 0.0), (140.0, 0.0)), length_px=140.0, slides=3))
    )
    assert sequence.times_ms.tolist() == [1000.0, 1250.0, 1500.0, 2500.0]
    assert sequence.path_shares.tolist() == [0.0, 0.5, 1.0, 1.0]
    assert sequence.beat_lengths_ms.tolist() == [500.0] * 4


def test_unchanged_points_change_nothing_and_moved_ones_move_objects() -> None:
    beatmap = every_kind()
    sequence = sequence_of(beatmap)
    assert with_positions(beatmap, sequence, sequence.positions) == beatmap
    beatmap = every_kind()
    sequence = sequence_of(beatmap)
    moved = with_positions(beatmap, sequence, sequence.positions + np.array([10.0, 20.0]))
    assert (moved.hit_objects[0].x, moved.hit_objects[0].y) == (50.0, 70.0)
    assert moved.hit_objects[3].segments[1].points == [(210.0, 120.0), (270.0, 160.0)]
    for before, after in zip(beatmap.hit_objects, moved.hit_objects, strict=True):
        assert after.time_ms == before.time_ms
        assert getattr(after, "length_px", None) == getattr(before, "length_px", None)
    assert beatmap == every_kind()


def test_a_slider_of_hundreds_of_points_moves_as_a_whole() -> None:
    points = [(float(x), float(x % 7)) for x in range(100)]
    beatmap = beatmap_of(slider(0.0, PathSegment(CurveKind.LINEAR, points), length_px=90.0))
    sequence = sequence_of(beatmap)
    assert len(sequence) == 1
    moved = with_positions(beatmap, sequence, np.array([[5.0, 6.0]]))
    assert moved.hit_objects[0].segments[0].points[:2] == [(5.0, 6.0), (6.0, 7.0)]


@pytest.mark.parametrize(("slides", "name"), [(1, "1"), (2, "2"), (3, "3"), (4, "EVEN"), (5, "ODD"), (0, "1")])
def test_kinds_of_slider_ends(slides: int, name: str) -> None:
    assert slider_end_kind(slides).name == f"SLIDER_END_{name}"
