"""Classes of mappers and descriptors from the metadata of a dataset."""

from pathlib import Path

import pytest

import osuT5.training.class_tables as class_tables
from osu_beatmap.beatmap import GameMode
from osuT5.dataset.files.chart_record import STAR_SPEEDS, ChartRecord
from osuT5.tokens.class_tables import ClassTables
from osuT5.training.class_tables import main, tables_from


def record(mapper_id: int | None, *descriptors: str) -> ChartRecord:
    return ChartRecord(GameMode.STANDARD, (3.0,) * len(STAR_SPEEDS), mapper_id=mapper_id, descriptors=descriptors)


RECORDS = [
    record(9, "tech"),
    record(5, "jump aim"),
    record(7),
    record(5, "tech"),
    record(7, "tech"),
    record(None, "alt"),
]


def test_those_with_enough_charts_get_classes_the_most_frequent_first():
    tables = tables_from(RECORDS, mapper_charts=2, descriptor_charts=1)
    assert tables.mapper_index == {5: 0, 7: 1}
    assert tables.descriptor_index == {"tech": 0, "alt": 1, "jump aim": 2}
    assert tables_from(reversed(RECORDS), 2, 1) == tables, "whatever the order of the dataset"


def test_the_tables_of_a_dataset_are_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys):
    song = type("Song", (), {"records": tuple(RECORDS)})
    monkeypatch.setattr(class_tables, "open_source", lambda name, text, report: [song])
    assert main(["data", str(tmp_path / "tables"), "--mapper-charts", "2", "--descriptor-charts", "3"]) == 0
    assert "2 mappers, 1 descriptors" in capsys.readouterr().out
    assert ClassTables.load(tmp_path / "tables") == tables_from(RECORDS, 2, 3)
    assert main(["data", str(tmp_path / "none"), "--mapper-charts", "99", "--descriptor-charts", "99"]) == 2
    assert capsys.readouterr().err == "error: data names no mapper and no descriptor often enough.\n"
    assert not (tmp_path / "none").exists()
