"""Refining whole maps with a tiny seeded refiner."""

from dataclasses import replace

import numpy as np
import pytest

from osu_beatmap.attributes import Attributes
from osu_beatmap.beatmap import GameMode
from osu_diffusion.coarse_positions import move_to_grid, with_trimmed_paths
from osu_diffusion.constraints import MapConstraints
from osu_diffusion.points import sequence_of
from osu_diffusion.refine import RefineOptions, TargetAttributes, draw_positions, refine_positions, schedule_of
from tests.osu_diffusion.point_maps import beatmap_of, every_kind, long_map
from tests.osu_diffusion.tiny_refiners import tiny_refiner

WANTED = TargetAttributes(Attributes(GameMode.STANDARD, difficulty=4.0, circle_size=4.0))
FEW = RefineOptions(timesteps=4)


def places(beatmap) -> list[tuple[float, float]]:
    return [(obj.x, obj.y) for obj in beatmap.hit_objects]


@pytest.mark.parametrize("mode", [GameMode.STANDARD, GameMode.CATCH])
def test_only_places_change(mode: GameMode) -> None:
    draft = move_to_grid(beatmap_of(*every_kind().hit_objects, mode=mode))
    refined = refine_positions(draft, tiny_refiner(), WANTED, FEW, seed=1)
    assert places(refined) != places(draft)
    for before, after in zip(draft.hit_objects, refined.hit_objects, strict=True):
        for name in ("time_ms", "new_combo", "hitsound", "length_px", "slides", "end_ms"):
            assert getattr(after, name, None) == getattr(before, name, None)
    assert refined.timing_points == draft.timing_points


def test_the_same_seed_gives_the_same_places_and_maps_without_free_ones_stay() -> None:
    draft, refiner = move_to_grid(every_kind()), tiny_refiner()
    once = refine_positions(draft, refiner, WANTED, FEW, seed=5)
    assert refine_positions(draft, refiner, WANTED, FEW, seed=5) == once
    assert refine_positions(draft, refiner, WANTED, FEW, seed=6) != once
    empty = beatmap_of()
    assert refine_positions(empty, tiny_refiner(), WANTED, FEW, seed=1) is empty
    mania = beatmap_of(*every_kind().hit_objects, mode=GameMode.MANIA)
    assert refine_positions(mania, tiny_refiner(), WANTED, FEW, seed=1) is mania


@pytest.mark.parametrize("options", [FEW, replace(FEW, random_init=True), replace(FEW, cfg_scale=2.0, refine_iters=2)])
def test_places_are_numbers_on_the_playfield(options: RefineOptions) -> None:
    refined = refine_positions(move_to_grid(every_kind()), tiny_refiner(), WANTED, options, seed=2)
    for x, y in places(refined):
        assert 0.0 <= x <= 512.0
        assert 0.0 <= y <= 384.0


def test_a_long_map_has_no_seam() -> None:
    """Pieces that overlap by more than the network's reach give what the whole gives."""
    draft = with_trimmed_paths(move_to_grid(long_map()))
    sequence = sequence_of(draft)
    constraints = MapConstraints(sequence, sequence.positions)
    refiner = tiny_refiner(band=8, depth=2)
    whole = draw_positions(refiner, constraints, WANTED, FEW, seed=3, samples=2)
    pieces = replace(FEW, max_seq_len=100, overlap_buffer=20)
    assert len(sequence) > 300
    np.testing.assert_allclose(
        draw_positions(refiner, constraints, WANTED, pieces, seed=3, samples=2), whole, atol=1e-2
    )


def test_guidance_at_scale_1_asks_once(monkeypatch) -> None:
    refiner, calls = tiny_refiner(), []
    answer = refiner.model.answer
    monkeypatch.setattr(refiner.model, "answer", lambda *parts: calls.append(1) or answer(*parts))
    refine_positions(move_to_grid(every_kind()), refiner, WANTED, FEW, seed=1)
    assert len(calls) == 4
    refine_positions(move_to_grid(every_kind()), refiner, WANTED, replace(FEW, cfg_scale=1.5), seed=1)
    assert len(calls) == 4 + 8


@pytest.mark.parametrize(
    ("timesteps", "random_init", "visited"),
    [(5, False, [0, 25, 50, 74, 99]), ((2, 1, *[0] * 8), False, [0, 99, 100]), (10, True, list(range(0, 1000, 100)))],
)
def test_steps(timesteps, random_init: bool, visited: list[int]) -> None:
    options = RefineOptions(timesteps=timesteps, random_init=random_init)
    assert schedule_of(tiny_refiner(), options).model_steps.tolist() == visited
