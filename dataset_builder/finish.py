"""Metadata of a built dataset, list of skipped input, and summary."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dataset_builder.collection import remove_charts
from dataset_builder.journal import Journal
from dataset_builder.rows import Row
from dataset_builder.sources.online import with_online
from dataset_builder.staging import Skip
from osu_beatmap.beatmap import GameMode
from osu_beatmap.files.writer import temporary_beside, write_text
from osuT5.dataset.files.filters import OptOutList
from osuT5.dataset.files.metadata import METADATA_FILE, import_parquet, metadata_table, record_of

SKIPPED_FILE = "skipped.tsv"


@dataclass(slots=True)
class BuildReport:
    """Contents of a dataset.

    `done_before` is the number of mapsets that an earlier build had read.
    """

    mapsets: int = 0
    songs: int = 0
    audio_hours: float = 0.0
    charts_by_mode: Counter = field(default_factory=Counter)
    skipped: list[Skip] = field(default_factory=list)
    done_before: int = 0

    def lines(self) -> list[str]:
        """Return the report as lines of text."""
        modes = ", ".join(f"{GameMode(mode).name.lower()} {n}" for mode, n in sorted(self.charts_by_mode.items()))
        charts = sum(self.charts_by_mode.values())
        lines = [
            f"{self.mapsets} mapsets, {self.songs} songs of {self.audio_hours:.1f} hours, {charts} charts: {modes}",
            f"{self.done_before} mapsets are from an earlier build" if self.done_before else "",
            f"Skipped ({SKIPPED_FILE} lists each):" if self.skipped else "Nothing was skipped.",
        ]
        reasons = Counter(skip.reason for skip in self.skipped)
        return [line for line in lines if line] + [f"  {count:6} {reason}" for reason, count in reasons.most_common()]


def finish(
    folder: Path,
    journal: Journal,
    opted_out: OptOutList,
    tags: Mapping[int, Sequence[str]],
    online: Mapping[int, dict[str, Any]],
) -> BuildReport:
    """Write metadata.parquet and the list of skipped input.

    Raises:
        BeatmapError: The disk is full.
    """
    report = BuildReport(skipped=[skip for entry in journal.entries.values() for skip in entry.skipped])
    rows = [_complete(row, tags, online) for row in journal.rows]
    kept = [row for row in rows if record_of(row) not in opted_out]
    unwanted = [row for row in rows if record_of(row) in opted_out]
    report.skipped += [Skip(row["BeatmapFile"], "its mapper opted out", row["Creator"]) for row in unwanted]
    remove_charts(folder, unwanted, kept)
    with temporary_beside(folder / METADATA_FILE) as file:
        import_parquet().write_table(metadata_table(kept), file, compression="zstd")
    _write_skipped(folder / SKIPPED_FILE, report.skipped)
    audio = {(row["BeatmapSetFolder"], row["AudioFile"]): row["AudioMs"] for row in kept}
    report.mapsets = len({row["BeatmapSetId"] for row in kept})
    report.songs = len(audio)
    report.audio_hours = sum(audio.values()) / 3_600_000
    report.charts_by_mode = Counter(row["ModeInt"] for row in kept)
    return report


def _complete(row: Row, tags: Mapping[int, Sequence[str]], online: Mapping[int, dict[str, Any]]) -> Row:
    completed = with_online(row, online.get(row["BeatmapSetId"]))
    return {**completed, "OmdbTags": list(tags.get(row["Id"], ()))}


def _write_skipped(path: Path, skipped: Sequence[Skip]) -> None:
    """Write a line for each: reason, name, details, between tabs."""
    lines = [[skip.reason, skip.what, skip.detail] for skip in skipped]
    text = "".join("\t".join(" ".join(part.split()) for part in line) + "\n" for line in lines)
    write_text(path, text)
