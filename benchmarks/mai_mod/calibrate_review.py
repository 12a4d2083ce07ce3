"""Makes the table of thresholds of a model: how often human maps surprise it how much.

    python -m benchmarks.mai_mod.calibrate_review FOLDER [--model DIR] [--charts 8] [--seconds 50]
        [--stepmania sources.json]

Charts of the TRAINING songs, without faults. Held-out songs are for measuring false alarms
(`benchmarks.mai_mod.fault_injection`), so no threshold may come from them; that a model is a little less surprised by
songs it was trained on makes thresholds a little low, and the false alarms on held-out songs say by how much.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from pathlib import Path

from benchmarks.arguments import review_parser
from benchmarks.mai_mod.review_charts import review_charts
from modding.aspects import Aspect
from modding.suggestion_builder import drain_minutes, rate
from modding.thresholds import ThresholdTable, curves_of, weights_digest
from osu_beatmap.beatmap import GameMode
from osu_beatmap.held_out import Split
from osuT5.model.files.loading import load_model


def main() -> int:
    parser = review_parser(__doc__, charts=8, seconds=50.0)
    parser.add_argument("--stepmania", type=Path, help="JSON list of {dir, kind}: kind sm is at most half of mania")
    arguments = parser.parse_args()
    model, spec = load_model(arguments.model)
    relatives: dict[tuple[GameMode, Aspect], list[float]] = defaultdict(list)
    minutes: dict[GameMode, float] = defaultdict(float)
    counts: dict[str, int] = defaultdict(int)
    for chart in review_charts(arguments, Split.TRAIN, model, spec):
        mode = chart.beatmap.mode
        for rated in rate(chart.beatmap, chart.reader.observe(chart.beatmap), ThresholdTable()):
            relatives[mode, rated.observation.aspect].append(rated.observation.surprise.relative)
        minutes[mode] += drain_minutes(chart.beatmap)
        counts[mode.name.lower()] += 1
    table = ThresholdTable(
        curves_of(relatives, minutes),
        weights_digest(arguments.model),
        {
            "split": "training songs, charts without faults",
            "charts": dict(counts),
            "minutes": {mode.name.lower(): round(each, 1) for mode, each in minutes.items()},
            "command": f"python -m benchmarks.mai_mod.calibrate_review --charts {arguments.charts} "
            f"--seconds {arguments.seconds:g}{' --stepmania sources.json' if arguments.stepmania else ''}",
        },
    )
    print(f"{table.save(arguments.model)}: {len(table.curves)} curves, {sum(minutes.values()):.1f} minutes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
