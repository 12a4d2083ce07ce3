"""Profiles of maps next to human-made ones: would a mapper keep them?

    python -m benchmarks.profile PATH... [--audio] [--held-out FOLDER] [--json FILE]

PATH is a .osu file, an .osz file or a folder of them. Prints by mode how many pairs of map and metric lie in the 5-95 %
bands of human-made maps of the same star rating (datasets/profile_bands.json). A row for each metric follows, the worst
first: its median next to the human median and band, and its spread over the maps as a multiple of the human one.

`--held-out` adds human-made maps of held-out songs, from a folder of mapsets: the same figures, and the AUC of a
classifier that distinguishes the maps from them. It is also fitted on the other human-made maps of the folder. Its
control distinguishes human-made maps of one half of the songs from those of the other. `--audio` reads the songs next
to the maps, or in their archives, for the metrics that compare a map with loudness.
"""

from __future__ import annotations

import json
import math
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from tqdm import tqdm

from benchmarks.arguments import command_parser
from benchmarks.bootstrap import bootstrap_interval
from evaluation.measures.loudness import load_loudness
from evaluation.measures.profile_auc import control_auc, find_distinctive_metrics, profile_auc
from evaluation.report.markdown import table
from osu_beatmap.beatmap import Beatmap, GameMode
from osu_beatmap.errors import BeatmapError
from osu_beatmap.files.archive import Osz, read_osz
from osu_beatmap.files.named_files import find_named_file
from osu_beatmap.files.reader import read_beatmap
from osu_beatmap.held_out import Split, title_hash
from osu_beatmap.profile.bands import ProfileBands, load_profile_bands
from osu_beatmap.profile.human_maps import human_maps
from osu_beatmap.profile.profile import MapProfile, profile_of
from osu_beatmap.profile.summary import ModeSummary, inside_share, summarise
from osu_beatmap.star_rating import star_rating

FEWEST_INSIDE, LEAST_SPREAD = 0.7, 0.6
"""Metrics below these are named above the table."""


@dataclass(frozen=True)
class FoundMap:
    """Map of a file; `audio` is its song if needed."""

    name: str
    beatmap: Beatmap
    audio: Path | None = None


@dataclass(frozen=True)
class ModeReport:
    """Figures of a mode. Intervals are of 90 %, over songs.

    Attributes:
        auc: Of the classifier; NaN without enough songs on either side.
        control_auc: Of the same between human-made maps; 0.5 is expected.
        telling: Metrics by which it distinguishes the maps most.
        songs: Numbers of songs of the maps and of the human-made ones.
    """

    made: ModeSummary | None
    human: ModeSummary | None
    auc: float
    control_auc: float
    telling: list[str]
    songs: tuple[int, int]
    made_interval: tuple[float, float]
    human_interval: tuple[float, float]


def main() -> int:
    parser = command_parser(__doc__)
    parser.add_argument("paths", type=Path, nargs="*", metavar="PATH")
    parser.add_argument("--audio", action="store_true", help="compare maps with the loudness of their songs")
    parser.add_argument("--held-out", type=Path, help="folder of mapsets with held-out songs")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    if not arguments.paths and not arguments.held_out:
        parser.error("name maps, or --held-out FOLDER.")
    bands = load_profile_bands()
    skipped: list[str] = []
    with tempfile.TemporaryDirectory() as songs:
        found = read_maps(arguments.paths, Path(songs) if arguments.audio else None, skipped)
        maps = measure(found, skipped)
    held_out = arguments.held_out
    humans, others = (
        human_profiles(held_out, split, arguments.audio, skipped) if held_out else []
        for split in (Split.HELD_OUT, Split.TRAIN)
    )
    reports = report_modes(maps, humans, others, bands)
    for mode, report in reports.items():
        print(mode_text(mode, report), end="\n\n")
    if skipped:
        print(f"Left out: {len(skipped)}", *skipped, sep="\n", file=sys.stderr)
    if arguments.json:
        arguments.json.write_text(
            json.dumps(build_json(reports, maps, humans), indent=1, allow_nan=False), encoding="utf-8"
        )
    return 0


def read_maps(paths: Iterable[Path], song_folder: Path | None, skipped: list[str]) -> Iterator[FoundMap]:
    """Yield the maps of files and folders.

    Args:
        paths: An .osz next to a .osu file of the same name is not counted twice.
        song_folder: Where to put songs of archives; None leaves out all songs.
        skipped: Gains a line for each map that cannot be read.
    """
    for path in paths:
        files = sorted([*path.rglob("*.osu"), *path.rglob("*.osz")]) if path.is_dir() else [path]
        for file in files:
            try:
                if file.suffix.lower() != ".osz":
                    beatmap = read_beatmap(file)
                    yield FoundMap(
                        file.name,
                        beatmap,
                        find_named_file(file.parent, beatmap.audio_filename) if song_folder else None,
                    )
                    continue
                archive = read_osz(file)
                for entry, beatmap in archive.beatmaps.items():
                    if not (file.parent / entry).is_file():
                        audio = extract_song(archive, beatmap.audio_filename, song_folder) if song_folder else None
                        yield FoundMap(f"{file.name}: {entry}", beatmap, audio)
            except BeatmapError as error:
                skipped.append(f"{file.name}: {error}")


def extract_song(archive: Osz, name: str, folder: Path) -> Path | None:
    """Extract the song of an archive into a folder, or return None."""
    target = folder / title_hash(str(archive.path.resolve()))
    if archive.find(name) is None:
        return None
    target.mkdir(exist_ok=True)
    return archive.extract(name, target)


def human_profiles(folder: Path, split: Split, with_audio: bool, skipped: list[str]) -> list[MapProfile]:
    """Return profiles of human-made maps of a split.

    They are in a folder of mapsets.
    """

    def found() -> Iterator[FoundMap]:
        for human in human_maps(folder, split, skipped):
            audio = find_named_file((folder / human.place).parent, human.beatmap.audio_filename) if with_audio else None
            yield FoundMap(human.place, human.beatmap, audio)

    return measure(found(), skipped)


def measure(maps: Iterable[FoundMap], skipped: list[str]) -> list[MapProfile]:
    """Return the profiles of maps; those without one go to `skipped`."""
    profiles = []
    for found in tqdm(maps, unit="map", disable=None):
        beatmap = found.beatmap
        try:
            stars = star_rating(beatmap)
        except BeatmapError as error:
            skipped.append(f"{found.name}: {error}")
            continue
        metrics = profile_of(beatmap, load_loudness(found.audio))
        if metrics:
            profiles.append(MapProfile(found.name, title_hash(beatmap.metadata.title), beatmap.mode, stars, metrics))
        else:
            skipped.append(f"{found.name}: no red line, or too few objects")
    return profiles


def report_modes(
    maps: Sequence[MapProfile], humans: Sequence[MapProfile], others: Sequence[MapProfile], bands: ProfileBands
) -> dict[GameMode, ModeReport]:
    """Return the metrics of each mode with maps.

    `others` are human-made maps of training songs.
    """
    reports = {}
    for mode in GameMode:
        made, human, other = ([each for each in side if each.mode is mode] for side in (maps, humans, others))
        if made or human:
            summaries = [summarise(side, bands) if side else None for side in (made, human)]
            area = profile_auc(made, human, bands, other) if made and human else math.nan
            is_told = not math.isnan(area)
            reports[mode] = ModeReport(
                *summaries,
                area,
                control_auc([*human, *other], bands) if is_told else math.nan,
                find_distinctive_metrics(made, [*human, *other], bands) if is_told else [],
                (len({each.song for each in made}), len({each.song for each in human})),
                *(inside_interval(side, bands) for side in (made, human)),
            )
    return reports


def inside_interval(maps: Sequence[MapProfile], bands: ProfileBands) -> tuple[float, float]:
    """Return the 90 % interval of the fraction of pairs inside.

    It is by bootstrap over songs.
    """
    by_song: dict[str, list[bool]] = defaultdict(list)
    for each in maps:
        by_song[each.song] += bands.inside(each).values()
    songs = [np.array(inside, bool) for inside in by_song.values()]
    return bootstrap_interval(songs, inside_share) if len(songs) > 1 else (math.nan, math.nan)


def mode_text(mode: GameMode, report: ModeReport) -> str:
    """Format the figures of a mode as Markdown."""
    made, human = report.made, report.human
    lines = [f"## {mode.name.lower()}", ""]
    sides = (("maps", made, report.made_interval), ("human-made maps, held out", human, report.human_interval))
    for name, summary, (low, high) in sides:
        if summary is not None:
            interval = "" if math.isnan(low) else f" [{low:.3f}-{high:.3f}]"
            inside = f"{summary.inside:.3f}{interval}"
            lines.append(f"- {name}: {summary.maps}; {inside} of {summary.pairs} pairs inside the bands")
    if made and human:
        lines.append(_auc_line(report))
    shown = made or human
    assert shown is not None, "a mode without maps is not reported"
    outside = [name for name, each in shown.metrics.items() if each.inside < FEWEST_INSIDE]
    lines.append(f"- inside for fewer than {FEWEST_INSIDE:.2f} of the maps: {_names_of(outside, shown)}")
    lines.append(f"- spread below {LEAST_SPREAD:.1f} of the human one: {_names_of(_alike(shown), shown)}")
    if made and human:
        lines.append(f"- the same of human-made maps, held out: {_names_of(_alike(human), human)}")
    rows = []
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


def _auc_line(report: ModeReport) -> str:
    """Format the AUC, its control, song numbers and most distinctive metrics."""
    made_songs, human_songs = report.songs
    songs = f"songs: {made_songs} of the maps, {human_songs} of human-made ones"
    if math.isnan(report.auc):
        return f"- AUC of a classifier that distinguishes them: none, too few songs ({songs})"
    return (
        f"- AUC of a classifier that distinguishes them: {report.auc:.2f}; between halves of human-made maps: "
        f"{report.control_auc:.2f} ({songs}). Most telling: {', '.join(report.telling)}"
    )


def _alike(summary: ModeSummary) -> list[str]:
    """Return the metrics that vary too little."""
    return [name for name, each in summary.metrics.items() if each.spread_ratio < LEAST_SPREAD]


def _names_of(names: Sequence[str], summary: ModeSummary) -> str:
    return f"{len(names)} of {len(summary.metrics)} ({', '.join(names)})" if names else "none"


def _format_ratio(ratio: float) -> str:
    return "-" if math.isnan(ratio) else f"{ratio:.2f}"


def build_json(
    reports: dict[GameMode, ModeReport], maps: Sequence[MapProfile], humans: Sequence[MapProfile]
) -> dict[str, object]:
    """Return all metrics and profiles as JSON; null is no value."""
    return {
        "modes": {mode.name.lower(): _replace_nan(asdict(report)) for mode, report in reports.items()},
        "maps": [_replace_nan(asdict(each)) | {"mode": each.mode.name.lower()} for each in maps],
        "human": [_replace_nan(asdict(each)) | {"mode": each.mode.name.lower()} for each in humans],
    }


def _replace_nan(value: object) -> object:
    if isinstance(value, dict):
        return {name: _replace_nan(each) for name, each in value.items()}
    if isinstance(value, tuple):
        return [_replace_nan(each) for each in value]
    return None if isinstance(value, float) and math.isnan(value) else value


if __name__ == "__main__":
    started = time.monotonic()
    status = main()
    print(f"{time.monotonic() - started:.1f} s", file=sys.stderr)
    sys.exit(status)
