"""Known rhythms, how rhythm complexity goes with the star rating, and what the model expects, against counting.

    python -m benchmarks.rhythm_complexity FOLDER

FOLDER is searched as in training. Only songs that no model is trained on are measured, but for the counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from scipy.stats import spearmanr

from benchmarks.arguments import corpus_parser
from benchmarks.known_rhythms import known_rhythms
from osu_beatmap.beatmap import GameMode
from osu_beatmap.errors import BeatmapError
from osu_beatmap.files.chart_folders import chart_groups
from osu_beatmap.held_out import Split, held_out_titles, song_in_split
from osu_beatmap.star_rating import star_rating
from rcomplexion.complexity import complexity_of, interval_probabilities
from rcomplexion.contract import load_model
from rcomplexion.dataset import load_rhythms
from rcomplexion.model import RhythmModel
from rcomplexion.rhythm import INTERVALS, Rhythm, rhythm_of

SMOOTHING = 0.1
"""Added to every count, so that what was never seen is possible."""


class Counts:
    """How often each interval came after the `order` before it (Laplace smoothed; unseen pasts fall back a step)."""

    def __init__(self, rhythms: Sequence[Rhythm], order: int) -> None:
        self.order = order
        self.tables: list[dict[tuple[int, ...], np.ndarray]] = [{} for _ in range(order + 1)]
        for rhythm in rhythms:
            classes = rhythm.classes.tolist()
            for place, actual in enumerate(classes):
                for length in range(min(order, place) + 1):
                    past = tuple(classes[place - length : place])
                    table = self.tables[length].setdefault(past, np.zeros(len(INTERVALS)))
                    table[actual] += 1

    def bits(self, rhythm: Rhythm) -> np.ndarray:
        classes, found = rhythm.classes.tolist(), []
        for place, actual in enumerate(classes):
            lengths = range(min(self.order, place), -1, -1)
            pasts = (self.tables[length].get(tuple(classes[place - length : place])) for length in lengths)
            counts = next(counts for counts in pasts if counts is not None) + SMOOTHING
            found.append(-np.log2(counts[actual] / counts.sum()))
        return np.array(found)


def model_bits(rhythm: Rhythm, model: RhythmModel) -> np.ndarray:
    probabilities = interval_probabilities(rhythm, model)
    return -np.log2(probabilities[np.arange(len(rhythm)), rhythm.classes])


def print_expectations(folder: Path, model: RhythmModel) -> None:
    train, held_out = load_rhythms(folder, Split.TRAIN), load_rhythms(folder, Split.HELD_OUT)
    counted = {f"counts given {order} before": Counts(train.rhythms, order) for order in (0, 1, 2, 4)}
    ways = {name: counts.bits for name, counts in counted.items()}
    ways["the model"] = lambda rhythm: model_bits(rhythm, model)
    print(f"\nBits of an interval, {len(held_out.rhythms)} rhythms of held-out songs, without leniency")
    modes = [mode.name.lower() for mode in GameMode if mode in held_out.modes]
    print(f"| by | all | {' | '.join(modes)} |")
    for name, bits in ways.items():
        each = [bits(rhythm) for rhythm in held_out.rhythms]
        by_mode = {
            mode: np.concatenate([b for b, own in zip(each, held_out.modes, strict=True) if own is mode])
            for mode in GameMode
            if mode in held_out.modes
        }
        cells = " | ".join(f"{values.mean():.2f}" for values in by_mode.values())
        print(f"| {name} | {np.concatenate(each).mean():.2f} | {cells} |")


def print_known(model: RhythmModel) -> None:
    print("| rhythm | bits per second | bits per interval |")
    for name, beatmap in known_rhythms().items():
        found = complexity_of(rhythm_of(beatmap), model)
        print(f"| {name} | {found.bits_per_second:.1f} | {found.bits_per_interval:.2f} |")


def print_correlations(folder: Path, model: RhythmModel) -> None:
    """Spearman's rank correlation with the star rating over the charts of a mode, held-out songs and all of them."""
    held_out = held_out_titles()
    rows: list[tuple[GameMode, bool, float, float, float, float]] = []
    for _, beatmaps in chart_groups(folder, []):
        is_held_out = song_in_split([beatmap.metadata for beatmap in beatmaps], Split.HELD_OUT, held_out)
        for beatmap in beatmaps:
            try:
                rhythm, stars = rhythm_of(beatmap), star_rating(beatmap)
            except BeatmapError:
                continue
            found = complexity_of(rhythm, model)
            density = len(rhythm) / rhythm.drain_s
            rows.append((beatmap.mode, is_held_out, stars, found.bits_per_second, found.bits_per_interval, density))
    print("\nSpearman's rank correlation with the star rating")
    print("| charts | mode | n | bits per second | bits per interval | moments per second |")
    for name, wanted in (("held out", (True,)), ("all", (True, False))):
        for mode in GameMode:
            chosen = np.array([row[2:] for row in rows if row[0] is mode and row[1] in wanted])
            if len(chosen) > 2:
                cells = " | ".join(f"{spearmanr(chosen[:, 0], column).statistic:.2f}" for column in chosen[:, 1:].T)
                print(f"| {name} | {mode.name.lower()} | {len(chosen)} | {cells} |")


def main() -> None:
    parser = corpus_parser(__doc__)
    parser.add_argument("--model", type=Path, default=None, help="folder of a model; default: the embedded one")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    model = load_model(arguments.model)
    print_known(model)
    print_correlations(arguments.folder, model)
    print_expectations(arguments.folder, model)


if __name__ == "__main__":
    main()
