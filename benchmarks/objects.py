"""Benchmark of the object model: nats of each part on held-out songs.

They are compared with guessing by frequency.

    python -m benchmarks.objects FOLDER [--model DIR] [--cache DIR] [--rhythm DIR]

Passages of all maps of all held-out songs are scored, each object given those before it. Frequencies are those of the
training songs, by group of maps. A ratio of 1 means that nothing is learned; mania columns are one row of the table.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np

from benchmarks.arguments import corpus_parser
from evaluation.report import markdown
from osu_beatmap.held_out import Split
from osuT5.map_model.folder import sound_folder
from osuT5.objects.batches import PassageSampler, SamplingOptions
from osuT5.objects.corpus import ObjectChart, ObjectSong, load_object_songs
from osuT5.objects.loss import COLUMNS, HOLD_DURATIONS
from osuT5.objects.model.files import load_object_model
from osuT5.objects.tokens.fields import COLUMN_VALUES, DURATION_TICKS, FIELD_SIZES, NONE, Field
from osuT5.objects.training import ObjectTask
from osuT5.rhythm.conditions import Origin
from paths import MODEL_DIR

SIZES = {field.name.lower(): size for field, size in FIELD_SIZES.items()}
SIZES |= {COLUMNS: COLUMN_VALUES, HOLD_DURATIONS: len(DURATION_TICKS)}


def main() -> int:
    """Score a model and print the table."""
    parser = corpus_parser(__doc__)
    parser.add_argument("--model", type=Path, default=MODEL_DIR / "mini" / "objects")
    parser.add_argument("--rhythm", type=Path, default=sound_folder(MODEL_DIR / "mini"))
    parser.add_argument("--cache", type=Path, default=Path("runs/objects/cache"), help="folder of cached songs")
    arguments = parser.parse_args()
    network = load_object_model(arguments.model)
    places = (arguments.rhythm, str(arguments.folder), arguments.cache)
    songs, held_out = (load_object_songs(*places, split) for split in (Split.TRAIN, Split.HELD_OUT))
    task = ObjectTask(PassageSampler(songs[:1], SamplingOptions(), network.config, 1), held_out)
    print(table(task.evaluate(network), frequency_nats(songs, held_out)))
    return 0


def frequency_nats(songs: Sequence[ObjectSong], held_out: Sequence[ObjectSong]) -> dict[str, float]:
    """Return held-out nats of `group/part` by training frequency."""
    counts: dict[str, np.ndarray] = {}
    for chart in _charts(songs):
        for name, values in part_values(chart):
            counted = np.bincount(values, minlength=SIZES[name.rpartition("/")[2]])
            counts[name] = counts.get(name, 1) + counted  # one of each: nothing is impossible
    nats: dict[str, list[float]] = {}
    for chart in _charts(held_out):
        for name, values in part_values(chart):
            if name in counts:
                nats.setdefault(name, []).extend(-np.log(counts[name] / counts[name].sum())[values])
    return {name: float(np.mean(values)) for name, values in nats.items()}


def part_values(chart: ObjectChart) -> Iterator[tuple[str, np.ndarray]]:
    """Yield `group/part` and the values that are learned of it, int64 [values]."""
    tokens, group, keys = chart.tokens, chart.conditions.group, chart.conditions.keys
    for field in Field:
        values = tokens.fields[:, field].astype(np.int64)
        if field is not Field.SOUND or chart.conditions.origin is Origin.OSU:
            yield f"{group}/{field.name.lower()}", values[values != NONE]
    columns, durations = tokens.columns[:, :keys], tokens.hold_durations[:, :keys]
    yield f"{group}/{COLUMNS}", columns[~tokens.held[:, :keys]].astype(np.int64)
    yield f"{group}/{HOLD_DURATIONS}", durations[durations != NONE].astype(np.int64)


def table(figures: dict[str, float], frequencies: dict[str, float]) -> str:
    """Format model and frequency by group and part as a Markdown table."""
    rows = []
    for name, nats in sorted(figures.items()):
        if "/" in name:
            group, _, part = name.rpartition("/")
            frequency = frequencies.get(name, math.nan)
            rows.append([group, part, f"{nats:.3f}", f"{frequency:.3f}", f"{nats / frequency:.2f}"])
    return markdown.table(("group", "part", "nats", "frequency", "ratio"), rows)


def _charts(songs: Iterable[ObjectSong]) -> Iterator[ObjectChart]:
    return (chart for song in songs for chart in song.charts)


if __name__ == "__main__":
    sys.exit(main())
