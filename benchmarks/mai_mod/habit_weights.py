"""Fit of the weights of a mapper's habits, for `modding/habits/weights.py`.

    python -m benchmarks.mai_mod.habit_weights FOLDER [--charts 30] [--bar-charts 200] [--seconds 50]

From charts of training songs, one of a song, without faults: no model, no audio. A conditional logistic regression
(McFadden 1974) of what the mapper chose among the candidates, each chart counting as much as any other. Prints the
table, and by cross validation over charts how surprising choices are with it, and with its best view alone. A second
table is of the marks of downbeats (`modding/habits/bars.py`): the choice is the beat on which the bars begin.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

from benchmarks.arguments import corpus_parser
from benchmarks.mai_mod.review_charts import chosen_charts
from modding.aspects import Aspect
from modding.habits.bars import BAR_MARKS, INDEPENDENT_BEATS, bar_marks
from modding.habits.choices import Choices
from modding.habits.habits import choices_of
from modding.habits.places import MapPlaces
from osu_beatmap.beatmap import Beatmap, GameMode
from osu_beatmap.held_out import Split
from osu_beatmap.timing.active_point import Timing
from osu_beatmap.timing.beat_clock import BeatClock
from osuT5.bars.placement import MIN_BEATS, constant_meter

PENALTY, SIGNED_PENALTY = 0.001, 0.01
LEAST_WEIGHT = 0.02
FIT_STEPS = 200
FOLDS = 3
NOT_OPEN = -1e9

ChoiceTensors = tuple[torch.Tensor, torch.Tensor]
"""Log chances [questions, candidates, views] of one chart, and the candidates that were chosen [questions]."""


def find_questions(choices: Choices) -> ChoiceTensors:
    most = max(len(question.candidates) for question in choices.questions)
    chances = np.full((len(choices.questions), most, len(choices.views)), NOT_OPEN, np.float32)
    for number, view in enumerate(choices.views.values()):
        for row, log_chances in enumerate(view):
            chances[row, : len(log_chances), number] = log_chances
    return torch.from_numpy(chances), torch.tensor([question.actual for question in choices.questions])


def bits(asked: ChoiceTensors, weights: torch.Tensor) -> torch.Tensor:
    """Return the mean surprisal of the choices of a chart, in bits."""
    chances, chosen = asked
    return torch.nn.functional.cross_entropy(chances @ weights, chosen) / np.log(2)


def fitted(charts: Sequence[ChoiceTensors], is_signed: bool = False) -> torch.Tensor:
    """Return the weights under which the choices are likeliest.

    They are float [views], none below 0 unless signed.
    """
    views = charts[0][0].shape[-1]
    roots = torch.full((views,), 0.0 if is_signed else views**-0.5, requires_grad=True)
    optimizer = torch.optim.LBFGS([roots], max_iter=FIT_STEPS, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        optimizer.zero_grad()
        weights = roots if is_signed else roots.square()
        penalty = SIGNED_PENALTY if is_signed else PENALTY
        value = torch.stack([bits(each, weights) for each in charts]).mean() + penalty * weights.square().sum()
        value.backward()
        return value

    optimizer.step(loss)
    return roots.detach() if is_signed else roots.detach().square()


def cross_validated(charts: Sequence[ChoiceTensors], is_signed: bool = False) -> tuple[float, float]:
    """Return the bits of a choice by all views, and the best.

    The best view alone is the comparison.
    """
    views = charts[0][0].shape[-1]
    together = []
    for fold in range(FOLDS):
        weights = fitted([each for number, each in enumerate(charts) if number % FOLDS != fold], is_signed)
        together += [float(bits(each, weights)) for each in charts[fold::FOLDS]]
    alone = [np.mean([float(bits(each, view)) for each in charts]) for view in torch.eye(views)]
    return float(np.mean(together)), float(min(alone))


def questions(folder: Path, charts: int, seconds: float) -> Iterator[Choices]:
    for beatmap in tqdm(chosen_charts(folder, Split.TRAIN, charts, seconds), unit="chart", total=4 * charts):
        yield from choices_of(MapPlaces(beatmap))


def bar_choice(beatmap: Beatmap) -> ChoiceTensors | None:
    """Return the summed marks of each place in the bar.

    The choice is the first place. None stands for maps with bars of different lengths, or too few beats.
    """
    first_ms, last_ms = beatmap.hit_objects[0].time_ms, beatmap.hit_objects[-1].time_ms
    clock = BeatClock.from_timing(Timing(beatmap.timing_points), last_ms, first_ms)
    bar_beats = constant_meter(clock)
    if len(clock) < MIN_BEATS or bar_beats is None or bar_beats < 2:
        return None
    marks = bar_marks(beatmap, clock) / INDEPENDENT_BEATS
    by_place = np.stack([marks[clock.place_in_bar == place].sum(0) for place in range(bar_beats)])
    return torch.from_numpy(by_place[None].astype(np.float32)), torch.tensor([0])


def print_bar_weights(folder: Path, charts: int, seconds: float) -> None:
    by_mode: dict[GameMode, list[ChoiceTensors]] = defaultdict(list)
    for beatmap in tqdm(chosen_charts(folder, Split.TRAIN, charts, seconds), unit="chart", total=4 * charts):
        choice = bar_choice(beatmap)
        if choice is not None:
            by_mode[GameMode.STANDARD if beatmap.mode is GameMode.CATCH else beatmap.mode].append(choice)
    for mode, asked in by_mode.items():
        weights = ", ".join(
            f'"{name}": {weight:.2f}' for name, weight in zip(BAR_MARKS, fitted(asked, is_signed=True), strict=True)
        )
        together, alone = cross_validated(asked, is_signed=True)
        print(
            f"GameMode.{mode.name}: {{{weights}}},  # {len(asked)} charts: {together:.3f} bits, best mark {alone:.3f}"
        )


def main() -> int:
    parser = corpus_parser(__doc__)
    parser.add_argument("--charts", type=int, default=30, help="of each mode")
    parser.add_argument("--bar-charts", type=int, default=200, help="of each mode, for the marks of downbeats")
    parser.add_argument("--seconds", type=float, default=50.0, help="of each chart")
    arguments = parser.parse_args()
    charts: dict[tuple[Aspect, tuple[str, ...]], list[ChoiceTensors]] = defaultdict(list)
    for choices in questions(arguments.folder, arguments.charts, arguments.seconds):
        if len(choices.views) > 1 and choices.questions:
            charts[choices.aspect, tuple(choices.views)].append(find_questions(choices))
    if any(len(each) < FOLDS for each in charts.values()) or not charts:
        print(f"{arguments.folder} has too few charts of training songs.", file=sys.stderr)
        return 2
    for (aspect, views), asked in charts.items():
        together, alone = cross_validated(asked)
        table = {name: round(float(weight), 2) for name, weight in zip(views, fitted(asked), strict=True)}
        kept = ", ".join(f'"{name}": {weight}' for name, weight in table.items() if weight >= LEAST_WEIGHT)
        print(f"Aspect.{aspect.name}: {{{kept}}},  # {len(asked)} charts: {together:.3f} bits, best view {alone:.3f}")
    print_bar_weights(arguments.folder, arguments.bar_charts, arguments.seconds)
    return 0


if __name__ == "__main__":
    sys.exit(main())
