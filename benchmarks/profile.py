"""Profiles of maps next to human-made ones: would a mapper keep them?

    python -m benchmarks.profile PATH... [--held-out FOLDER] [--json FILE]

PATH is a .osu file, an .osz file or a folder of them. Prints by mode how many pairs of map and metric lie in the 5-95 %
bands of human-made maps of the same star rating (datasets/profile_bands.json). A row for each metric follows, the worst
first: its median next to the human median and band, and its spread over the maps as a multiple of the human one.
`--held-out` adds human-made maps of held-out songs in a folder of mapsets.
"""

from __future__ import annotations

import json
import math
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

from benchmarks.arguments import command_parser
from evaluation.profile.bands import load_profile_bands
from evaluation.profile.human_maps import human_maps
from evaluation.profile.profile import profile_of
from evaluation.profile.summary import MapProfile, ModeSummary, summarise
from evaluation.report.markdown import table
from osu_beatmap.beatmap import Beatmap, GameMode
from osu_beatmap.errors import BeatmapError
from osu_beatmap.files.archive import read_osz
from osu_beatmap.files.reader import read_beatmap
from osu_beatmap.held_out import Split
from osu_beatmap.star_rating import star_rating

NamedMap = tuple[str, Beatmap]


def main() -> int:
    parser = command_parser(__doc__)
    parser.add_argument("paths", type=Path, nargs="*", metavar="PATH")
    parser.add_argument("--held-out", type=Path, help="folder of mapsets with held-out songs")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    if not arguments.paths and not arguments.held_out:
        parser.error("name maps, or --held-out FOLDER.")
    skipped: list[str] = []
    maps = measure(read_maps(arguments.paths, skipped), skipped)
    humans = measure(held_out_maps(arguments.held_out, skipped), skipped) if arguments.held_out else []
    by_mode, human_by_mode = summaries(maps), summaries(humans)
    for mode in GameMode:
        if mode in by_mode or mode in human_by_mode:
            print(mode_report(mode, by_mode.get(mode), human_by_mode.get(mode)), end="\n\n")
    if skipped:
        print(f"Left out: {len(skipped)}", *skipped, sep="\n", file=sys.stderr)
    if arguments.json:
        result = {"maps": as_json(maps, by_mode), "human": as_json(humans, human_by_mode)}
        arguments.json.write_text(json.dumps(result, indent=1), encoding="utf-8")
    return 0


def read_maps(paths: Iterable[Path], skipped: list[str]) -> Iterator[NamedMap]:
    """Yield the maps of files and folders; an .osz next to a .osu of the same name is not counted twice."""
    for path in paths:
        files = sorted([*path.rglob("*.osu"), *path.rglob("*.osz")]) if path.is_dir() else [path]
        for file in files:
            try:
                if file.suffix.lower() != ".osz":
                    yield file.name, read_beatmap(file)
                    continue
                for entry, beatmap in read_osz(file).beatmaps.items():
                    if not (file.parent / entry).is_file():
                        yield f"{file.name}: {entry}", beatmap
            except BeatmapError as error:
                skipped.append(f"{file.name}: {error}")


def held_out_maps(folder: Path, skipped: list[str]) -> Iterator[NamedMap]:
    for human in human_maps(folder, Split.HELD_OUT, skipped):
        yield f"{human.place} [{human.beatmap.metadata.version}]", human.beatmap


def measure(maps: Iterable[NamedMap], skipped: list[str]) -> list[MapProfile]:
    """Return the profiles of maps; those without one go to `skipped`."""
    profiles = []
    for name, beatmap in maps:
        try:
            stars = star_rating(beatmap)
        except BeatmapError as error:
            skipped.append(f"{name}: {error}")
            continue
        metrics = profile_of(beatmap)
        if metrics:
            profiles.append(MapProfile(name, beatmap.mode, stars, metrics))
        else:
            skipped.append(f"{name}: no red line, or too few objects")
    return profiles


def summaries(maps: Sequence[MapProfile]) -> dict[GameMode, ModeSummary]:
    """Return the summary of each mode with maps."""
    bands = load_profile_bands()
    by_mode = {mode: [each for each in maps if each.mode is mode] for mode in GameMode}
    return {mode: summarise(of_mode, bands) for mode, of_mode in by_mode.items() if of_mode}


def mode_report(mode: GameMode, made: ModeSummary | None, human: ModeSummary | None) -> str:
    """Format the figures of a mode as Markdown."""
    lines = [f"## {mode.name.lower()}", ""]
    for name, summary in (("maps", made), ("human-made, held out", human)):
        if summary is not None:
            lines.append(f"- {name}: {summary.maps}; {summary.inside:.3f} of {summary.pairs} pairs inside the bands")
    rows = []
    shown = made or human
    assert shown is not None
    for metric, each in sorted(shown.metrics.items(), key=lambda item: item[1].inside):
        band = f"{each.low:.3g} to {each.high:.3g}"
        row = [metric, each.maps, f"{each.inside:.2f}", f"{each.median:.3g}", f"{each.human_median:.3g}", band]
        row.append(_format_ratio(each.spread_ratio))
        if made and human:
            reference = human.metrics.get(metric)
            row += (
                ["-", "-"] if reference is None else [f"{reference.inside:.2f}", _format_ratio(reference.spread_ratio)]
            )
        rows.append(row)
    columns = ["metric", "maps", "inside", "median", "human median", "human band", "spread / human"]
    columns += ["held out: inside", "held out: spread / human"] if made and human else []
    return "\n".join([*lines, "", table(columns, rows)])


def _format_ratio(ratio: float) -> str:
    return "-" if math.isnan(ratio) else f"{ratio:.2f}"


def as_json(maps: Sequence[MapProfile], by_mode: dict[GameMode, ModeSummary]) -> dict[str, object]:
    """Return all figures and profiles as JSON has them."""
    return {
        "modes": {mode.name.lower(): asdict(summary) for mode, summary in by_mode.items()},
        "profiles": [asdict(each) | {"mode": each.mode.name.lower()} for each in maps],
    }


if __name__ == "__main__":
    started = time.monotonic()
    status = main()
    print(f"{time.monotonic() - started:.1f} s", file=sys.stderr)
    sys.exit(status)
