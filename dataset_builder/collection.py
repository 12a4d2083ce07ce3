"""Dataset under construction: staged mapsets become folders, once each.

Their numbers are unique.

Mapsets are taken in a fixed order, so which of two equal charts stays does not depend on how many processes worked.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterable
from pathlib import Path

from dataset_builder.journal import Entry, Journal
from dataset_builder.rows import Row
from dataset_builder.staging import Skip, StagedMapset, number_names
from osuT5.dataset.files.metadata import DATA_FOLDER

INVENTED_BITS = 30
"""Charts and mapsets without a number of their own get a negative one with so many bits, from their content."""


class Collection:
    """The mapsets of a dataset.

    Numbers of charts and mapsets are unique; a chart is there once, whatever its name.
    """

    def __init__(self, folder: Path, journal: Journal) -> None:
        self.folder = folder
        self.journal = journal
        self._checksums: set[str] = set()
        self._versions: dict[int, str] = {}
        self._set_folders: dict[int, str] = {}
        self._audio: set[tuple[str, str, str]] = set()
        self._folders: set[str] = set()
        for row in journal.rows:
            self._remember(row)

    def _remember(self, row: Row) -> None:
        self._checksums.add(row["Checksum"])
        self._versions[row["Id"]] = row["Version"]
        self._set_folders.setdefault(row["BeatmapSetId"], row["BeatmapSetFolder"])
        self._audio.add((row["BeatmapSetFolder"], row["AudioFile"], row["AudioHash"]))
        self._folders.add(row["BeatmapSetFolder"].casefold())

    def take(self, source: str, fingerprint: str, staged: StagedMapset, staging: Path) -> None:
        """Move new files of a staged mapset into the dataset.

        The journal gets an entry.
        """
        entry = Entry(source, fingerprint, skipped=list(staged.skipped))
        for row in staged.rows:
            reason = self._find_duplicate_reason(row)
            if reason:
                entry.skipped.append(Skip(row["BeatmapFile"], reason, staged.name))
                (staging / row["BeatmapFile"]).unlink(missing_ok=True)
                continue
            self._checksums.add(row["Checksum"])
            entry.rows.append(row)
        if entry.rows:
            self._place(entry.rows, staged.folder_name, staging)
        shutil.rmtree(staging, ignore_errors=True)
        self.journal.add(entry)

    def _find_duplicate_reason(self, row: Row) -> str:
        """Return the reason why a chart is a duplicate; empty for none."""
        if row["Checksum"] in self._checksums:
            return "the same chart is in the dataset already"
        # Copies that somebody edited keep the number of the original, but hardly its name.
        if row["Id"] > 0 and self._versions.get(row["Id"]) == row["Version"]:
            return "another edition of the chart is in the dataset already"
        return ""

    def _place(self, rows: list[Row], folder_name: str, staging: Path) -> None:
        """Give charts their final numbers and folder, and move their files."""
        set_id = rows[0]["BeatmapSetId"]
        folder = self._set_folders.get(set_id, "")
        same_audio = all((folder, row["AudioFile"], row["AudioHash"]) in self._audio for row in rows)
        if not folder or not same_audio:
            is_new_set = set_id > 0 and not folder
            folder = next(name for name in number_names(folder_name) if name.casefold() not in self._folders)
            set_id = set_id if is_new_set else _invent_number(folder, self._set_folders)
            # What lies there is of a build that was stopped before it wrote it down.
            shutil.rmtree(self.folder / DATA_FOLDER / folder, ignore_errors=True)
        target = self.folder / DATA_FOLDER / folder
        target.mkdir(parents=True, exist_ok=True)
        for row in rows:
            if row["Id"] <= 0 or row["Id"] in self._versions:
                row["Id"] = _invent_number(row["Checksum"], self._versions)
            row["BeatmapSetId"], row["BeatmapSetFolder"] = set_id, folder
            row["BeatmapFile"] = _move_chart(staging / row["BeatmapFile"], target)
            self._remember(row)
        for audio in {row["AudioFile"] for row in rows}:
            os.replace(staging / audio, target / audio)


def _move_chart(file: Path, target: Path) -> str:
    """Move a chart into a folder without replacing its namesake.

    The folder may hold one from another edition of the mapset.
    """
    names = number_names(file.stem, file.suffix)
    name = next(n for n in names if not (target / n).exists() or (target / n).read_bytes() == file.read_bytes())
    os.replace(file, target / name)
    return name


def _invent_number(content: str, taken: dict[int, str]) -> int:
    """Return an unused negative number."""
    number = -2 - int.from_bytes(hashlib.sha256(content.encode("utf-8")).digest()[:4], "big") % (1 << INVENTED_BITS)
    while number in taken:
        number -= 1
    return number


def remove_charts(folder: Path, rows: Iterable[Row], remaining: Iterable[Row]) -> None:
    """Delete the files of charts, and mapsets without kept charts."""
    rows = list(rows)
    for row in rows:
        (folder / DATA_FOLDER / row["BeatmapSetFolder"] / row["BeatmapFile"]).unlink(missing_ok=True)
    for name in {row["BeatmapSetFolder"] for row in rows} - {row["BeatmapSetFolder"] for row in remaining}:
        shutil.rmtree(folder / DATA_FOLDER / name, ignore_errors=True)
