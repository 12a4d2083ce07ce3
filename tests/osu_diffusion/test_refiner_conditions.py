"""Attributes as classes, each with an unknown one."""

import numpy as np
import pytest

from osu_beatmap.attributes import Attributes
from osu_beatmap.beatmap import GameMode
from osu_diffusion.conditions import ConditionSpec

SPEC = ConditionSpec(mappers=(11, 22), descriptors=("streams", "jump aim"), modes=(0, 2))


def classes(**attributes) -> list[int]:
    mode = attributes.pop("mode", GameMode.STANDARD)
    return np.flatnonzero(SPEC.class_vector(Attributes(mode, **attributes))).tolist()


def test_known_and_unknown_attributes() -> None:
    found = classes(
        difficulty=5.3, mapper_id=22, circle_size=4.0, descriptors=("jump aim", "streams"), mode=GameMode.CATCH
    )
    assert found == [10, 26 + 1, 29, 30, 32 + 8, 54 + 1]
    assert classes() == [25, 28, 31, 53, 54]
    assert classes(mapper_id=99, descriptors=("nobody knows this",)) == classes()
    assert np.flatnonzero(SPEC.unknown_vector()).tolist() == [25, 28, 31, 53, 56]
    spec = ConditionSpec(modes=())
    assert spec.sizes() == (26, 1, 1, 22, 0)
    assert spec.class_vector(Attributes(GameMode.CATCH)).sum() == 4


@pytest.mark.parametrize(("stars", "place"), [(0.0, 0), (0.49, 0), (0.5, 1), (11.99, 23), (12.0, 24), (30.0, 24)])
def test_edges_of_difficulty(stars: float, place: int) -> None:
    assert classes(difficulty=stars)[0] == place
