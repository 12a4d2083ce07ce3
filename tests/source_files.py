"""The project's own Python files, for tests that read the code."""

import ast
import sys
from collections.abc import Iterator
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

from paths import REPO_ROOT

_NOT_OURS = {"output", "outputs", "runs", "build", "dist"}


def python_files() -> Iterator[Path]:
    """Every .py file but those in hidden folders (.venv among them) and in folders of results."""
    for place in sorted(REPO_ROOT.iterdir()):
        if place.is_file() and place.suffix == ".py":
            yield place
        elif place.is_dir() and not place.name.startswith(".") and place.name not in _NOT_OURS:
            yield from sorted(place.rglob("*.py"))


def nodes(path: Path) -> Iterator[ast.AST]:
    """Every node of a file's syntax tree, the module first; trees of all files would fill the memory."""
    return ast.walk(ast.parse(path.read_text(encoding="utf-8")))


def root_script(name: str) -> ModuleType:
    """A root script as a module, which nothing may import by its name."""
    spec = spec_from_file_location(f"{name}_script", REPO_ROOT / f"{name}.py")
    module = module_from_spec(spec)  # type: ignore[arg-type]
    sys.modules[spec.name] = module  # type: ignore[union-attr]  # dataclasses look up their module
    spec.loader.exec_module(module)  # type: ignore[union-attr]
    return module
