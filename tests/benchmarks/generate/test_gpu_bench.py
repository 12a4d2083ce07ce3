"""What will be measured on a GPU runs without one, and says that it was not measured there."""

import json

import pytest

from benchmarks.generate import gpu
from benchmarks.generate.__main__ import main as generate_main


def test_everything_runs_without_a_gpu(tmp_path, capsys):
    assert gpu.main([str(tmp_path), "--device", "cpu", "--tiny"]) == 0
    said = (tmp_path / "gpu.md").read_text(encoding="utf-8")
    assert said.strip() == capsys.readouterr().out.strip()
    assert "no figure here says anything about a GPU" in said
    numbers = json.loads((tmp_path / "gpu.json").read_text(encoding="utf-8"))
    for name in ("identity likeliest fp32", "identity seeded fp32"):
        same, _, rows = numbers[name].partition(" of ")
        assert int(same) == int(rows) > 5
    assert numbers["step ms fp32 4 as torch chooses"] > 0
    assert "tokens as theirs" in said and "| 2 of 2 |" in said


def test_a_part_that_fails_is_said_and_the_rest_goes_on(tmp_path, capsys):
    report = gpu.Report(tmp_path)

    def fails():
        raise RuntimeError("no such kernel\nmore")

    report.part("one", fails)
    report.part("two", lambda: report.say("well"))
    assert "Failed: RuntimeError: no such kernel\n" in capsys.readouterr().out
    assert report.lines.count("well") == 1
    assert list(report.numbers) == ["failed: one"]


@pytest.mark.parametrize(
    "words", [["song", "x.ogg", "--device", "cuda"], ["model", "x.osu", "--precision", "bf16"]], ids=str
)
def test_what_cannot_be_measured_is_said_in_a_sentence(words, capsys):
    with pytest.raises(SystemExit) as left:
        generate_main(words)
    assert left.value.code == 2
    assert "error: " in capsys.readouterr().err
