"""Training of the column network, for `modding/habits/columns.py`.

    python -m benchmarks.mai_mod.column_patterns FOLDER [--steps 10000] [--seconds 50] [--output DIR]

From mania maps of training songs, with converted charts and maps in archives. First, a quarter of the songs is left
out. Printed are the bits of a column in their maps, and the weights of all views of a column as
`benchmarks.mai_mod.habit_weights` finds them, from excerpts of one map of each of these songs. Then the network is
trained on all songs and written to `--output`.
"""

from __future__ import annotations

import math
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from tqdm import trange

from benchmarks.arguments import corpus_parser
from benchmarks.mai_mod.habit_weights import ChoiceTensors, find_questions, fitted
from evaluation.charts import excerpt
from modding.habits.column_network import (
    BUNDLED_COLUMNS,
    ColumnConfig,
    ColumnNetwork,
    MapRows,
    column_bits,
    column_logits,
    save_column_network,
)
from modding.habits.columns import ColumnHabits
from modding.habits.places import MapPlaces
from osu_beatmap.beatmap import Beatmap, GameMode
from osu_beatmap.errors import BeatmapError
from osu_beatmap.files.chart_folders import chart_files
from osu_beatmap.files.reader import decode_osu_bytes, parse_beatmap
from osu_beatmap.held_out import Split, held_out_titles, is_song_in_split, title_hash
from osu_beatmap.profile.human_maps import FEWEST_OBJECTS, TitledFile
from osu_beatmap.song_bounds import LONGEST_SONG_MS, check_in_song
from osuT5.rhythm.conditions import Origin, origin_of

BATCH_NOTES = 1024
LEARNING_RATE, WARMUP_STEPS = 0.002, 200
STEPMANIA_SHARE = 4.0
"""Weight of a StepMania chart, of which there are fewer and smaller ones."""

FOLDS = 4


@dataclass(frozen=True)
class ManiaMap:
    """Rows of a map of one song."""

    song: str
    group: str
    beatmap: Beatmap
    rows: MapRows


@dataclass(frozen=True)
class NoteExamples:
    """Notes of maps with one number of keys, and their weights.

    `inputs` are those of the maps and of their mirror images, float16 [2, notes, inputs].
    """

    inputs: np.ndarray
    is_open: np.ndarray
    columns: np.ndarray
    cumulated: np.ndarray

    @classmethod
    def of(cls, maps: Sequence[ManiaMap]) -> NoteExamples:
        inputs = [[rows.inputs().astype(np.float16) for rows in (each.rows, each.rows.mirrored())] for each in maps]
        weights = [_notes_weight(each) for each in maps]
        return cls(
            np.concatenate([np.stack(pair) for pair in inputs], axis=1),
            np.concatenate([each.rows.open_columns() for each in maps]),
            np.concatenate([each.rows.columns for each in maps]),
            np.cumsum(np.concatenate(weights)),
        )

    def batch(self, rng: np.random.Generator) -> tuple[Tensor, Tensor, Tensor]:
        """Return inputs, open columns, and columns of random notes."""
        chosen = np.searchsorted(self.cumulated, rng.random(BATCH_NOTES) * self.cumulated[-1])
        image = int(rng.integers(2))
        is_open, columns = self.is_open[chosen], self.columns[chosen]
        if image:
            is_open, columns = is_open[:, ::-1].copy(), is_open.shape[1] - 1 - columns
        inputs = torch.from_numpy(self.inputs[image, chosen].astype(np.float32))
        return inputs, torch.from_numpy(is_open), torch.from_numpy(columns)


def _notes_weight(each: ManiaMap) -> np.ndarray:
    """Return the weights of notes: a map counts by their root."""
    notes = len(each.rows.columns)
    share = STEPMANIA_SHARE if each.group == Origin.STEPMANIA.name else 1.0
    return np.full(notes, share / math.sqrt(notes))


def mania_maps(folder: Path) -> Iterator[ManiaMap]:
    """Yield the mania maps of training songs."""
    held_out = held_out_titles()
    for place, data in chart_files(folder):
        text = decode_osu_bytes(data)
        titles = TitledFile(text)
        if not is_song_in_split([titles], Split.TRAIN, held_out):
            continue
        try:
            beatmap = parse_beatmap(text, place)
            check_in_song(beatmap, LONGEST_SONG_MS)
        except BeatmapError:
            continue
        if _is_usable(beatmap):
            yield ManiaMap(title_hash(titles.title), origin_of(beatmap).name, beatmap, MapRows(beatmap))


def _is_usable(beatmap: Beatmap) -> bool:
    if beatmap.mode is not GameMode.MANIA or len(beatmap.hit_objects) < FEWEST_OBJECTS:
        return False
    return int(beatmap.key_count) in ColumnConfig().key_counts


def train(maps: Sequence[ManiaMap], config: ColumnConfig, steps: int) -> ColumnNetwork:
    """Return a network trained on maps."""
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    network = ColumnNetwork(config)
    for keys in config.key_counts:
        examples = NoteExamples.of([each for each in maps if each.rows.keys == keys])
        optimizer = torch.optim.AdamW(network.layers[str(keys)].parameters(), LEARNING_RATE)
        for step in trange(steps, disable=None):
            for group in optimizer.param_groups:
                cosine = 0.5 + 0.5 * math.cos(math.pi * step / steps)
                group["lr"] = LEARNING_RATE * min(1.0, (step + 1) / WARMUP_STEPS) * cosine
            inputs, is_open, columns = examples.batch(rng)
            logits = network(inputs, keys).masked_fill(~is_open, -math.inf)
            optimizer.zero_grad()
            torch.nn.functional.cross_entropy(logits, columns).backward()
            optimizer.step()
    return network.eval()


def bits_of_columns(network: ColumnNetwork, maps: Sequence[ManiaMap]) -> str:
    """Describe the mean bits of a column, by keys and origin."""
    bits = defaultdict(list)
    for each in maps:
        surprisal = column_bits(column_logits(network, each.rows), each.rows)
        even = np.log2(each.rows.open_columns().sum(1))
        bits[each.rows.keys, each.group].append((surprisal.mean(), even.mean()))
    lines = []
    for (keys, group), of in sorted(bits.items()):
        own, even = np.mean(of, axis=0)
        lines.append(f"{keys} keys, {group}: {own:.2f} bits, {even:.2f} if all columns are equal ({len(of)} maps)")
    return "\n".join(lines)


def column_weights(network: ColumnNetwork, maps: Sequence[ManiaMap], seconds: float) -> str:
    """Describe the weights of all views of a column, by keys."""
    charts: dict[int, dict[str, ChoiceTensors]] = defaultdict(dict)
    views: dict[int, tuple[str, ...]] = {}
    for each in maps:
        first_ms = min(obj.time_ms for obj in each.beatmap.hit_objects)
        part = excerpt(each.beatmap, -math.inf, first_ms + 1000.0 * seconds)
        if each.song not in charts[each.rows.keys] and len(part.hit_objects) >= FEWEST_OBJECTS:
            choices = ColumnHabits(MapPlaces(part), network).choices()
            charts[each.rows.keys][each.song] = find_questions(choices)
            views[each.rows.keys] = tuple(choices.views)
    lines = []
    for keys, of in charts.items():
        weights = zip(views[keys], fitted(list(of.values())).tolist(), strict=True)
        table = ", ".join(f'"{name}": {weight:.2f}' for name, weight in weights)
        lines.append(f"{keys} keys: {{{table}}}  # {len(of)} charts")
    return "\n".join(lines)


def main() -> int:
    parser = corpus_parser(__doc__)
    parser.add_argument("--steps", type=int, default=10_000, help="for each number of keys")
    parser.add_argument("--seconds", type=float, default=50.0, help="of each map, for the weights")
    parser.add_argument("--output", type=Path, default=BUNDLED_COLUMNS)
    arguments = parser.parse_args()
    config, maps = ColumnConfig(), list(mania_maps(arguments.folder))
    if {each.rows.keys for each in maps} != set(config.key_counts):
        print(f"{arguments.folder} has no mania maps of {config.key_counts} keys.", file=sys.stderr)
        return 2
    is_left_out = [int(each.song, 16) % FOLDS == 0 for each in maps]
    known = [each for each, is_out in zip(maps, is_left_out, strict=True) if not is_out]
    unknown = [each for each, is_out in zip(maps, is_left_out, strict=True) if is_out]
    network = train(known, config, arguments.steps)
    print(bits_of_columns(network, unknown))
    print(column_weights(network, unknown, arguments.seconds))
    save_column_network(arguments.output, train(maps, config, arguments.steps))
    return 0


if __name__ == "__main__":
    sys.exit(main())
