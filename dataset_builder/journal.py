"""Journal of a dataset build: one JSON line per mapset.

A stopped build resumes from it.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path

from dataset_builder.errors import BuildError
from dataset_builder.rows import Row
from dataset_builder.staging import Skip

JOURNAL_FILE = "build.jsonl"
FORMAT = 1


@dataclass(slots=True)
class Entry:
    """Finished mapset: source, fingerprint, charts, and skipped files."""

    source: str
    fingerprint: str
    rows: list[Row] = field(default_factory=list)
    skipped: list[Skip] = field(default_factory=list)


class Journal:
    """Entries of a build by source, in the order of completion."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / JOURNAL_FILE
        self.entries: dict[str, Entry] = {}
        if self.path.is_file():
            self._read()

    def _read(self) -> None:
        lines = self.path.read_bytes().split(b"\n")
        for number, line in enumerate(lines, 1):
            if not line:
                continue
            try:
                data = json.loads(line)
                skipped = [Skip(**skip) for skip in data["skipped"]]
                entry = Entry(data["source"], data["fingerprint"], data["rows"], skipped)
            except (ValueError, KeyError, TypeError) as error:
                if number == len(lines):
                    # The build was stopped while it wrote this line.
                    self._truncate(len(line))
                    break
                raise BuildError(f"{self.path} is damaged in line {number}; build into another folder.") from error
            self.entries[entry.source] = entry

    def _truncate(self, length: int) -> None:
        with self.path.open("r+b") as file:
            file.seek(-length, os.SEEK_END)
            file.truncate()

    def has(self, source: str, fingerprint: str) -> bool:
        """Return whether an unchanged mapset is done."""
        return source in self.entries and self.entries[source].fingerprint == fingerprint

    def add(self, entry: Entry) -> None:
        line = json.dumps({"format": FORMAT, **asdict(entry)})
        with self.path.open("ab") as file:
            file.write(line.encode("ascii") + b"\n")
        self.entries[entry.source] = entry

    @property
    def rows(self) -> list[Row]:
        return [row for entry in self.entries.values() for row in entry.rows]
