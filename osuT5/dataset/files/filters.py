"""Filters of a corpus's charts.

They use mode, keys, difficulty, year, status, and the opt-out list of mappers.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from osu_beatmap.beatmap import GameMode
from osuT5.dataset.errors import CorpusError
from osuT5.dataset.files.chart_record import ChartRecord
from paths import DATASET_DIR

OPT_OUT_FILE = DATASET_DIR / "opted_out_mappers.txt"

GUEST_MARKS = ("'s ", "’s ", "' ")
"""What follows the name of a guest mapper in the name of a chart: "Somebody's Insane"."""


@dataclass(frozen=True)
class OptOutList:
    """Mappers who opted out of training: user ids, and names without case."""

    user_ids: frozenset[int] = frozenset()
    names: frozenset[str] = frozenset()

    @classmethod
    def read(cls, path: Path) -> OptOutList:
        """Read a list with one user id or name per line.

        `#` begins a comment. Raises CorpusError if the file cannot be read.
        """
        try:
            lines = path.read_text(encoding="utf-8-sig").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise CorpusError(f"The list of mappers who opted out, {path}, cannot be read.") from error
        entries = [line.partition("#")[0].strip() for line in lines]
        ids = frozenset(int(entry) for entry in entries if entry.isdecimal())
        return cls(ids, frozenset(entry.casefold() for entry in entries if entry and not entry.isdecimal()))

    def __contains__(self, record: ChartRecord) -> bool:
        """Return whether a listed mapper owns the mapset or made the chart.

        The maker is recognised by the chart's name.
        """
        if record.mapper_id in self.user_ids or record.creator.casefold() in self.names:
            return True
        version = record.version.casefold()
        return any(version.startswith(f"{name}{mark}") for name in self.names for mark in GUEST_MARKS)


NOBODY_OPTED_OUT = OptOutList()


@dataclass(frozen=True)
class ChartFilter:
    """Conditions for a chart.

    Empty lists and None set no condition; an unknown value fails any condition.

    Empty lists and None ask for nothing; what is asked for and unknown is refused.

    `min_year` and `max_year` bound the year of ranking, `key_counts` the keys of mania charts alone.
    """

    gamemodes: tuple[int, ...] = tuple(int(mode) for mode in GameMode)
    key_counts: tuple[int, ...] = ()
    min_difficulty: float = 0.0
    max_difficulty: float = 100.0
    min_year: int | None = None
    max_year: int | None = None
    ranked_statuses: tuple[int, ...] = ()
    opted_out: OptOutList = NOBODY_OPTED_OUT

    def refusal(self, record: ChartRecord) -> str | None:
        """Return the reason for refusing a chart; None for none."""
        year = record.ranked_year
        if record in self.opted_out:
            return "its mapper opted out"
        if int(record.mode) not in self.gamemodes:
            return "another game mode"
        if self.key_counts and record.mode is GameMode.MANIA and record.key_count not in self.key_counts:
            return "another number of keys"
        if not self.min_difficulty <= record.stars <= self.max_difficulty:
            return "outside the requested difficulties"
        if self.ranked_statuses and record.status not in self.ranked_statuses:
            return "another status"
        if self.min_year is not None and (year is None or year < self.min_year):
            return "before the requested years"
        if self.max_year is not None and (year is None or year > self.max_year):
            return "after the requested years"
        return None

    def select_charts(self, records: Iterable[ChartRecord]) -> list[int]:
        """Return the indices of the charts that are used."""
        return [place for place, record in enumerate(records) if self.refusal(record) is None]


ANY_CHART = ChartFilter()
