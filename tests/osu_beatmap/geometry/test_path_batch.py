"""Many paths at once are the same paths as one by one."""

import numpy as np
import pytest

from osu_beatmap.beatmap import CurveKind, PathSegment
from osu_beatmap.geometry.path_batch import PathBatch
from osu_beatmap.geometry.slider_path import SliderPath

PATHS: dict[str, list[tuple[CurveKind, list[tuple[float, float]]]]] = {
    "line": [(CurveKind.LINEAR, [(0, 0), (100, 0)])],
    "corners": [(CurveKind.LINEAR, [(0, 0), (100, 0), (100, 80), (20, 80)])],
    "arc": [(CurveKind.PERFECT, [(0, 0), (100, 100), (200, 0)])],
    "arc the other way": [(CurveKind.PERFECT, [(0, 0), (100, -60), (200, 0)])],
    "straight arc": [(CurveKind.PERFECT, [(0, 0), (50, 0), (100, 0)])],
    "arc that doubles back": [(CurveKind.PERFECT, [(0, 0), (100, 0), (50, 0)])],
    "arc of four": [(CurveKind.PERFECT, [(0, 0), (0, 100), (100, 100), (100, 0)])],
    "Bezier": [(CurveKind.BEZIER, [(0, 0), (50, 100), (100, -40), (150, 90)])],
    "Catmull": [(CurveKind.CATMULL, [(0, 0), (50, 60), (100, 0), (150, 60)])],
    "two curves": [
        (CurveKind.BEZIER, [(0, 0), (60, 80), (120, 0)]),
        (CurveKind.BEZIER, [(120, 0), (200, 0)]),
    ],
}


def batch_of(names: list[str]) -> tuple[PathBatch, np.ndarray]:
    """The paths of these names, and the array that holds their points."""
    points: list[tuple[float, float]] = []
    paths = []
    for name in names:
        segments = []
        for kind, control in PATHS[name]:
            first = len(points) - 1 if segments else len(points)
            points += control[1:] if segments else control
            segments.append((kind, np.arange(first, first + len(control))))
        paths.append(segments)
    return PathBatch(paths), np.array(points, dtype=np.float64)


def exact(name: str, length_px: float) -> SliderPath:
    return SliderPath([PathSegment(kind, control) for kind, control in PATHS[name]], length_px)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.99, 1.1])
def test_places_and_lengths_are_those_of_single_paths(share: float) -> None:
    names = list(PATHS)
    batch, points = batch_of(names)
    natural = np.array([exact(name, 0.0).natural_length_px for name in names])
    assert batch.natural_lengths(points) == pytest.approx(natural, rel=2e-3)
    lengths = natural * share
    found = batch.points_at(points, lengths)
    wanted = np.array([exact(name, length).end for name, length in zip(names, lengths, strict=True)])
    # osu!'s own arcs are up to 0.1 px coarse, and so is the direction in which they are prolonged.
    assert np.abs(found - wanted).max() < 1.0
    assert np.median(np.abs(found - wanted)) < 0.05


def test_a_path_without_extent_stays_where_it_is() -> None:
    batch = PathBatch([[(CurveKind.LINEAR, np.array([0, 1]))]])
    points = np.array([[5.0, 6.0], [5.0, 6.0]])
    assert batch.natural_lengths(points).tolist() == [0.0]
    assert batch.points_at(points, np.array([50.0])).tolist() == [[5.0, 6.0]]
    assert PathBatch([]).natural_lengths(np.zeros((3, 4, 2))).shape == (3, 0), "no paths at all"
    assert PathBatch([]).points_at(np.zeros((4, 2)), np.zeros(0)).shape == (0, 2)
