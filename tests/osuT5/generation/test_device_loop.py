"""What a GPU would write is what the host writes: steps and choices of fixed shapes, here without graphs."""

from __future__ import annotations

import copy
from dataclasses import replace

import pytest
import torch
from tiny_song import GREEDY, HOT, charts, filled_in, network, song_of_noise, tiny_spec

from osu_beatmap.attributes import Attributes
from osu_beatmap.model import GameMode
from osuT5.generation import device_loop
from osuT5.generation.sampling import Sampling
from osuT5.generation.schedule import SongWriter
from osuT5.model.generating import prepare_to_generate
from osuT5.model.step_graphs import as_they_are

VERSIONS = ["mini", "v29", "v31", "v32"]


@pytest.fixture(scope="module", params=VERSIONS)
def writers(request) -> tuple[SongWriter, SongWriter]:
    """One with a plain model, and one whose steps are those that a GPU captures."""
    spec = tiny_spec(request.param)
    plain = network(spec, request.param)
    both = (plain, prepare_to_generate(copy.deepcopy(plain), capture=as_they_are))
    return tuple(song_of_noise(model, spec) for model in both)


@pytest.fixture(params=["on the device", "by scores"])
def way(request, monkeypatch) -> None:
    """With choices on the device, and with scores that the host chooses from."""
    if request.param == "by scores":
        monkeypatch.setattr("osuT5.generation.engine.knows", lambda choice: False)


@pytest.mark.parametrize("sampling", [HOT, GREEDY, Sampling()], ids=["drawn", "greedy", "as users have it"])
def test_both_ways_write_the_same(writers, way, sampling):
    plain, fast = (filled_in(writer, sampling, charts()) for writer in writers)
    assert plain == fast
    assert any(groups for contexts in plain for groups in contexts.values())
    assert writers[1].model.graphed_steps.problem is None


@pytest.mark.parametrize("count", [1, 3])
def test_guided_rows_are_the_same(writers, way, count):
    guided, negative = replace(HOT, guidance_scale=12.0), Attributes(GameMode.STANDARD, difficulty=8.0)
    first, second = (filled_in(writer, guided, charts(negative)[:count]) for writer in writers)
    assert first == second
    assert writers[1].model.graphed_steps.problem is None
