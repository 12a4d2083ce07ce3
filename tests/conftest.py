"""Fixtures that every test may use."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

from paths import REPO_ROOT

settings.register_profile("any machine", deadline=None)  # a busy one takes long for no fault of the code
settings.load_profile("any machine")


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


@pytest.fixture(autouse=True)
def no_server_of_the_user(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Commands in tests must not find a server that happens to run on this machine."""
    folder = tmp_path_factory.getbasetemp() / "no server"
    for name in ("XDG_RUNTIME_DIR", "LOCALAPPDATA"):
        monkeypatch.setenv(name, str(folder))
