"""The program runs without the package `parity`: everything is imported, and a map is generated, with it blocked."""

import json
import subprocess
import sys
from pathlib import Path

from tests.source_files import REPO_ROOT, python_files
from tests.support.published_bundles import write_bundle
from tests.support.songs import write_song

FREE = {"parity", "benchmarks", "tests", "colab"}
"""Folders that may import `parity`."""

PROGRAM = """
import importlib, json, sys

class Block:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "parity":
            raise ImportError("parity is blocked", name="parity")

sys.meta_path.insert(0, Block())
order = json.loads(sys.argv[1])
for module in order["modules"]:
    try:
        importlib.import_module(module)
    except ImportError as error:
        if error.name == "parity":
            raise
from pipeline.generation.generate import generate
from pipeline.request.resolve import resolve
print(len(generate(resolve(order["options"])).beatmap.hit_objects))
"""


def modules() -> list[str]:
    """Names of all modules that must not need `parity`."""
    paths = [path.relative_to(REPO_ROOT).with_suffix("") for path in python_files()]
    names = [path.parts for path in paths if path.parts[0] not in FREE and path.name != "__main__"]
    return sorted(
        ".".join(name).removesuffix(".__init__") for name in names if all(part.isidentifier() for part in name)
    )


def test_everything_runs_without_parity(tmp_path: Path) -> None:
    options = {"audio_path": write_song(tmp_path / "song.ogg", 6.0), "output_path": tmp_path / "out"}
    options |= {"model_path": write_bundle(tmp_path / "bundle", "v29"), "temperature": 1.3, "seed": 3, "device": "cpu"}
    order = json.dumps({"modules": modules(), "options": options}, default=str)
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, order], cwd=REPO_ROOT, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert int(done.stdout.split()[-1]) > 0
