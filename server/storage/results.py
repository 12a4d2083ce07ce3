"""Files of a job: `result/` to download, and `maps/` to continue from.

`maps/` is a mapset folder.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from osu_beatmap.beatmap import Beatmap
from osu_beatmap.errors import BeatmapError
from osu_beatmap.files.archive import read_osz, write_osz
from osu_beatmap.files.file_names import osz_file_name
from osu_beatmap.files.named_files import find_file, find_named_file
from osu_beatmap.files.reader import read_beatmap
from pipeline.output.summary import count_objects
from server.storage.references import MAPS_FOLDER
from server.storage.uploads import describe_map

MAX_NUMBERED = 1000


def make_maps_folder(folder: Path) -> Path:
    """Return the folder of a job's maps; create it if missing."""
    maps = folder / MAPS_FOLDER
    maps.mkdir(exist_ok=True)
    return maps


def keep_archive(folder: Path, osz_path: Path) -> list[str]:
    """Unpack a mapset into the job's maps; return their names."""
    return [name for name in read_osz(osz_path).extract_maps(make_maps_folder(folder)) if name.lower().endswith(".osu")]


def keep_map(folder: Path, osu_path: Path, audio_path: Path | None = None) -> list[str]:
    """Copy a map and its files into the job's maps.

    `audio_path` is its song if that is elsewhere.
    """
    maps = make_maps_folder(folder)
    beatmap = read_beatmap(osu_path)
    shutil.copyfile(osu_path, maps / osu_path.name)
    named = Path(beatmap.audio_filename).name
    audio = audio_path or find_named_file(osu_path.parent, named)
    if named and audio.is_file():
        shutil.copyfile(audio, maps / named)
    picture = find_file(osu_path.parent, Path(beatmap.background).name)
    if picture is not None:
        shutil.copyfile(picture, maps / picture.name)
    return [osu_path.name]


def keep_all_of(folder: Path, other_maps: Path) -> None:
    """Copy the maps of an earlier job, which this one extends."""
    maps = make_maps_folder(folder)
    for file in other_maps.iterdir():
        if file.is_file():
            shutil.copyfile(file, maps / file.name)


def pack(folder: Path, result: Path) -> None:
    """Pack all maps of a job into an .osz that osu! opens."""
    maps = folder / MAPS_FOLDER
    files: dict[str, bytes | Path] = {file.name: file for file in sorted(maps.iterdir())}
    first = read_beatmap(min(maps.glob("*.osu")))
    write_osz(result / osz_file_name(first.metadata), files)


def maps_of(folder: Path, names: Sequence[str] | None = None) -> list[dict[str, Any]]:
    """Return the job's maps as the API shows them, easiest first.

    `names` limits them.
    """
    maps = folder / MAPS_FOLDER
    shown = []
    for name in sorted(names if names is not None else (file.name for file in maps.glob("*.osu"))):
        try:
            beatmap = read_beatmap(maps / name)
        except BeatmapError:
            continue
        audio = find_file(maps, Path(beatmap.audio_filename).name)
        shown.append({
            **describe_map(name, beatmap),
            "counts": count_objects(beatmap),
            "length_ms": _end_ms(beatmap),
            "audio": audio.name if audio else None,
        })  # fmt: skip
    return sorted(shown, key=lambda each: each["stars"])


def files_of(result: Path) -> list[dict[str, Any]]:
    """Return the files to download."""
    if not result.is_dir():
        return []
    kept = (file for file in sorted(result.iterdir()) if file.is_file() and not file.name.startswith("."))
    return [{"name": file.name, "bytes": file.stat().st_size} for file in kept]


def copy_out(paths: Iterable[Path], folder: Path) -> list[str]:
    """Copy results to the user's folder without replacing files.

    Returns their paths.
    """
    folder.mkdir(parents=True, exist_ok=True)
    return [str(_copy_into(path, folder)) for path in paths]


def _copy_into(path: Path, folder: Path) -> Path:
    for number in range(1, MAX_NUMBERED):
        target = folder / (path.name if number == 1 else f"{path.stem} ({number}){path.suffix}")
        try:
            with path.open("rb") as source, target.open("xb") as file:
                shutil.copyfileobj(source, file)
            return target
        except FileExistsError:
            continue
    raise BeatmapError(f"{folder} is full of files of this name: {path.name}.")


def _end_ms(beatmap: Beatmap) -> float:
    return max((getattr(obj, "end_ms", obj.time_ms) for obj in beatmap.hit_objects), default=0.0)
