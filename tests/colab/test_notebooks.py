"""The notebooks, cell by cell in a kernel of their own, with a few seconds of the demo's song."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from osu_beatmap.beatmap import Beatmap, Circle, Metadata, TimingPoint
from osu_beatmap.files.writer import save_beatmap
from tests.source_files import REPO_ROOT

NOTEBOOKS = sorted((REPO_ROOT / "colab").glob("*.ipynb"))
SONG = REPO_ROOT / "demo" / "song.ogg"
TIMEOUT_S = 300


def _cells(path: Path) -> list[dict]:
    return json.loads(path.read_text(encoding="utf-8"))["cells"]


def _run(name: str, parameters: dict) -> str:
    """What a notebook shows when it is run with other parameters than those that stand in it."""
    nbformat = pytest.importorskip("nbformat", reason="needs nbformat, which is in requirements-dev.txt")
    nbclient = pytest.importorskip("nbclient", reason="needs nbclient, which is in requirements-dev.txt")
    pytest.importorskip("ipykernel", reason="needs ipykernel, which is in requirements-dev.txt")
    notebook = nbformat.read(REPO_ROOT / "colab" / f"{name}.ipynb", as_version=4)
    place = next(i for i, cell in enumerate(notebook.cells) if "parameters" in cell.metadata.get("tags", []))
    text = "\n".join(f"{option} = {value!r}" for option, value in parameters.items())
    notebook.cells.insert(place + 1, nbformat.v4.new_code_cell(text))
    folder = {"metadata": {"path": str(REPO_ROOT / "colab")}}
    nbclient.NotebookClient(notebook, timeout=TIMEOUT_S, kernel_name="python3", resources=folder).execute()
    outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    assert not [output for output in outputs if output.output_type == "error"]
    return json.dumps(outputs)


@pytest.fixture
def regular_map(tmp_path: Path) -> Path:
    path = tmp_path / "map.osu"
    beatmap = Beatmap(
        audio_filename="song.ogg",
        metadata=Metadata(title="Song", artist="Us", creator="Us", version="It"),
        timing_points=[TimingPoint(0.0, 60_000 / 174)],
        hit_objects=[Circle(n * 60_000 / 174, 64.0 + 40 * (n % 8), 192.0) for n in range(1, 40)],
    )
    save_beatmap(beatmap, path)
    return path


def test_generate(tmp_path: Path) -> None:
    shown = _run("generate", {"end_time": 5000, "output_path": str(tmp_path)})
    assert "Objects:" in shown
    assert "image/png" in shown
    assert list(tmp_path.glob("*.osz"))


def test_mai_mod(regular_map: Path) -> None:
    asked = {"beatmap_path": str(regular_map), "audio_path": str(SONG), "end_time": 4000, "max_per_category": 2}
    shown = _run("mai_mod", asked)
    assert "text/markdown" in shown
    assert "Us - Song" in shown


def test_classifier(regular_map: Path) -> None:
    shown = _run("classifier", {"beatmap_path": str(regular_map), "audio_path": str(SONG), "time": 2})
    assert shown.count(" %  ") == 10


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_nothing_that_was_shown_is_committed(path: Path) -> None:
    for cell in _cells(path):
        assert not cell.get("outputs")
        assert cell.get("execution_count") is None


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_first_cell_fetches_the_program_in_colab_only(path: Path) -> None:
    setup = next("".join(cell["source"]) for cell in _cells(path) if cell["cell_type"] == "code")
    in_colab, elsewhere = setup.split("elif not Path")
    assert 'if "google.colab" in sys.modules:' in in_colab
    assert "git clone" in in_colab
    assert "pip install -q -r requirements.txt" in in_colab
    assert "!" not in elsewhere
    assert setup == next("".join(c["source"]) for c in _cells(NOTEBOOKS[0]) if c["cell_type"] == "code")


def test_every_notebook_is_run_here() -> None:
    assert [path.stem for path in NOTEBOOKS] == ["classifier", "generate", "mai_mod"]
