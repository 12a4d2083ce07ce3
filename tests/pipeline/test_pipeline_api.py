"""`from pipeline import generate, resolve` is stable, and importing `pipeline` is cheap."""

import subprocess
import sys

import pytest

import pipeline
from pipeline.generation.generate import generate
from pipeline.request.resolve import resolve
from tests.source_files import REPO_ROOT


def test_the_api_is_what_the_modules_have() -> None:
    assert (pipeline.generate, pipeline.resolve) == (generate, resolve)
    with pytest.raises(AttributeError, match="no attribute 'make'"):
        pipeline.make  # noqa: B018


def test_importing_the_package_imports_nothing_else() -> None:
    code = "import sys; before = set(sys.modules); import pipeline; print(*(set(sys.modules) - before))"
    found = subprocess.run([sys.executable, "-c", code], cwd=REPO_ROOT, capture_output=True, text=True, check=True)
    names = set(found.stdout.split())
    assert "pipeline" in names
    assert not {name for name in names if name.startswith(("pipeline.", "osu", "numpy", "torch", "hydra"))}
