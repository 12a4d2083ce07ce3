"""User tags of charts from a CSV file, as OMDB publishes it.

Each line has a chart's number and one tag.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from pathlib import Path

from dataset_builder.errors import BuildError


def read_tags(path: Path) -> dict[int, list[str]]:
    """Read a table of tags by number of the chart.

    A line that does not begin with a number is a heading. Raises BuildError.
    """
    tags: dict[int, list[str]] = defaultdict(list)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            for line in csv.reader(file):
                if len(line) >= 2 and line[0].strip().isdecimal():
                    tags[int(line[0])].append(line[1].strip())
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise BuildError(f"The table of tags, {path}, cannot be read.") from error
    return tags
