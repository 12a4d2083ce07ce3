"""Check of maps: whether they read, survive writing, and keep the rules.

    python -m benchmarks.check_maps FOLDER... [--others] [--show RULE] [--limit N]

Every .osu file below the folders, in .osz archives too, is read, written and read again, and checked against the rules.
`--others` loads each with two independent readers as well: the `slider` package, and rosu-pp, which must give a star
rating. A map with the same content both loose and in an archive beside it counts once. Exit status 1 if a map does not
read, is changed by writing, or has a problem; human-made maps have some.
"""

from __future__ import annotations

import re
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from benchmarks.arguments import command_parser
from osu_beatmap.beatmap import Beatmap, GameMode, HoldNote
from osu_beatmap.errors import BeatmapError
from osu_beatmap.files.archive import read_osz
from osu_beatmap.files.named_files import find_file
from osu_beatmap.files.reader import decode_osu_bytes, parse_beatmap
from osu_beatmap.files.writer import write_beatmap
from osu_beatmap.rules import Severity, check
from osu_beatmap.star_rating import star_rating
from osuT5.audio.decode import AudioError, audio_duration_ms

AUDIO_SLACK_MS = 60.0
"""How much the length of a song that is not decoded may be short."""

_HOLD_NOTE_LINE = re.compile(r"^((?:-?\d+,){3}(?:128|132),\d+,\d+):", re.MULTILINE)
"""The `slider` package reads hold notes only if a comma separates their end from their sample."""

_VARIABLE_PART = re.compile(r"'[^']*'|\"[^\"]*\"|-?\d+")
"""What differs from one reader's warning to another of its kind."""


@dataclass
class MapReport:
    """Counts by mode, rule and severity; maps that fail, with the reason."""

    show: str | None = None
    charts: Counter[GameMode] = field(default_factory=Counter)
    clean: Counter[GameMode] = field(default_factory=Counter)
    broken: Counter[tuple[GameMode, str, Severity]] = field(default_factory=Counter)
    findings: Counter[tuple[GameMode, str, Severity]] = field(default_factory=Counter)
    warnings: Counter[str] = field(default_factory=Counter)
    stars: dict[GameMode, list[float]] = field(default_factory=lambda: defaultdict(list))
    failures: list[str] = field(default_factory=list)

    def add(self, name: str, data: bytes, audio_ms: float | None, others: bool = False) -> None:
        warnings: list[str] = []
        try:
            beatmap = parse_beatmap(decode_osu_bytes(data), name, warnings)
            if parse_beatmap(write_beatmap(beatmap), name) != beatmap:
                self.failures.append(f"changed by writing: {name}")
        except BeatmapError as error:
            self.failures.append(f"ours: {error}")
            return
        self.warnings.update(_VARIABLE_PART.sub("*", warning) for warning in warnings)
        mode, found = beatmap.mode, check(beatmap, audio_ms)
        keys = [(mode, finding.rule, finding.severity) for finding in found]
        self.charts[mode] += 1
        self.clean[mode] += all(severity is not Severity.PROBLEM for _, _, severity in keys)
        self.findings.update(keys)
        self.broken.update(set(keys))
        for finding in found:
            if finding.rule == self.show:
                print(f"{name}: {finding.time_ms} {finding.severity.value}: {finding.message}")
        if others:
            self._load_elsewhere(name, beatmap, data)

    def _load_elsewhere(self, name: str, beatmap: Beatmap, data: bytes) -> None:
        try:
            self.stars[beatmap.mode].append(star_rating(decode_osu_bytes(data)))
        except BeatmapError as error:
            self.failures.append(f"rosu-pp: {name}: {error}")
        try:
            objects = _count_objects_of_slider_package(data)
        except Exception as error:  # whatever the package raises is what this counts
            self.failures.append(f"slider: {name}: {type(error).__name__}: {error}")
            return
        # The package leaves hold notes out of its objects, though it has parsed them.
        expected = sum(not isinstance(obj, HoldNote) for obj in beatmap.hit_objects)
        if objects != expected:
            self.failures.append(f"slider: {name}: {objects} objects of {expected}")

    @property
    def is_clean(self) -> bool:
        return not self.failures and self.clean == self.charts

    def print(self) -> None:
        for mode in sorted(self.charts):
            print(f"{mode.name.lower()}: {self.charts[mode]} maps, {self.clean[mode]} without a problem")
            for key in sorted(self.broken, key=lambda key: (key[2].value, -self.broken[key])):
                if key[0] is mode:
                    print(f"  {key[2].value:8} {key[1]:26} {self.broken[key]:5} maps {self.findings[key]:7} findings")
        for mode, stars in sorted(self.stars.items()):
            print(f"{mode.name.lower()}: {min(stars):.2f}..{max(stars):.2f} stars")
        for kind, count in self.warnings.most_common():
            print(f"{count:>6} x {kind}")
        print(f"{len(self.failures)} failures", *self.failures, sep="\n  ")


def find_maps(folders: list[Path], report: MapReport) -> Iterator[tuple[str, bytes, float | None]]:
    """Yield every map below the folders: name, content, audio length.

    The length is None without audio.
    """
    seen: set[tuple[Path, bytes]] = set()
    for folder in folders:
        # Archives first: they have their audio.
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
            audio_ms = _audio_ms(osz.extract(osz.find(beatmap.audio_filename, name) or beatmap.audio_filename, folder))
        yield f"{path.name}/{name}", osz.read_bytes(name), audio_ms


def _loose_map(path: Path) -> tuple[str, bytes, float | None]:
    data = path.read_bytes()
    audio_path = find_file(path.parent, parse_beatmap(decode_osu_bytes(data), path.name).audio_filename)
    return path.name, data, _audio_ms(audio_path) if audio_path else None


def _audio_ms(path: Path) -> float | None:
    try:
        return audio_duration_ms(path) + AUDIO_SLACK_MS
    except AudioError:
        return None


def _count_objects_of_slider_package(data: bytes) -> int:
    import slider

    text = _HOLD_NOTE_LINE.sub(r"\1,", data.decode("utf-8-sig"))
    return len(slider.Beatmap.parse(text).hit_objects(stacking=False))


def main() -> None:
    parser = command_parser(__doc__)
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER")
    parser.add_argument("--others", action="store_true", help="also load maps with readers that are not ours")
    parser.add_argument("--show", metavar="RULE", help="print every finding of this rule")
    parser.add_argument("--limit", type=int, help="check only the first maps")
    options = parser.parse_args()
    report = MapReport(options.show)
    for found in islice(find_maps(options.folders, report), options.limit):
        report.add(*found, options.others)
    report.print()
    if not report.charts:
        parser.error("there are no maps in these folders")
    sys.exit(0 if report.is_clean else 1)


if __name__ == "__main__":
    main()
