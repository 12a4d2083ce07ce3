"""Imports run one way; see the table. Root scripts stand on top, and nothing imports them."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

from tests.source_files import REPO_ROOT, nodes, python_files

SIBLINGS = {"osu_beatmap", "beat_tracking", "training", "model_files"}
MODELS = {"osuT5", "osu_diffusion", "rcomplexion", "classifier"}

MAY_IMPORT: dict[str, set[str]] = {
    "osu_beatmap": set(),
    "training": set(),
    "model_files": set(),
    "beat_tracking": {"osu_beatmap"},
    "synthesis": set(),
    "osuT5": SIBLINGS | {"parity"},
    "osu_diffusion": SIBLINGS,
    "rcomplexion": SIBLINGS,
    "classifier": SIBLINGS | {"osuT5"},
    "dataset_builder": {"osu_beatmap", "osuT5", "synthesis"},
    "parity": SIBLINGS | MODELS | {"pipeline", "modding"},
    "pipeline": SIBLINGS | MODELS | {"parity"},
    "modding": SIBLINGS | MODELS | {"pipeline", "parity"},
    "serving": SIBLINGS | MODELS | {"pipeline"},
    "evaluation": SIBLINGS | MODELS | {"pipeline", "modding"},
    "webui": SIBLINGS | MODELS | {"pipeline", "modding"},
}
"""Each package -> the packages of ours that it may import, besides itself."""

FREE = {"benchmarks", "demo", "tests"}
"""Folders that may import every package."""

ENTRY_SCRIPTS = {Path("classifier/classify.py"), Path("rcomplexion/predict.py")}
"""Entry points that stand inside a package, where users look for them; they stand on top as root scripts do."""

HEAVY = {"torch", "transformers", "hydra", "omegaconf"}
"""What a leaf about osu! itself has no use for."""


@cache
def _imported(path: Path) -> frozenset[str]:
    """Top-level names that a file imports, at module level or inside functions."""
    names: set[str] = set()
    for node in nodes(path):
        if isinstance(node, ast.Import):
            names.update(alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name} has a relative import"
            names.add(str(node.module).partition(".")[0])
    return frozenset(names)


FILES = [path.relative_to(REPO_ROOT) for path in python_files()]
ROOT_SCRIPTS = {path.stem for path in FILES if len(path.parts) == 1}
PACKAGES = {path.parts[0] for path in FILES if len(path.parts) > 1}


def test_every_package_is_in_the_table() -> None:
    assert set(MAY_IMPORT) | FREE >= PACKAGES


@pytest.mark.parametrize("package", sorted(PACKAGES & set(MAY_IMPORT)))
def test_package_imports_only_what_is_below_it(package: str) -> None:
    ours = set(MAY_IMPORT) | FREE
    allowed = MAY_IMPORT[package] | {package}
    wrong = {
        f"{path}: {name}"
        for path in FILES
        if path.parts[0] == package and path not in ENTRY_SCRIPTS
        for name in _imported(REPO_ROOT / path) & ours - allowed
    }
    assert not wrong


def test_nothing_imports_a_root_script() -> None:
    wrong = {f"{path}: {name}" for path in FILES for name in _imported(REPO_ROOT / path) & ROOT_SCRIPTS}
    assert not wrong


def test_nothing_imports_an_entry_script() -> None:
    scripts = {".".join(path.with_suffix("").parts) for path in ENTRY_SCRIPTS}
    wrong = {
        f"{path}: {node.module}"
        for path in FILES
        if path.parts[0] != "tests"
        for node in nodes(REPO_ROOT / path)
        if isinstance(node, ast.ImportFrom) and node.module in scripts
    }
    assert not wrong


def test_the_beatmap_leaf_needs_no_model_and_no_configuration() -> None:
    wrong = {
        f"{path}: {name}"
        for path in FILES
        if path.parts[0] == "osu_beatmap"
        for name in _imported(REPO_ROOT / path) & HEAVY
    }
    assert not wrong
