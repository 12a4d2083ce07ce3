"""Mapsets to read: .osz archives, and folders with .osu files.

osu! stable keeps its songs in such folders. osu!lazer keeps its files under their hashes and their names in a database;
only its exports, .osz or its own .olz, which is the same archive, can be read.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from dataset_builder.errors import BuildError
from osu_beatmap.files.archive import BEATMAP_SUFFIX

ARCHIVE_SUFFIXES = frozenset({".osz", ".olz"})
LAZER_DATABASE = "client.realm"


def find_mapsets(folder: Path, output: Path) -> list[Path]:
    """Return archives and folders of mapsets in a folder, in order.

    `output` is not searched. Raises BuildError.
    """
    if not folder.is_dir():
        raise BuildError(f"input_path must be a folder of .osz files or of mapsets, got {folder}.")
    found = sorted(_walk(folder, output.resolve()))
    if not found and (folder / LAZER_DATABASE).is_file():
        raise BuildError(
            f"{folder} is where osu!lazer keeps its files, without their names: export mapsets in osu!lazer, and give "
            f"the folder of .osz files that it makes, {folder / 'exports'}."
        )
    if not found:
        raise BuildError(f"There is no .osz file and no folder with .osu files in {folder}.")
    return found


def _walk(folder: Path, output: Path) -> Iterator[Path]:
    for place, folders, files in os.walk(folder):
        path = Path(place)
        if path.resolve() == output:
            folders.clear()
            continue
        suffixes = {name: Path(name).suffix.lower() for name in files}
        if BEATMAP_SUFFIX in suffixes.values():
            # What lies deeper are pictures of its storyboard.
            folders.clear()
            yield path
        yield from (path / name for name, suffix in suffixes.items() if suffix in ARCHIVE_SUFFIXES)


def fingerprint(mapset: Path) -> str:
    """Return a fingerprint of names, sizes and times of a mapset's files.

    It changes when the mapset does; the files are not read. Raises OSError.
    """
    files = [mapset] if mapset.is_file() else sorted(path for path in mapset.iterdir() if path.is_file())
    facts = ((path.name, path.stat().st_size, path.stat().st_mtime_ns) for path in files)
    return "|".join(f"{name}:{size}:{changed}" for name, size, changed in facts)
