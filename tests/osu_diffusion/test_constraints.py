"""What holds for refined positions whatever a model says."""

import numpy as np
import pytest

from osu_beatmap.beatmap import Beatmap, Circle
from osu_beatmap.geometry.slider_path import SliderPath
from osu_diffusion.constraints import MapConstraints
from osu_diffusion.points import sequence_of, with_positions
from tests.osu_diffusion.point_maps import beatmap_of, every_kind, line, slider


def constraints_of(beatmap: Beatmap, **options) -> MapConstraints:
    sequence = sequence_of(beatmap)
    return MapConstraints(sequence, sequence.positions, **options)


def pushed(constraints: MapConstraints, rng_seed: int = 1, px: float = 10.0) -> np.ndarray:
    rng = np.random.default_rng(rng_seed)
    return constraints.draft_px[None] + rng.normal(0.0, px, (2, *constraints.draft_px.shape))


def at_the_end(constraints: MapConstraints, moves) -> np.ndarray:
    return constraints.constrain_result(constraints.draft_px[None] + moves)[0]


def test_sliders_end_where_their_length_takes_them_on_paths_as_long() -> None:
    constraints = constraints_of(every_kind())
    sequence = constraints.sequence
    found = constraints.constrain_step(pushed(constraints))
    for sample in found:
        ends = sequence.paths.points_at(sample, sequence.path_lengths_px)
        np.testing.assert_allclose(sample[sequence.path_ends], ends)
    beatmap = beatmap_of(slider(0.0, line((100.0, 100.0), (200.0, 100.0)), length_px=100.0))
    constraints = constraints_of(beatmap)
    for off_px, length_px in ((6.0, 100.0), (100.0, 180.0)):
        found = at_the_end(constraints, np.array([[0.0, 0.0], [off_px, 0.0], [0.0, 0.0]]))
        moved = with_positions(beatmap, constraints.sequence, found)
        assert SliderPath(moved.hit_objects[0].segments).natural_length_px == pytest.approx(length_px)


def test_stacks_of_the_draft_stay_exact_when_the_model_leaves_them_near() -> None:
    path = line((112.0, 112.0), (212.0, 112.0))
    beatmap = beatmap_of(Circle(0.0, 112.0, 112.0), Circle(250.0, 112.0, 112.0), slider(500.0, path, length_px=100.0))
    constraints = constraints_of(beatmap)
    moves = np.array([[0.0, 0.0], [3.0, 3.0], [-2.0, 1.0], [-2.0, 1.0], [0.0, 0.0]])
    found = at_the_end(constraints, moves)
    assert found[:3].tolist() == [[112.0, 112.0]] * 3
    assert found[3].tolist() == pytest.approx([212.0, 112.0])


@pytest.mark.parametrize(
    ("gap_ms", "options", "x"), [(80.0, {}, 126.0), (80.0, {"stack_px": np.inf}, 112.0), (250.0, {}, 112.0)]
)
def test_neighbours_in_one_cell_are_a_stack_where_they_are_slow_or_places_exact(gap_ms, options, x) -> None:
    beatmap = beatmap_of(Circle(0.0, 112.0, 112.0), Circle(gap_ms, 112.0, 112.0))
    found = at_the_end(constraints_of(beatmap, **options), np.array([[0.0, 0.0], [14.0, 0.0]]))
    assert found[1].tolist() == [x, 112.0]


def test_nothing_leaves_the_screen() -> None:
    beatmap = beatmap_of(
        Circle(0.0, 500.0, 380.0), slider(250.0, line((470.0, 350.0), (570.0, 350.0)), length_px=100.0)
    )
    found = at_the_end(constraints_of(beatmap, radius_px=36.0), 30.0)
    assert found[0].tolist() == [512.0, 384.0]
    assert found[2, 0] + 36.0 <= 579.0 + 1e-6
    assert found[2, 1] + 36.0 <= 428.0 + 1e-6
