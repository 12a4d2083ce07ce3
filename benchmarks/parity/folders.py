"""Reference outputs by kind: folders, or archives unpacked temporarily.

An archive holds one folder.
"""

from __future__ import annotations

import json
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

ARCHIVE_ENDING = ".tar.xz"
MAX_UNPACKED_BYTES = 4 * 2**30


class GoldensError(ValueError):
    """A folder that cannot be compared with; the message is one sentence."""


@contextmanager
def unpack(goldens: Path) -> Iterator[Path]:
    """Yield a folder with one folder for each kind.

    Raises:
        GoldensError: There is none, or an archive is unsafe.
    """
    if not goldens.is_dir():
        raise GoldensError(f"{goldens} is not a folder.")
    archives = sorted(goldens.glob("*" + ARCHIVE_ENDING))
    if not archives:
        if not any(path.is_dir() for path in goldens.iterdir()):
            raise GoldensError(f"{goldens} holds neither folders of reference outputs nor {ARCHIVE_ENDING} archives.")
        yield goldens
        return
    # Windows cannot remove what is still mapped, such as an open array file.
    with tempfile.TemporaryDirectory(prefix="parity-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        for archive in archives:
            _unpack(archive, folder)
        yield folder


def kinds_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.is_dir())


def read_json(path: Path) -> Any:
    """Read a JSON file."""
    return json.loads(path.read_text(encoding="utf-8"))


def read_arrays(path: Path) -> dict[str, np.ndarray]:
    """Read all arrays of an .npz file."""
    with np.load(path) as arrays:
        return dict(arrays)


def _unpack(archive: Path, folder: Path) -> None:
    """Unpack an archive; only plain files and folders inside `folder`.

    Raises GoldensError if it cannot be unpacked or is too large.
    """
    try:
        with tarfile.open(archive, "r:xz") as tar:
            members = [member for member in tar.getmembers() if member.isfile() or member.isdir()]
            if sum(member.size for member in members) > MAX_UNPACKED_BYTES:
                raise GoldensError(f"{archive.name} unpacks to more than {MAX_UNPACKED_BYTES >> 30} GiB.")
            tar.extractall(folder, members, filter="data")
    except (tarfile.TarError, OSError, EOFError) as error:
        raise GoldensError(f"{archive.name} cannot be unpacked: {error}.") from None
