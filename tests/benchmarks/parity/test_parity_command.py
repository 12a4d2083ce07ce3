"""The command that compares with reference outputs: on folders made here."""

import io
import json
import tarfile

import numpy as np
import pytest

from benchmarks.parity.__main__ import check_kind, main
from benchmarks.parity.cases import Verdict, compare_within
from benchmarks.parity.folders import GoldensError, unpack


@pytest.fixture
def goldens(tmp_path):
    """One kind that has a check, with nothing in it, and one that has none."""
    for kind in ("timing", "tea_leaves", "osu_inputs"):
        (tmp_path / kind).mkdir()
    return tmp_path


def beats(folder, tempo_ms):
    rows = [["timing_point" if n == 0 else "measure" if n % 4 == 0 else "beat", n] for n in range(9)]
    events = [event for name, n in rows for event in ([name, 0], ["t", 1000 + 500 * n])]
    line = f"1000,{tempo_ms},4,2,-1,100,1,0"
    data = {"leniency": 3, "events": events, "timing_points": [line], "raw": [[1000.0, tempo_ms, 4]]}
    (folder / "timing" / "a.v29.json").write_text(json.dumps(data), encoding="utf-8")


def test_kinds_without_a_check_are_pending_and_unreadable_cases_differ(goldens, capsys):
    assert main(["--goldens", str(goldens)]) == 0
    printed = capsys.readouterr().out
    assert "tea_leaves" in printed and "pending" in printed
    assert "osu_inputs" not in printed
    beats(goldens, 500.0)
    (goldens / "timing" / "b.v29.json").write_text("{", encoding="utf-8")
    results = list(check_kind("timing", goldens / "timing"))
    assert [result.verdict for result in results] == [Verdict.OK, Verdict.DIFFERS]
    assert results[1].note.startswith("failed: JSONDecodeError: ")


@pytest.mark.parametrize(("tempo_ms", "status", "shown"), [(500.0, 0, "a.v29"), (500.01, 1, "differs  1.0e-02 ms")])
def test_a_case_agrees_or_differs(goldens, capsys, tempo_ms, status, shown):
    beats(goldens, tempo_ms)
    assert main(["--goldens", str(goldens), "--kind", "timing"]) == status
    assert shown in capsys.readouterr().out


def test_folders_and_kinds_that_are_none_are_exit_status_2(goldens, tmp_path, capsys):
    (tmp_path / "empty").mkdir()
    for folder in (tmp_path / "missing", tmp_path / "empty"):
        assert main(["--goldens", str(folder)]) == 2
        assert str(folder) in capsys.readouterr().err
    assert main(["--goldens", str(goldens), "--kind", "mel"]) == 2


def archive(path, members):
    with tarfile.open(path, "w:xz") as tar:
        for name, text in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(text)
            tar.addfile(member, io.BytesIO(text.encode()))


def test_archives_are_unpacked_for_the_time_of_the_run_and_write_nothing_outside(tmp_path):
    archive(tmp_path / "timing.tar.xz", {"timing/a.v29.json": "{}"})
    with unpack(tmp_path) as folder:
        assert (folder / "timing" / "a.v29.json").read_text(encoding="utf-8") == "{}"
    assert not folder.exists()
    (tmp_path / "goldens").mkdir()
    archive(tmp_path / "goldens" / "timing.tar.xz", {"../../escaped": "boo"})
    with pytest.raises(GoldensError, match=r"timing\.tar\.xz cannot be unpacked"), unpack(tmp_path / "goldens"):
        pass
    assert not list(tmp_path.rglob("escaped"))


@pytest.mark.parametrize(
    ("ours", "theirs", "relative", "verdict"),
    [
        ([1.0, 2.0], [1.0, 2.05], False, Verdict.OK),
        ([1.0, 2.0], [1.0, 2.2], False, Verdict.DIFFERS),
        ([1.0, 2.0], [1.0, 2.2], True, Verdict.OK),
        ([1.0, -np.inf], [1.0, -np.inf], False, Verdict.OK),
        ([1.0, -np.inf], [1.0, 5.0], False, Verdict.DIFFERS),
        ([1.0, 5.0], [1.0, -np.inf], False, Verdict.DIFFERS),
        ([1.0, np.nan], [1.0, 5.0], False, Verdict.DIFFERS),
        ([1.0], [1.0, 2.0], False, Verdict.DIFFERS),
    ],
)
def test_arrays_agree_within_a_limit(ours, theirs, relative, verdict):
    assert compare_within(np.array(ours), np.array(theirs), 0.1, relative)[0] is verdict
