"""Counts which rules the charts below some folders break.

    python -m benchmarks.maps.check_rules FOLDER... [--show RULE] [--limit N]

Prints for each mode and rule how many charts break it as a problem or as a warning, how many findings that
makes, and how long the checks took; with --show every finding of one rule, with its chart.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from benchmarks.arguments import command_parser
from osu_beatmap.beatmap import Beatmap, GameMode
from osu_beatmap.errors import BeatmapError
from osu_beatmap.files.reader import read_beatmap
from osu_beatmap.rules import Finding, Severity, check


@dataclass
class RuleReport:
    """Charts and findings by mode, rule and severity."""

    charts: Counter[GameMode] = field(default_factory=Counter)
    clean: Counter[GameMode] = field(default_factory=Counter)
    broken: Counter[tuple[GameMode, str, Severity]] = field(default_factory=Counter)
    findings: Counter[tuple[GameMode, str, Severity]] = field(default_factory=Counter)

    def add(self, mode: GameMode, findings: list[Finding]) -> None:
        keys = [(mode, finding.rule, finding.severity) for finding in findings]
        self.charts[mode] += 1
        self.clean[mode] += all(severity is not Severity.PROBLEM for _, _, severity in keys)
        self.findings.update(keys)
        self.broken.update(set(keys))

    def print(self) -> None:
        for mode in sorted(self.charts):
            print(f"{mode.name.lower()}: {self.charts[mode]} charts, {self.clean[mode]} without a problem")
            for key in sorted(self.broken, key=lambda key: (key[2].value, -self.broken[key])):
                if key[0] is mode:
                    print(f"  {key[2].value:8} {key[1]:26} {self.broken[key]:5} charts {self.findings[key]:7} findings")


def readable_charts(folders: list[Path]) -> Iterator[tuple[Path, Beatmap]]:
    """The charts below the folders; those that cannot be read are named and left out."""
    for folder in folders:
        for path in sorted(folder.rglob("*.osu")):
            try:
                yield path, read_beatmap(path)
            except BeatmapError as error:
                print(f"left out: {path.name}: {error}")


def main() -> None:
    parser = command_parser(__doc__)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--show", metavar="RULE", help="print every finding of this rule")
    parser.add_argument("--limit", type=int, help="check only the first so many charts")
    options = parser.parse_args()
    report = RuleReport()
    seconds, slowest = 0.0, (0.0, "no chart")
    for path, beatmap in islice(readable_charts(options.folders), options.limit):
        began = time.perf_counter()
        findings = check(beatmap)
        took = time.perf_counter() - began
        seconds, slowest = seconds + took, max(slowest, (took, path.name))
        report.add(beatmap.mode, findings)
        for finding in findings:
            if finding.rule == options.show:
                print(f"{path.name}: {finding.time_ms} {finding.severity.value}: {finding.message}")
    report.print()
    print(f"{seconds:.1f} s in all; slowest {slowest[0]:.2f} s ({slowest[1]})")


if __name__ == "__main__":
    main()
