"""The rhythm network: shapes, independence of maps, and its conditions."""

from dataclasses import replace

import pytest
import torch
from rhythm_songs import SMALL, make_song

from osu_beatmap.beatmap import GameMode
from osuT5.rhythm.axis import song_axes
from osuT5.rhythm.conditions import RhythmConditions
from osuT5.rhythm.inputs import SongInputs, stack_conditions, stack_windows
from osuT5.rhythm.network import RhythmNetwork, interpolate_frames

EASY, HARD = RhythmConditions(GameMode.STANDARD, 1.7), RhythmConditions(GameMode.MANIA, 4.0, keys=4)


@pytest.fixture
def network() -> RhythmNetwork:
    torch.manual_seed(0)
    network = RhythmNetwork(SMALL)
    for parameter in network.parameters():  # also those that begin as zeros
        torch.nn.init.normal_(parameter, std=0.2)
    return network.eval().requires_grad_(False)


@pytest.fixture
def songs() -> SongInputs:
    axes = [song_axes(make_song(seed=seed))[0] for seed in range(2)]
    return stack_windows([axis.window(0, SMALL.window_beats) for axis in axes])


def test_frames_and_stars_are_interpolated(network: RhythmNetwork) -> None:
    frames = torch.tensor([[[0.0], [10.0], [30.0]], [[5.0], [5.0], [7.0]]])
    values = interpolate_frames(frames, torch.tensor([[0.5, 1.0, 1.5], [0.0, 2.0, 9.0]]))
    assert values.squeeze(-1).tolist() == [[5.0, 10.0, 20.0], [5.0, 7.0, 7.0]]
    stars = torch.tensor([1.5, 1.75, 2.0, 5.0, 99.0])
    inputs = stack_conditions([EASY] * 5, [0] * 5)
    low, middle, high, last, beyond = network.conditions._star_vector(replace(inputs, stars=stars))
    torch.testing.assert_close(middle, (low + high) / 2)
    torch.testing.assert_close(last, beyond)


def test_a_chart_does_not_depend_on_its_company(network: RhythmNetwork, songs: SongInputs) -> None:
    together, _ = network(songs, stack_conditions([EASY, HARD, HARD], [0, 0, 1]))
    alone, _ = network(songs, stack_conditions([HARD], [1]))
    torch.testing.assert_close(together[2:], alone)
    assert not torch.allclose(together[0], together[1])


def test_unknown_places_hide_the_bar_and_downbeats_do_not_depend_on_places(
    network: RhythmNetwork, songs: SongInputs
) -> None:
    charts = stack_conditions([EASY], [0])
    unknown = songs.without_bars()
    without_bars, _ = network(unknown, charts)
    other_bars, _ = network(replace(unknown, bar_beats=songs.bar_beats + 1), charts)
    torch.testing.assert_close(without_bars, other_bars)
    assert not torch.allclose(without_bars, network(songs, charts)[0])
    charts = stack_conditions([EASY], [0])
    unknown = songs.without_bars()
    torch.testing.assert_close(network(songs, charts)[1], network(unknown, charts)[1])
