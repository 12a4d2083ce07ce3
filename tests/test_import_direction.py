"""Import rules that import-linter cannot see: root scripts, single modules, circles between files."""

import re
import tomllib
from graphlib import TopologicalSorter

import grimp

from tests.source_files import REPO_ROOT, python_files

LINTED = tomllib.loads((REPO_ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
FILES = [path.relative_to(REPO_ROOT) for path in python_files()]
PACKAGES = {path.parts[0] for path in FILES if len(path.parts) > 1} - {"tests"}
IMPORT = re.compile(r"^\s*(?:import|from)\s+(\w+)", re.MULTILINE)
ROOT_SCRIPTS = {path.stem for path in FILES if len(path.parts) == 1} - {"paths"}


def _imported(name: str) -> set[str]:
    """Return the top-level names that a file imports, also inside functions; ruff keeps `import` to one name a line."""
    return set(IMPORT.findall((REPO_ROOT / name).read_text(encoding="utf-8")))


def test_every_package_is_linted() -> None:
    assert set(LINTED["root_packages"]) == PACKAGES


def test_nothing_imports_a_root_script_and_paths_imports_nothing() -> None:
    assert not {f"{path}: {name}" for path in FILES for name in _imported(str(path)) & ROOT_SCRIPTS}
    assert not _imported("paths.py") & (PACKAGES | ROOT_SCRIPTS)


def test_no_files_import_each_other_in_a_circle() -> None:
    """The error names the files of the circle."""
    graph = grimp.build_graph(*LINTED["root_packages"], cache_dir=None)
    imports = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    TopologicalSorter(imports).prepare()
