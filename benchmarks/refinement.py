"""Refinement of held-out charts from the 32 px grid.

It measures distance and similarity to human-made positions.

    python -m benchmarks.refinement FOLDER [--refiner DIR] [--charts 25] [--samples 8] [--steps N]

FOLDER is searched as in training. Slider paths are cut where their sliders end before anything else, so a mapper's own
never have to be stretched or cut. Compared are the centres of the cells and the refiner; its distances are those of one
draw and of the mean of several, all else is of one draw. In catch, where the height of an object is not seen, distances
are sideways and nothing turns.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tqdm import tqdm

from benchmarks.arguments import corpus_parser
from evaluation.measures.placement_metrics import (
    cut_shares,
    distances_px,
    end_shifts_px,
    object_starts,
    slider_turns_deg,
    spacings_px,
    stack_pairs,
    turning_angles_deg,
    wasserstein,
)
from evaluation.report import markdown
from osu_beatmap.attributes import attributes_of
from osu_beatmap.beatmap import Beatmap, GameMode
from osu_beatmap.errors import BeatmapError
from osu_beatmap.files.chart_folders import chart_groups
from osu_beatmap.held_out import Split, held_out_titles, is_song_in_split
from osu_beatmap.rules.chart import Chart
from osu_beatmap.rules.standard import off_screen
from osu_beatmap.star_rating import star_rating
from osu_diffusion.coarse_positions import with_trimmed_paths
from osu_diffusion.constraints import STACK_PX, MapConstraints
from osu_diffusion.dataset import draft_positions
from osu_diffusion.files.loading import load_refiner
from osu_diffusion.points import PointSequence, sequence_of, with_positions
from osu_diffusion.refine import RefineOptions, TargetAttributes, draw_positions, seen_radius_px

BANDS = (2.0, 2.7, 4.0, 5.3, np.inf)
"""Upper ends of the bands of star ratings that charts are chosen from, as many of each."""

MIN_OBJECTS = 50
METHODS = ("human", "grid", "refined", "mean")
SPACING = "spacing, Wasserstein px"
FELT = {
    SPACING: spacings_px,
    "turning angle, Wasserstein degrees": turning_angles_deg,
    "turn of slider paths, Wasserstein degrees": slider_turns_deg,
}
DISTANCE, OFF_SCREEN = "distance to the mapper's places, px", "objects off screen"


@dataclass(frozen=True, slots=True)
class HeldOutChart:
    """Human-made map with trimmed paths, its points, and grid positions."""

    beatmap: Beatmap
    stars: float
    sequence: PointSequence
    draft_px: np.ndarray


def held_out_charts(folder: Path, mode: GameMode, limit: int, most_points: int) -> list[HeldOutChart]:
    """Return charts of held-out songs with at most `most_points` points.

    There are as many of each band as exist or as `limit` allows.
    """
    found: dict[float, list[HeldOutChart]] = defaultdict(list)
    held_out, seen = held_out_titles(), set()
    for _, beatmaps in chart_groups(folder, []):
        if not is_song_in_split([b.metadata for b in beatmaps], Split.HELD_OUT, held_out):
            continue
        for beatmap in beatmaps:
            key = tuple((obj.time_ms, obj.x, obj.y) for obj in beatmap.hit_objects)
            if beatmap.mode is not mode or len(key) < MIN_OBJECTS or key in seen:
                continue
            seen.add(key)
            try:
                stars, mapped = star_rating(beatmap), with_trimmed_paths(beatmap)
            except BeatmapError:
                continue
            sequence = sequence_of(mapped)
            if len(sequence) <= most_points:
                chart = HeldOutChart(mapped, stars, sequence, draft_positions(mapped, mapped, sequence))
                found[next(end for end in BANDS if stars < end)].append(chart)
    share = max(1, limit // max(1, len(found)))
    return [chart for end in BANDS for chart in found[end][:share]]


class Report:
    """Metrics of all charts, by what is measured and by method."""

    def __init__(self) -> None:
        self.values: dict[str, dict[str, list[np.ndarray]]] = defaultdict(lambda: defaultdict(list))

    def add(self, chart: HeldOutChart, places: dict[str, np.ndarray], drawn: np.ndarray) -> None:
        """Add the positions of a chart by method.

        The methods include `human` and `mean` of several samples. `drawn` are samples before the last constraints.
        """
        sequence, is_seen = chart.sequence, [1.0, float(chart.beatmap.mode is GameMode.STANDARD)]
        starts, ends = object_starts(sequence), sequence.path_ends
        stacked, shares_cell = stack_pairs(sequence, places["human"]), stack_pairs(sequence, places["grid"])
        human = places["human"] * is_seen
        for method, positions in places.items():
            seen = positions * is_seen
            found = {DISTANCE: distances_px(seen[starts], human[starts])}
            if method != "mean":
                felt = FELT if all(is_seen) else {SPACING: spacings_px}
                found |= {name: of_map(sequence, seen) for name, of_map in felt.items()}
                found[OFF_SCREEN] = np.array([_off_screen(chart, positions)])
            if method in ("grid", "refined"):
                paths, same = drawn if method == "refined" else positions, stack_pairs(sequence, positions)
                found |= {
                    "slider ends off, px": distances_px(seen[ends], human[ends]),
                    "ends moved by the length of their sliders, px": end_shifts_px(sequence, paths),
                    "paths to stretch or cut by over 10 %": cut_shares(sequence, paths),
                    "exact stacks kept": same[stacked],
                    "other pairs of a cell made stacks": same[shares_cell & ~stacked],
                }
            for name, values in found.items():
                self.values[name][method].append(values)

    def table(self) -> str:
        """Format means as Markdown, objects off screen, and distances of distributions.

        The distances are from human-made distributions.
        """
        rows = []
        for name, by_method in self.values.items():
            found = {method: np.concatenate(parts) for method, parts in by_method.items()}
            if name in FELT:
                figures = {method: wasserstein(values, found["human"]) for method, values in found.items()}
            else:
                figures = {m: float(v.sum() if name == OFF_SCREEN else v.mean()) for m, v in found.items() if len(v)}
            rows.append([name, *(f"{figures[m]:.3f}" if m in figures else "-" for m in METHODS)])
        return markdown.table(("", *METHODS), rows)


def _off_screen(chart: HeldOutChart, positions: np.ndarray) -> int:
    moved = with_positions(chart.beatmap, chart.sequence, positions)
    return sum(1 for _ in off_screen(Chart(moved))) if moved.mode is GameMode.STANDARD else 0


def main() -> int:
    parser = corpus_parser(__doc__)
    parser.add_argument("--refiner", help="folder or hub id; default: the embedded one")
    parser.add_argument("--mode", choices=("standard", "catch"), default="standard")
    parser.add_argument("--charts", type=int, default=25)
    parser.add_argument("--most-points", type=int, default=5000, help="leave out longer charts")
    parser.add_argument("--samples", type=int, default=8)
    parser.add_argument("--steps", type=int)
    arguments = parser.parse_args()
    charts = held_out_charts(
        arguments.folder, GameMode[arguments.mode.upper()], arguments.charts, arguments.most_points
    )
    if not charts:
        print(f"{arguments.folder} holds no held-out {arguments.mode} charts.", file=sys.stderr)
        return 2
    refiner, options, report = load_refiner(arguments.refiner), RefineOptions(timesteps=arguments.steps), Report()
    for number, chart in enumerate(tqdm(charts, desc="refining", unit="map")):
        constraints = MapConstraints(chart.sequence, chart.draft_px, STACK_PX, seen_radius_px(chart.beatmap))
        wanted = TargetAttributes(attributes_of(chart.beatmap, chart.stars))
        drawn = draw_positions(refiner, constraints, wanted, options, number, arguments.samples)
        refined = constraints.constrain_result(drawn)
        compared = chart.sequence.positions, chart.draft_px, refined[0], refined.mean(axis=0)
        report.add(chart, dict(zip(METHODS, compared, strict=True)), drawn[0])
    print(f"{len(charts)} charts\n\n{report.table()}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
