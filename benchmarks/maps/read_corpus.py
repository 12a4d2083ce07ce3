"""How many .osu files of some folders read, and how many are equal after read, write and read again.

    python -m benchmarks.maps.read_corpus FOLDER [FOLDER ...]

Prints a table by format version and mode, each file that does not read with its reason, and how often which kind
of line had to be skipped or repaired.
"""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.arguments import folders_parser
from osu_beatmap.errors import BeatmapError
from osu_beatmap.files.reader import parse_beatmap, read_beatmap
from osu_beatmap.files.writer import write_beatmap

MAX_SHOWN_NAMES = 5


@dataclass
class CorpusReport:
    """Counts of a corpus; groups are `(format version, mode name)`."""

    read: Counter = field(default_factory=Counter)
    equal: Counter = field(default_factory=Counter)
    objects: int = 0
    failures: list[str] = field(default_factory=list)
    unequal: list[str] = field(default_factory=list)
    warnings: dict[str, list[str]] = field(default_factory=dict)

    def add(self, path: Path) -> None:
        """Read one file, then write and read it again in memory."""
        warnings: list[str] = []
        try:
            beatmap = read_beatmap(path, warnings)
            again = parse_beatmap(write_beatmap(beatmap), path.name)
        except BeatmapError as error:
            self.failures.append(f"{path}: {error}")
            return
        group = (beatmap.format_version, beatmap.mode.name.lower())
        self.read[group] += 1
        self.equal[group] += again == beatmap
        self.objects += len(beatmap.hit_objects)
        if again != beatmap:
            self.unequal.append(str(path))
        for warning in warnings:
            self.warnings.setdefault(_kind_of(warning), []).append(f"{path.name}, {warning}")


def _kind_of(warning: str) -> str:
    """The warning without what differs from line to line."""
    return re.sub(r"'[^']*'|\"[^\"]*\"|-?\d+", "*", warning)


def read_folders(folders: Sequence[Path]) -> CorpusReport:
    """Read every .osu file below the folders, in the order of their names."""
    report = CorpusReport()
    for folder in folders:
        for path in sorted(folder.rglob("*.osu")):
            report.add(path)
    return report


def print_report(report: CorpusReport) -> None:
    print(f"{'format':>7}  {'mode':<9} {'read':>6} {'equal':>6}")
    for group in sorted(report.read):
        print(f"{'v' + str(group[0]):>7}  {group[1]:<9} {report.read[group]:>6} {report.equal[group]:>6}")
    total = report.read.total() + len(report.failures)
    print(f"{total} files: {report.read.total()} read, {report.equal.total()} equal after read-write-read")
    for title, lines in (("not read", report.failures), ("not equal", report.unequal)):
        for line in lines:
            print(f"{title}: {line}")
    for kind, lines in sorted(report.warnings.items(), key=lambda item: -len(item[1])):
        print(f"{len(lines):>6} x {kind}")
        for line in lines[:MAX_SHOWN_NAMES]:
            print(f"           {line}")


def main() -> None:
    parser = folders_parser(__doc__)
    folders = parser.parse_args().folders
    for folder in folders:
        if not folder.is_dir():
            parser.error(f"{folder} is no folder")
    start = time.perf_counter()
    report = read_folders(folders)
    print_report(report)
    print(f"{report.objects} hit objects in {time.perf_counter() - start:.1f} s")


if __name__ == "__main__":
    main()
