"""The measurements of a device run on a CPU too, and report that no GPU was measured."""

from __future__ import annotations

import json
import re

from benchmarks.generate import model


def test_everything_runs_without_a_gpu(tmp_path, capsys):
    assert model.main([str(tmp_path), "--device", "cpu", "--tiny"]) == 0
    said = (tmp_path / "model.md").read_text(encoding="utf-8")
    assert said.strip() == capsys.readouterr().out.strip()
    assert "no figure here says anything about a GPU" in said
    numbers = json.loads((tmp_path / "model.json").read_text(encoding="utf-8"))
    for charts in (1, 4):
        assert numbers[f"small {charts} loop fp32"] > 0
    for _, same, rows in re.findall(r"\| loop, fp32 \|(.*?)\| (\d+) of (\d+) \|", said):
        assert int(same) == int(rows) > 2
    assert numbers["step ms fp32 4"] > 0
    assert "tokens as theirs" in said
    assert re.search(r"\| fp32 \| graphs \|.*\| 2 of 2 \|", said)


def test_a_part_that_fails_is_said_and_the_rest_goes_on(tmp_path, capsys):
    report = model.Report(tmp_path)

    def fails():
        raise RuntimeError("no such kernel\nmore")

    report.part("one", fails)
    report.part("two", lambda: report.say("well"))
    assert "Failed: RuntimeError: no such kernel\n" in capsys.readouterr().out
    assert report.lines.count("well") == 1
    assert list(report.numbers) == ["failed: one"]
