"""Held-out charts put on the 32 px grid and refined: how near, and how alike, human places they come.

    python -m benchmarks.refinement FOLDER [--refiner DIR] [--charts 25] [--samples 8] [--steps N] [--json FILE]

FOLDER is searched as in training. Slider paths are cut where their sliders end before anything else, so a mapper's own
never have to be stretched or cut. Compared are the centres of the cells and the refiner; its distances are those of
one draw and of the mean of several, all else is of one draw. In catch, where the
height of an object is not seen, distances are sideways and nothing turns.
"""

from __future__ import annotations

import json
import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
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
from osu_beatmap.held_out import Split, held_out_titles, song_in_split
from osu_beatmap.rules.chart import Chart
from osu_beatmap.rules.standard import off_screen
from osu_beatmap.star_rating import star_rating
from osu_diffusion.coarse_positions import with_trimmed_paths
from osu_diffusion.constraints import STACK_PX, MapConstraints
from osu_diffusion.dataset import draft_positions
from osu_diffusion.files.loading import load_refiner
from osu_diffusion.points import PointSequence, sequence_of, with_positions
from osu_diffusion.refine import RefineOptions, Refiner, TargetAttributes, draw_positions, seen_radius_px

BANDS = (("under 2", 2.0), ("2 to 2.7", 2.7), ("2.7 to 4", 4.0), ("4 to 5.3", 5.3), ("over 5.3", np.inf))
MIN_OBJECTS = 50
SPACING = {"spacing": spacings_px}
FELT = {**SPACING, "turning": turning_angles_deg, "slider turn": slider_turns_deg}


@dataclass(frozen=True, slots=True)
class HeldOutChart:
    """A mapper's chart with trimmed paths, its points, and where the grid leaves them."""

    beatmap: Beatmap
    stars: float
    sequence: PointSequence
    draft_px: np.ndarray

    @property
    def band(self) -> str:
        return next(name for name, below in BANDS if self.stars < below)


def held_out_charts(folder: Path, mode: GameMode, limit: int, most_points: int) -> list[HeldOutChart]:
    """Charts of held-out songs of at most so many points, as many of each band as there are or as `limit` allows."""
    found: dict[str, list[HeldOutChart]] = defaultdict(list)
    held_out, seen = held_out_titles(), set()
    for _, beatmaps in chart_groups(folder, []):
        if not song_in_split([b.metadata for b in beatmaps], Split.HELD_OUT, held_out):
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
            if len(sequence) > most_points:
                continue
            chart = HeldOutChart(mapped, stars, sequence, draft_positions(mapped, mapped, sequence))
            found[chart.band].append(chart)
    share = max(1, limit // max(1, len(found)))
    return [chart for name, _ in BANDS for chart in found[name][:share]]


@dataclass
class BandReport:
    """Metrics of all charts of one band of star ratings."""

    values: dict[str, list[np.ndarray]] = field(default_factory=lambda: defaultdict(list))
    felt: dict[tuple[str, str], list[np.ndarray]] = field(default_factory=lambda: defaultdict(list))
    charts: int = 0

    def add(self, chart: HeldOutChart, places: dict[str, np.ndarray], mean: np.ndarray, drawn: np.ndarray) -> None:
        """places: by method, `human` among them; mean: of several draws; drawn: one before the last constraints."""
        self.charts += 1
        sequence = chart.sequence
        starts, ends = object_starts(sequence), sequence.path_ends
        stacked, shares_cell = stack_pairs(sequence, places["human"]), stack_pairs(sequence, places["grid"])
        seen = {method: _seen(positions, chart.beatmap.mode) for method, positions in places.items()}
        mean = _seen(mean, chart.beatmap.mode)
        self.values["distance/mean"].append(distances_px(mean[starts], seen["human"][starts]))
        felt = FELT if chart.beatmap.mode is GameMode.STANDARD else SPACING
        for method, positions in places.items():
            for name, of_map in felt.items():
                self.felt[name, method].append(of_map(sequence, seen[method]))
            self.values[f"off screen/{method}"].append(np.array([_off_screen(chart, positions)]))
            if method == "human":
                continue
            for name, points in (("distance", starts), ("end", ends)):
                distances = distances_px(seen[method][points], seen["human"][points])
                self.values[f"{name}/{method}"].append(distances)
            paths = drawn if method == "refined" else positions
            self.values[f"cut/{method}"].append(cut_shares(sequence, paths))
            self.values[f"end moved/{method}"].append(end_shifts_px(sequence, paths))
            same = stack_pairs(sequence, positions)
            self.values[f"stacks kept/{method}"].append(same[stacked])
            self.values[f"stacks made/{method}"].append(same[shares_cell & ~stacked])

    def figures(self) -> dict[str, float]:
        found = {name: np.concatenate(parts) for name, parts in self.values.items()}
        figures = {name: float(v.sum() if "screen" in name else v.mean()) for name, v in found.items() if len(v)}
        figures["nearer/mean"] = 1.0 - figures["distance/mean"] / figures["distance/grid"]
        for name, method in self.felt:
            if method != "human":
                theirs = np.concatenate(self.felt[name, "human"])
                ours = np.concatenate(self.felt[name, method])
                figures[f"{name}/{method}"] = wasserstein(ours, theirs)
        return {"charts": self.charts, **{name: round(value, 4) for name, value in figures.items()}}


def _seen(positions: np.ndarray, mode: GameMode) -> np.ndarray:
    """What players see of positions [n, 2]: in catch only where they are sideways."""
    return positions if mode is GameMode.STANDARD else positions * [1.0, 0.0]


def _off_screen(chart: HeldOutChart, positions: np.ndarray) -> int:
    moved = with_positions(chart.beatmap, chart.sequence, positions)
    return sum(1 for _ in off_screen(Chart(moved))) if moved.mode is GameMode.STANDARD else 0


def measure(charts: Sequence[HeldOutChart], refiner: Refiner, options: RefineOptions, samples: int) -> dict[str, dict]:
    """Figures by band, and of all charts."""
    reports: dict[str, BandReport] = defaultdict(BandReport)
    for number, chart in enumerate(tqdm(charts, desc="refining", unit="map")):
        sequence = chart.sequence
        kept = ~sequence.movable
        constraints = MapConstraints(sequence, chart.draft_px, kept, STACK_PX, seen_radius_px(chart.beatmap))
        wanted = TargetAttributes(attributes_of(chart.beatmap, chart.stars))
        drawn = draw_positions(refiner, constraints, wanted, options, number, samples)
        refined = constraints.in_the_end(drawn)
        places = {"human": sequence.positions, "grid": chart.draft_px, "refined": refined[0]}
        for name in (chart.band, "all"):
            reports[name].add(chart, places, refined.mean(axis=0), drawn[0])
    return {name: reports[name].figures() for name, _ in (*BANDS, ("all", 0.0)) if name in reports}


ROWS = (
    ("distance to the mapper's places, px", "distance", ("grid", "refined", "mean")),
    ("slider ends off, px", "end", ("grid", "refined")),
    ("ends moved by the length of their sliders, px", "end moved", ("grid", "refined")),
    ("paths to stretch or cut by over 10 %", "cut", ("grid", "refined")),
    ("spacing, Wasserstein px", "spacing", ("grid", "refined")),
    ("turning angle, Wasserstein degrees", "turning", ("grid", "refined")),
    ("turn of slider paths, Wasserstein degrees", "slider turn", ("grid", "refined")),
    ("exact stacks kept", "stacks kept", ("grid", "refined")),
    ("other pairs of a cell made stacks", "stacks made", ("grid", "refined")),
    ("objects off screen", "off screen", ("human", "grid", "refined")),
)


def tables(figures: dict[str, dict]) -> str:
    """Format a Markdown table for each of `ROWS`, with a line for each band."""
    parts = []
    for title, key, methods in ROWS:
        rows = [
            [band, values["charts"], *(f"{values.get(f'{key}/{method}', float('nan')):.3f}" for method in methods)]
            for band, values in figures.items()
        ]
        parts.append(f"{title}\n\n{markdown.table(('stars', 'charts', *methods), rows)}")
    return "\n\n".join(parts)


def main() -> int:
    parser = corpus_parser(__doc__)
    parser.add_argument("--refiner", help="folder or hub id; default: the embedded one")
    parser.add_argument("--mode", choices=("standard", "catch"), default="standard")
    parser.add_argument("--charts", type=int, default=25)
    parser.add_argument("--most-points", type=int, default=5000, help="leave out longer charts")
    parser.add_argument("--samples", type=int, default=8)
    parser.add_argument("--steps", type=int)
    parser.add_argument("--json", type=Path, metavar="FILE")
    options = parser.parse_args()
    charts = held_out_charts(options.folder, GameMode[options.mode.upper()], options.charts, options.most_points)
    if not charts:
        print(f"{options.folder} holds no held-out {options.mode} charts.", file=sys.stderr)
        return 2
    started = time.monotonic()
    refiner = load_refiner(options.refiner)
    figures = measure(charts, refiner, RefineOptions(timesteps=options.steps), options.samples)
    print(tables(figures))
    print(f"\n{len(charts)} charts in {time.monotonic() - started:.0f} s")
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
