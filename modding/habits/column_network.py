"""Network of mania columns, given the rows before and after a note.

It is fitted on maps of many mappers, so it supplements the counts of one map: which hand follows which, when a column
repeats, how stairs and trills go on. `python -m benchmarks.mai_mod.column_patterns FOLDER` trains it.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from model_files.network_folder import load_network, save_network, sizes_from_dict
from osu_beatmap.beatmap import Beatmap, HoldNote
from osuT5.encoding.hit_objects.positions import column_event
from osuT5.rhythm.conditions import Origin, origin_of
from paths import MODEL_DIR

BUNDLED_COLUMNS = MODEL_DIR / "columns"
CONTRACT_FILE = "columns.json"

ROWS, HELD_ROWS = 8, 2
"""Rows on either side of a note that the network reads, and those of which it reads the held columns."""

END_MS = 4000.0
"""Distance of the rows beyond the ends of a map."""

NEAREST_MS, SCALED_MS = 20.0, 150.0
ORIGINS = (Origin.STEPMANIA, Origin.QUAVER)
KEY_COUNTS = (4,)


@dataclass(frozen=True, slots=True)
class ColumnConfig:
    """Sizes of the network.

    Attributes:
        key_counts: Numbers of keys with a network of their own.
        width: Width of both hidden layers.
    """

    key_counts: Sequence[int] = KEY_COUNTS
    width: int = 256
    dropout: float = 0.3


class MapRows:
    """Rows of notes of a map with notes.

    Attributes:
        columns: Column of each note, int64 [notes].
        starts: Columns in which a note begins, bool [rows, keys].
        held: Columns in which a hold note goes on, bool [rows, keys].
    """

    def __init__(self, beatmap: Beatmap) -> None:
        keys, notes = int(beatmap.key_count), beatmap.hit_objects
        self.columns = np.array([column_event(obj.x, beatmap.key_count).value for obj in notes])
        self._times_ms, self._rows = np.unique([obj.time_ms for obj in notes], return_inverse=True)
        self.starts = np.zeros((len(self._times_ms), keys), bool)
        self.starts[self._rows, self.columns] = True
        self.held = np.zeros_like(self.starts)
        for obj, column in zip(notes, self.columns.tolist(), strict=True):
            if isinstance(obj, HoldNote):
                first, stop = np.searchsorted(self._times_ms, [obj.time_ms + 1.0, obj.end_ms - 1.0])
                self.held[first:stop, column] = True
        self._origin = [origin_of(beatmap) is each for each in ORIGINS]

    @property
    def keys(self) -> int:
        return self.starts.shape[1]

    def mirrored(self) -> MapRows:
        """Return the mirror image."""
        image = copy.copy(self)
        image.columns = self.keys - 1 - self.columns
        image.starts, image.held = self.starts[:, ::-1], self.held[:, ::-1]
        return image

    def open_columns(self) -> np.ndarray:
        """Return the columns that each note can have, bool [notes, keys]."""
        is_open = ~(self.starts | self.held)[self._rows]
        is_open[np.arange(len(self.columns)), self.columns] = True
        return is_open

    def inputs(self) -> np.ndarray:
        """Return the surroundings of each note, float32 [notes, inputs]."""
        padding = ((ROWS, ROWS), (0, 0))
        starts, held = np.pad(self.starts, padding), np.pad(self.held, padding)
        beyond_ms = self._times_ms[0] - END_MS, self._times_ms[-1] + END_MS
        times_ms = np.concatenate([np.full(ROWS, beyond_ms[0]), self._times_ms, np.full(ROWS, beyond_ms[1])])
        own, parts = self._rows + ROWS, []
        for away in (*range(-ROWS, 0), *range(1, ROWS + 1)):
            row = own + away
            gaps_ms = np.abs(np.stack([times_ms[row] - times_ms[own], times_ms[row] - times_ms[row - np.sign(away)]]))
            parts += [starts[row], np.log2(np.clip(gaps_ms, NEAREST_MS, END_MS) / SCALED_MS).T]
            parts += [held[row]] if abs(away) <= HELD_ROWS else []
        chord = starts[own]
        chord[np.arange(len(own)), self.columns] = False
        origin = np.tile(self._origin, (len(own), 1))
        return np.concatenate([*parts, chord, held[own], origin], axis=1).astype(np.float32)


def _input_count(keys: int) -> int:
    return (2 * ROWS + 2 * HELD_ROWS + 2) * keys + 4 * ROWS + len(ORIGINS)


class ColumnNetwork(nn.Module):
    """Inputs -> logits of columns [notes, keys], for some numbers of keys."""

    def __init__(self, config: ColumnConfig) -> None:
        super().__init__()
        self.config = config
        self.layers = nn.ModuleDict({str(keys): _layers(keys, config) for keys in config.key_counts})

    def forward(self, inputs: Tensor, keys: int) -> Tensor:
        return self.layers[str(keys)](inputs)


def _layers(keys: int, config: ColumnConfig) -> nn.Sequential:
    width = config.width
    hidden = nn.Linear(_input_count(keys), width), nn.GELU(), nn.Dropout(config.dropout)
    more = nn.Linear(width, width), nn.GELU(), nn.Dropout(config.dropout)
    return nn.Sequential(*hidden, *more, nn.Linear(width, keys))


def save_column_network(folder: Path, network: ColumnNetwork) -> None:
    """Write the weights in half precision, and the sizes."""
    save_network(folder, network.state_dict(), CONTRACT_FILE, {"network": asdict(network.config)})


@cache
def load_column_network(folder: Path = BUNDLED_COLUMNS) -> ColumnNetwork:
    """Load a network for prediction.

    Raises:
        ModelError: The folder does not contain one.
    """
    network, _ = load_network(
        folder, CONTRACT_FILE, "a column network", lambda sizes: ColumnNetwork(sizes_from_dict(ColumnConfig, sizes))
    )
    return network


def column_logits(network: ColumnNetwork, rows: MapRows) -> np.ndarray | None:
    """Return the logits of all columns of each note, float64 [notes, keys].

    They are the mean of those of the map and of its mirror image. None stands for another number of keys.
    """
    if rows.keys not in network.config.key_counts:
        return None
    with torch.inference_mode(), torch.autocast("cpu", enabled=False):
        here, there = (network(torch.from_numpy(each.inputs()), rows.keys) for each in (rows, rows.mirrored()))
    return ((here + there.flip(1)) / 2).numpy().astype(np.float64)


def mean_column_bits(beatmap: Beatmap) -> float:
    """Return the mean surprisal of the columns of a map.

    It is NaN for numbers of keys that the network lacks.
    """
    rows = MapRows(beatmap)
    logits = column_logits(load_column_network(), rows)
    return math.nan if logits is None else float(column_bits(logits, rows).mean())


def column_bits(logits: np.ndarray, rows: MapRows) -> np.ndarray:
    """Return the surprisal of the column of each note [notes]."""
    logits = np.where(rows.open_columns(), logits, -np.inf)
    own = logits[np.arange(len(logits)), rows.columns]
    return (np.logaddexp.reduce(logits, axis=1) - own) / math.log(2)
