"""Class tables of mappers and descriptors for a new model.

Gives the mappers and descriptors of a dataset with metadata their classes, for a model that is trained from random
weights on it: `class_tables_path=OUT_FOLDER`. Folders of mapsets do not state mappers and descriptors of charts.

    python -m osuT5.training.class_tables DATASET OUT_FOLDER
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import TypeVar

from osuT5.dataset.files.chart_record import ChartRecord
from osuT5.dataset.files.corpus import open_source
from osuT5.dataset.files.filters import OPT_OUT_FILE, OptOutList
from osuT5.dataset.files.sources import SourceReport
from osuT5.tokens.class_tables import TABLES_FILE, ClassTables

Key = TypeVar("Key")

MAPPER_CHARTS, DESCRIPTOR_CHARTS = 5, 20
"""From how many charts a mapper or a descriptor can be learned."""


def tables_from(
    records: Iterable[ChartRecord], mapper_charts: int = MAPPER_CHARTS, descriptor_charts: int = DESCRIPTOR_CHARTS
) -> ClassTables:
    """Return classes of mappers and descriptors with enough charts.

    The one with most charts comes first; ties are in the order of ids and names.
    """
    mappers: Counter[int] = Counter()
    descriptors: Counter[str] = Counter()
    for record in records:
        if record.mapper_id is not None:
            mappers[record.mapper_id] += 1
        descriptors.update(record.descriptors)
    return ClassTables(
        mapper_index=_classes(mappers, mapper_charts), descriptor_index=_classes(descriptors, descriptor_charts)
    )


def _classes(counts: Counter[Key], least: int) -> dict[Key, int]:
    enough = [(-count, key) for key, count in counts.items() if count >= least]
    return {key: place for place, (_, key) in enumerate(sorted(enough))}


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m osuT5.training.class_tables", description=__doc__.split("\n\n")[1])
    parser.add_argument("dataset", metavar="DATASET", help="a dataset with metadata, or its id on the hub")
    parser.add_argument("out", type=Path, metavar="OUT_FOLDER")
    parser.add_argument("--mapper-charts", type=int, default=MAPPER_CHARTS, help="minimum number of charts of a mapper")
    parser.add_argument(
        "--descriptor-charts", type=int, default=DESCRIPTOR_CHARTS, help="minimum number of charts of a descriptor"
    )
    chosen = parser.parse_args(arguments)
    try:
        songs = open_source("DATASET", chosen.dataset, SourceReport())
        opted_out = OptOutList.read(OPT_OUT_FILE)
        records = [record for song in songs for record in song.records if record not in opted_out]
        tables = tables_from(records, chosen.mapper_charts, chosen.descriptor_charts)
        if not tables:
            raise ValueError(f"{chosen.dataset} names no mapper and no descriptor often enough.")
        chosen.out.mkdir(parents=True, exist_ok=True)
        tables.save(chosen.out)
    except (OSError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print(f"{chosen.out / TABLES_FILE}: {len(tables.mapper_index)} mappers, {len(tables.descriptor_index)} descriptors")
    return 0


if __name__ == "__main__":
    sys.exit(main())
