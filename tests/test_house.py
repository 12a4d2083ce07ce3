"""House rules that a reader should not have to check."""

import ast
import subprocess
import sys

from tests.source_files import REPO_ROOT, nodes, python_files

FILES = list(python_files())
PACKAGES = [path for path in FILES if path.name == "__init__.py" and "tests" not in path.parts]
VAGUE_NAMES = {"utils", "util", "helpers", "helper", "common", "misc"}
TEXT_CALLS = {"read_text": 0, "write_text": 1}
"""Methods that read or write text -> place of `encoding` among their arguments."""

TEXT_NAMES = (*TEXT_CALLS, "open(")


def _opens_text_without_encoding(call: ast.Call) -> bool:
    if any(keyword.arg in ("encoding", None) for keyword in call.keywords):
        return False
    if isinstance(call.func, ast.Attribute) and call.func.attr in TEXT_CALLS:
        return len(call.args) <= TEXT_CALLS[call.func.attr]
    if isinstance(call.func, ast.Name) and call.func.id == "open":
        mode = next((k.value for k in call.keywords if k.arg == "mode"), call.args[1] if len(call.args) > 1 else None)
        return not (isinstance(mode, ast.Constant) and "b" in str(mode.value))
    return False


def test_names_of_modules_say_something_and_test_files_are_unique() -> None:
    """An `__init__.py` there would shadow the Hugging Face package of that name."""
    assert not list((REPO_ROOT / "datasets").rglob("*.py"))
    assert not [path for path in FILES if path.stem in VAGUE_NAMES or path.parent.name in VAGUE_NAMES]
    # pytest takes files of one name for one module.
    names = [path.name for path in (REPO_ROOT / "tests").rglob("test_*.py")]
    assert len(names) == len(set(names))


def test_every_package_has_an_init() -> None:
    """Without one, a folder is found or not depending on where Python was started."""
    folders = {path.parent for path in FILES} - {REPO_ROOT}
    missing = [
        f for f in folders if not (f / "__init__.py").is_file() and "tests" not in f.relative_to(REPO_ROOT).parts
    ]
    assert not missing


def test_text_is_read_and_written_in_a_stated_encoding() -> None:
    """Windows would take the console's code page."""
    readers = [path for path in FILES if any(name in path.read_text(encoding="utf-8") for name in TEXT_NAMES)]
    calls = ((path, node) for path in readers for node in nodes(path) if isinstance(node, ast.Call))
    assert not [f"{path}:{call.lineno}" for path, call in calls if _opens_text_without_encoding(call)]


def test_every_package_states_what_is_in_it_and_what_is_outside() -> None:
    """In two lines, the first of at most 12 words."""
    wrong = []
    for path in PACKAGES:
        first, *others = (ast.get_docstring(next(nodes(path))) or "").splitlines()
        if len(first.split()) > 12 or not any(others):
            wrong.append(path)
    assert not wrong


def test_importing_a_package_imports_no_torch() -> None:
    names = [".".join(path.parent.relative_to(REPO_ROOT).parts) for path in PACKAGES]
    code = f"import sys, {', '.join(names)}; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=REPO_ROOT)
