"""Counts which rules generated maps break, and whether programs other than ours read them.

    python -m benchmarks.maps.check_generated FOLDER... [--show]

Every .osu below the folders, in .osz archives too, is checked against the rules and loaded with two independent
readers: the `slider` package, and rosu-pp, which must give a star rating. A map with the same file name both loose and
in an archive beside it counts once. Exits with 1 if any map has a problem or fails to load.
"""

from __future__ import annotations

import re
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.arguments import folders_parser
from benchmarks.maps.check_rules import RuleReport
from osu_beatmap.beatmap import Beatmap, GameMode, HoldNote
from osu_beatmap.errors import BeatmapError
from osu_beatmap.files.archive import read_osz
from osu_beatmap.files.reader import decode_osu_bytes, parse_beatmap
from osu_beatmap.rules import Finding, Severity, check
from osu_beatmap.star_rating import star_rating
from osuT5.audio.decode import AudioError, audio_duration_ms

AUDIO_SLACK_MS = 60.0
"""How much the length of a song that is not decoded may be short."""

_HOLD_NOTE_LINE = re.compile(r"^((?:-?\d+,){3}(?:128|132),\d+,\d+):", re.MULTILINE)
"""The `slider` package reads hold notes only where a comma stands between their end and their sample."""


@dataclass
class GeneratedMapReport:
    """Broken rules, star ratings, and failures: maps that a reader could not read, and why."""

    rules: RuleReport = field(default_factory=RuleReport)
    stars: dict[GameMode, list[float]] = field(default_factory=lambda: defaultdict(list))
    failures: list[str] = field(default_factory=list)
    with_problems: list[tuple[str, Finding]] = field(default_factory=list)

    def add(self, name: str, data: bytes, audio_ms: float | None) -> None:
        try:
            beatmap = parse_beatmap(decode_osu_bytes(data), name)
        except BeatmapError as error:
            self.failures.append(f"ours: {error}")
            return
        findings = check(beatmap, audio_ms)
        self.rules.add(beatmap.mode, findings)
        self.with_problems += [(name, finding) for finding in findings if finding.severity is Severity.PROBLEM]
        self._load_elsewhere(name, beatmap, data)

    def _load_elsewhere(self, name: str, beatmap: Beatmap, data: bytes) -> None:
        try:
            self.stars[beatmap.mode].append(star_rating(decode_osu_bytes(data)))
        except BeatmapError as error:
            self.failures.append(f"rosu-pp: {name}: {error}")
        try:
            objects = _objects_seen_by_slider(data)
        except Exception as error:  # whatever the package raises is what this counts
            self.failures.append(f"slider: {name}: {type(error).__name__}: {error}")
            return
        # What the package gives out leaves hold notes away, though it has parsed them.
        expected = sum(not isinstance(obj, HoldNote) for obj in beatmap.hit_objects)
        if objects != expected:
            self.failures.append(f"slider: {name}: {objects} objects of {expected}")

    @property
    def is_clean(self) -> bool:
        return not self.failures and not self.with_problems

    def print(self, show: bool) -> None:
        self.rules.print()
        for mode, stars in sorted(self.stars.items()):
            print(f"{mode.name.lower()}: {min(stars):.2f}..{max(stars):.2f} stars")
        print(f"{len(self.failures)} failures of other readers or ours")
        for failure in self.failures:
            print(f"  {failure}")
        for name, finding in self.with_problems if show else ():
            print(f"  {name}: {finding.rule} at {finding.time_ms}: {finding.message}")


def find_maps(folders: list[Path], report: GeneratedMapReport) -> Iterator[tuple[str, bytes, float | None]]:
    """Name, file content and length of the audio, where that is at hand, of every map below the folders."""
    seen: set[tuple[Path, bytes]] = set()
    for folder in folders:
        # Archives first: they know their audio.
        for path in sorted(folder.rglob("*.osz")) + sorted(folder.rglob("*.osu")):
            try:
                maps = list(_maps_of_archive(path)) if path.suffix == ".osz" else [_loose_map(path)]
            except (BeatmapError, OSError) as error:
                report.failures.append(f"ours: {path}: {error}")
                continue
            for name, data, audio_ms in maps:
                if (path.parent, data) not in seen:
                    seen.add((path.parent, data))
                    yield name, data, audio_ms


def _maps_of_archive(path: Path) -> Iterator[tuple[str, bytes, float | None]]:
    osz = read_osz(path)
    if osz.warnings:
        raise BeatmapError(" ".join(osz.warnings))
    for name, beatmap in osz.beatmaps.items():
        with tempfile.TemporaryDirectory() as folder:
            audio_ms = _audio_ms(osz.extract(beatmap.audio_filename, folder))
        yield f"{path.name}/{name}", osz.read_bytes(name), audio_ms


def _loose_map(path: Path) -> tuple[str, bytes, float | None]:
    data = path.read_bytes()
    audio_name = parse_beatmap(decode_osu_bytes(data), path.name).audio_filename
    audio_path = path.parent / audio_name
    return path.name, data, _audio_ms(audio_path) if audio_path.is_file() else None


def _audio_ms(path: Path) -> float | None:
    try:
        return audio_duration_ms(path) + AUDIO_SLACK_MS
    except AudioError:
        return None


def _objects_seen_by_slider(data: bytes) -> int:
    import slider

    text = _HOLD_NOTE_LINE.sub(r"\1,", data.decode("utf-8-sig"))
    return len(slider.Beatmap.parse(text).hit_objects(stacking=False))


def main() -> None:
    parser = folders_parser(__doc__)
    parser.add_argument("--show", action="store_true", help="print every problem with its map")
    options = parser.parse_args()
    report = GeneratedMapReport()
    for name, data, audio_ms in find_maps(options.folders, report):
        report.add(name, data, audio_ms)
    report.print(options.show)
    if not report.rules.charts:
        parser.error("there are no maps in these folders")
    sys.exit(0 if report.is_clean else 1)


if __name__ == "__main__":
    main()
