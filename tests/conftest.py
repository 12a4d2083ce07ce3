"""Fixtures that every test may use."""

import gc
import os
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

from paths import REPO_ROOT

# The suite starts about a hundred processes, each of which would compile the whole program again, and so would its own.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

settings.register_profile("any machine", deadline=None)  # a busy one takes long for no fault of the code
settings.load_profile("any machine")


def pytest_collection_finish() -> None:
    """Leave modules and collected tests out of later garbage collections: a whole one takes a second with them."""
    gc.freeze()


@pytest.fixture(scope="session")
def repo_root() -> Path:
    return REPO_ROOT


@pytest.fixture(scope="session")
def shared_dir() -> Path:
    """The folder of real charts and reference outputs; skips where it is not there."""
    folder = Path(os.environ.get("OSU_SHARED", REPO_ROOT.parent / "shared"))
    if not (folder / "data").is_dir():
        pytest.skip("the folder of real charts and reference outputs is not on this machine")
    return folder


@pytest.fixture(scope="session")
def golden(shared_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, str], Path]:
    """Unpacks a reference archive, once in a session; gives the folder in which its members lie.

    Skips where it is not there, or has no member that begins with a prefix.
    """
    folders: dict[str, Path] = {}

    def unpack(archive: str, prefix: str) -> Path:
        if archive not in folders:
            path = shared_dir / "goldens" / f"{archive}.tar.xz"
            if not path.is_file():
                pytest.skip(f"the reference outputs {path.name} are not on this machine")
            folder = tmp_path_factory.mktemp(archive)
            with tarfile.open(path) as tar:
                tar.extractall(folder, filter="data")
            folders[archive] = folder
        parent, _, beginning = prefix.rpartition("/")
        if not any((folders[archive] / parent).glob(f"{beginning}*")):
            pytest.skip(f"{archive}.tar.xz holds no {prefix} on this machine")
        return folders[archive]

    return unpack


@pytest.fixture(autouse=True)
def no_server_of_the_user(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Commands in tests must not find a server that happens to run on this machine."""
    folder = tmp_path_factory.getbasetemp() / "no server"
    for name in ("XDG_RUNTIME_DIR", "LOCALAPPDATA"):
        monkeypatch.setenv(name, str(folder))
