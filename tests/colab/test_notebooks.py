"""Notebooks, cell by cell as IPython runs them, with a few seconds of the demo song."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from osu_beatmap.files.writer import save_beatmap
from tests.source_files import REPO_ROOT
from tests.support.review_maps import regular_map

NOTEBOOKS = sorted((REPO_ROOT / "colab").glob("*.ipynb"))
SONG = REPO_ROOT / "demo" / "song.ogg"


def _code_cells(path: Path) -> list[dict]:
    return [cell for cell in json.loads(path.read_text(encoding="utf-8"))["cells"] if cell["cell_type"] == "code"]


@pytest.fixture
def run_notebook(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[str, dict], list]:
    """Run a notebook with other parameters than its own, in this process; returns the value of each cell."""
    shells = pytest.importorskip("IPython.core.interactiveshell", reason="needs ipython (requirements-dev.txt)")
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.chdir(REPO_ROOT / "colab")
    monkeypatch.setattr(sys, "path", list(sys.path))
    module = ModuleType("notebook")
    monkeypatch.setitem(sys.modules, module.__name__, module)

    def run(name: str, parameters: dict) -> list:
        shell = shells.InteractiveShell(user_module=module)
        values = []
        for cell in _code_cells(REPO_ROOT / "colab" / f"{name}.ipynb"):
            done = shell.run_cell("".join(cell["source"]))
            done.raise_error()
            values.append(done.result)
            if "parameters" in cell["metadata"].get("tags", []):
                shell.push(parameters)
        return values

    return run


@pytest.fixture
def chart(tmp_path: Path) -> Path:
    path = tmp_path / "map.osu"
    save_beatmap(regular_map(beats=30), path)
    return path


def test_generate(run_notebook, tmp_path: Path, capsys) -> None:
    values = run_notebook("generate", {"difficulty": None, "end_time": 5000, "output_path": str(tmp_path)})
    assert "Objects:" in capsys.readouterr().out
    assert any(hasattr(value, "_repr_png_") for value in values)
    assert list(tmp_path.glob("*.osz"))


def test_mai_mod(run_notebook, chart: Path) -> None:
    wanted = {"beatmap_path": str(chart), "audio_path": str(SONG), "end_time": 4000, "max_per_category": 2}
    assert "Nobody - Regular" in run_notebook("mai_mod", wanted)[-1]._repr_markdown_()


def test_classifier(run_notebook, chart: Path, capsys) -> None:
    run_notebook("classifier", {"beatmap_path": str(chart), "audio_path": str(SONG), "time": 2})
    assert capsys.readouterr().out.count(" %  ") == 10


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_nothing_that_was_shown_is_committed(path: Path) -> None:
    for cell in _code_cells(path):
        assert not cell.get("outputs")
        assert cell.get("execution_count") is None


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_first_cell_fetches_the_program_in_colab_only(path: Path) -> None:
    setup = "".join(_code_cells(path)[0]["source"])
    in_colab, elsewhere = setup.split("elif not Path")
    assert 'if "google.colab" in sys.modules:' in in_colab
    assert "git clone" in in_colab
    assert "pip install -q -r requirements.txt" in in_colab
    assert "!" not in elsewhere
    assert setup == "".join(_code_cells(NOTEBOOKS[0])[0]["source"])


def test_every_notebook_is_run_here() -> None:
    assert [path.stem for path in NOTEBOOKS] == ["classifier", "generate", "mai_mod"]
