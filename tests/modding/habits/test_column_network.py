"""Rows of mania maps, and surprisal of columns by patterns."""

import math

import numpy as np
import pytest

from modding.habits.column_network import (
    ColumnConfig,
    ColumnNetwork,
    MapRows,
    column_logits,
    load_column_network,
    mean_column_bits,
    save_column_network,
)
from model_files.errors import ModelError
from osu_beatmap.beatmap import GameMode, HoldNote
from tests.osu_beatmap.profile.profile_maps import map_of, notes


def keyed(columns, keys=4):
    beatmap = map_of(notes([[column] for column in columns], step=0.25), GameMode.MANIA)
    beatmap.difficulty.circle_size = float(keys)
    for note, column in zip(beatmap.hit_objects, columns, strict=True):
        note.x = float(int((column + 0.5) * 512 / keys))
    return beatmap


STAIRS = [0, 1, 2, 3, 2, 1] * 16


def test_a_mirrored_map_has_mirrored_logits():
    here = MapRows(keyed(STAIRS))
    there = MapRows(keyed([3 - column for column in STAIRS]))
    assert np.array_equal(here.mirrored().inputs(), there.inputs())
    network = load_column_network()
    assert np.allclose(column_logits(network, here), column_logits(network, there)[:, ::-1], atol=1e-4)


def test_own_column_is_no_input():
    here, there = keyed(STAIRS), keyed(STAIRS)
    there.hit_objects[40].x = keyed([2]).hit_objects[0].x
    assert np.array_equal(MapRows(here).inputs()[40], MapRows(there).inputs()[40])


def test_columns_of_a_chord_and_held_ones_are_taken():
    beatmap = keyed([0, 1, 2, 3])
    first, second = beatmap.hit_objects[:2]
    beatmap.hit_objects[0] = HoldNote(first.time_ms, first.x, first.y, end_ms=second.time_ms + 10.0)
    beatmap.hit_objects[2].time_ms = beatmap.hit_objects[3].time_ms
    assert MapRows(beatmap).open_columns().tolist() == [
        [True, True, True, True],
        [False, True, True, True],
        [True, True, True, False],
        [True, True, False, True],
    ]


def test_random_columns_surprise_more_than_stairs():
    random = keyed(np.random.default_rng(0).integers(4, size=len(STAIRS)).tolist())
    assert mean_column_bits(keyed(STAIRS)) < 0.8 < 1.5 < mean_column_bits(random)
    assert math.isnan(mean_column_bits(keyed(STAIRS, keys=5)))


def test_a_network_is_read_as_it_was_written(tmp_path):
    network = ColumnNetwork(ColumnConfig(width=8)).eval()
    save_column_network(tmp_path, network)
    rows = MapRows(keyed(STAIRS))
    assert np.allclose(column_logits(load_column_network(tmp_path), rows), column_logits(network, rows), atol=1e-2)
    with pytest.raises(ModelError, match="is not a column network"):
        load_column_network(tmp_path / "none")
