"""Mapset (.osz) as `beatmap_path`: one difficulty is the reference.

The new one goes into a copy of the mapset.

`beatmap_path=set.osz` takes its only difficulty, or the hardest where only timing and names are taken from it;
`beatmap_path=set.osz/Insane` takes one by its name.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path

from osu_beatmap.beatmap import Beatmap
from osu_beatmap.errors import BeatmapError
from osu_beatmap.files.archive import Osz, read_osz, write_osz
from osu_beatmap.files.file_names import legal_file_name, osu_file_name
from osu_beatmap.files.reader import read_beatmap
from osu_beatmap.files.writer import write_beatmap
from osu_beatmap.star_rating import stars_or_none
from pipeline.request.option_values import is_absent
from pipeline.request.options import RequestError

SUFFIX = ".osz"
PARTS_OF_A_DIFFICULTY = ("MAP", "GD", "NO_HS")
"""Values of in_context that take more from the reference than its timing."""


@dataclass(frozen=True, slots=True)
class MapsetFile:
    """A mapset and the difficulty in it that is the reference.

    Attributes:
        osz: The archive.
        reference: Name of the reference in it.
        folder: Where its difficulties are while a map is generated.
    """

    osz: Osz
    reference: str
    folder: Path

    @classmethod
    def beside(cls, beatmap_path: Path) -> MapsetFile | None:
        """Return the mapset of an unpacked difficulty in the same folder."""
        for path in beatmap_path.parent.glob(f"*{SUFFIX}"):
            osz = read_osz(path)
            for name in osz.beatmaps:
                if legal_file_name(Path(name).name) == beatmap_path.name:
                    return cls(osz, name, beatmap_path.parent)
        return None

    def write_with(self, maps: Sequence[Path], target: Path, replaces: bool) -> None:
        """Write a copy of the mapset with further difficulties.

        Args:
            maps: Their .osu files.
            target: The .osz to write.
            replaces: The map is the reference with a change, and takes its place.
        """
        names = (*self.osz.beatmaps, *self.osz.other_files)
        files: dict[str, bytes | Path] = {name: self.osz.read_bytes(name) for name in names}
        versions = {beatmap.metadata.version for beatmap in self.osz.beatmaps.values()}
        for path in maps:
            if replaces:
                files[self.reference] = path.read_bytes()
                continue
            beatmap = self._make_difficulty(read_beatmap(path), versions)
            versions.add(beatmap.metadata.version)
            files[osu_file_name(beatmap.metadata)] = write_beatmap(beatmap, whole=True).encode("utf-8", "replace")
        write_osz(target, files)

    def _make_difficulty(self, beatmap: Beatmap, versions: set[str]) -> Beatmap:
        """Return a new difficulty of the set.

        It has the set's song, number and picture, and its own name.
        """
        like = self.osz.beatmaps[self.reference]
        metadata, number = beatmap.metadata, 2
        version = metadata.version
        while version in versions:
            version, number = f"{metadata.version} {number}", number + 1
        beatmap.metadata = replace(metadata, version=version, beatmapset_id=like.metadata.beatmapset_id)
        beatmap.audio_filename = like.audio_filename
        beatmap.background = like.background or beatmap.background
        return beatmap


@contextmanager
def open_mapset(flat: Mapping[str, object]) -> Iterator[tuple[dict[str, object], MapsetFile | None]]:
    """Unpack the mapset of `beatmap_path` temporarily.

    Yields options that name its difficulty, and the mapset. Options without a mapset are yielded unchanged.

    Raises:
        RequestError: The mapset cannot be read, or it does not have the difficulty.
    """
    place = _split(flat.get("beatmap_path"))
    if place is None:
        yield dict(flat), None
        return
    path, version = place
    if str(flat.get("overwrite_reference_beatmap")).lower() == "true":
        raise RequestError("overwrite_reference_beatmap is for a .osu file: a mapset is written as a copy.")
    try:
        osz = read_osz(path)
    except BeatmapError as error:
        raise RequestError(f"beatmap_path cannot be read: {error}") from error
    name = _reference(osz, version, needs_name=_takes_a_difficulty(flat))
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as work:
        folder = Path(work)
        osz.extract_maps(folder)
        options = dict(flat) | {"beatmap_path": str(folder / legal_file_name(Path(name).name))}
        if is_absent(flat.get("output_path")):
            options["output_path"] = str(path.absolute().parent)
        yield options, MapsetFile(osz, name, folder)


def _split(value: object) -> tuple[Path, str] | None:
    """Return the archive and the name after it, or None.

    None stands for a path that is not a mapset.
    """
    if is_absent(value):
        return None
    path = Path(str(value)).expanduser()
    if path.suffix.lower() == SUFFIX:
        return path, ""
    for parent in path.parents:
        if parent.suffix.lower() == SUFFIX and parent.is_file():
            return parent, path.relative_to(parent).as_posix()
    return None


def _takes_a_difficulty(flat: Mapping[str, object]) -> bool:
    """Return whether the request needs one particular difficulty.

    It takes more from the reference than the parts that all difficulties of a song share.
    """
    parts = str(flat.get("in_context") or "").upper().strip("[]").replace("'", "").replace(" ", "").split(",")
    return str(flat.get("add_to_beatmap")).lower() == "true" or not set(PARTS_OF_A_DIFFICULTY).isdisjoint(parts)


def _reference(osz: Osz, version: str, needs_name: bool) -> str:
    """Return the name in the archive of the difficulty that is meant."""
    names = {beatmap.metadata.version: name for name, beatmap in osz.beatmaps.items()}
    if version:
        found = {each.casefold(): name for each, name in names.items()}.get(version.casefold())
        if found is None:
            near = get_close_matches(version, names, n=1)
            hint = f"; did you mean {near[0]}?" if near else f": it has {', '.join(sorted(names))}."
            raise RequestError(f"beatmap_path: {osz.path.name} has no difficulty {version}{hint}")
        return found
    if len(names) > 1 and needs_name:
        listed = ", ".join(sorted(names))
        raise RequestError(
            f"beatmap_path needs one difficulty of {osz.path.name}: name it as {osz.path.name}/NAME, out of {listed}."
        )
    return max(osz.beatmaps, key=lambda name: stars_or_none(osz.beatmaps[name]) or 0.0)
