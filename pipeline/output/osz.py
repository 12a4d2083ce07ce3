"""Finished map -> files: the .osu in the output folder, and beside it the .osz that osu! imports."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from osu_beatmap.beatmap import Beatmap
from osu_beatmap.errors import BeatmapError
from osu_beatmap.files.archive import write_osz
from osu_beatmap.files.file_names import osu_file_name, osz_file_name
from osu_beatmap.files.writer import temporary_beside, write_beatmap
from osu_beatmap.splice import Span, splice
from osuT5.audio.decode import read_tags
from pipeline.output.audio import prepare_audio
from pipeline.output.metadata import metadata_of
from pipeline.request.input_files import picture_suffix
from pipeline.request.options import GenerationRequest, RequestError, ScopeOptions

MAX_NUMBERED = 10_000


@dataclass(frozen=True, slots=True)
class ExportedFiles:
    """What was written; no .osz where the user wanted none."""

    osu_path: Path
    osz_path: Path | None


def export(request: GenerationRequest, beatmap: Beatmap, star_rating: float) -> ExportedFiles:
    """Names the song in the beatmap and writes the files of a request, without replacing any that are there.

    The bytes depend on the request and the map alone. `beatmap` gets its metadata, audio and background filled in.
    Raises RequestError for a background that is no picture and a folder that cannot be made, AudioError for
    the song and BeatmapError where a file cannot be written; then nothing of this map is left in the folder.
    """
    audio_path = request.song.audio_path
    assert audio_path is not None, "a map without a song cannot be exported"
    beatmap.metadata = metadata_of(request, beatmap, read_tags(audio_path), star_rating)
    if request.song.preview_time_ms is not None:
        beatmap.preview_time_ms = float(request.song.preview_time_ms)
    files: dict[str, bytes | Path] = {}
    if request.song.background is not None:
        beatmap.background = f"bg.{picture_suffix(request.song.background)}"
        files[beatmap.background] = request.song.background
    if request.output.export_osz:
        audio = prepare_audio(audio_path)
        beatmap.audio_filename, files[audio.file_name] = audio.file_name, audio.content
        files[osu_file_name(beatmap.metadata)] = _encoded(beatmap)
    if not request.output.export_osz or _holds(request.output.output_path, audio_path):
        # Such a map lies beside the song, or is put there by hand.
        beatmap.audio_filename = audio_path.name
    data = _encoded(beatmap)
    osu_name = osu_file_name(beatmap.metadata)
    folder = _made_folder(request.output.output_path)
    osz_name = osz_file_name(beatmap.metadata) if request.output.export_osz else None
    return _write(_claimed_paths(folder, osu_name, osz_name), files, data)


@dataclass(frozen=True, slots=True)
class MapsetFiles:
    """What was written: an .osz, or the .osu files where the user wanted none."""

    osz_path: Path | None
    osu_paths: list[Path]


def export_mapset(request: GenerationRequest, maps: Sequence[Beatmap], names: Sequence[str]) -> MapsetFiles:
    """Writes difficulties of one song: one .osz of all, or the .osu files, without replacing any that are there.

    names: what each is called. Raises as `export` does; then nothing of the mapset is left in the folder.
    """
    audio_path = request.song.audio_path
    assert audio_path is not None, "a map without a song cannot be exported"
    tags = read_tags(audio_path)
    files: dict[str, bytes | Path] = {}
    audio_name = audio_path.name
    if request.output.export_osz:
        audio = prepare_audio(audio_path)
        audio_name, files[audio.file_name] = audio.file_name, audio.content
    background = request.song.background
    background_name = "" if background is None else f"bg.{picture_suffix(background)}"
    if background is not None and request.output.export_osz:
        files[background_name] = background
    texts: dict[str, bytes] = {}
    for beatmap, name in zip(maps, names, strict=True):
        named = replace(request, map=replace(request.map, version=name))
        beatmap.metadata = metadata_of(named, beatmap, tags, 0.0)
        beatmap.audio_filename, beatmap.background = audio_name, background_name
        if request.song.preview_time_ms is not None:
            beatmap.preview_time_ms = float(request.song.preview_time_ms)
        texts[osu_file_name(beatmap.metadata)] = _encoded(beatmap)
    folder = _made_folder(request.output.output_path)
    if request.output.export_osz:
        osz_path = _claimed_file(folder, osz_file_name(maps[0].metadata))
        try:
            write_osz(osz_path, {**files, **texts})
        except BaseException:
            osz_path.unlink(missing_ok=True)
            raise
        return MapsetFiles(osz_path, [])
    written: list[Path] = []
    try:
        for name, data in texts.items():
            written.append(_write(_claimed_paths(folder, name, None), {}, data).osu_path)
    except BaseException:
        for path in written:
            path.unlink(missing_ok=True)
        raise
    return MapsetFiles(None, written)


def write_into_reference(request: GenerationRequest, beatmap: Beatmap) -> ExportedFiles:
    """Writes the part of a map that was asked for into its reference: a copy of the file, or the file itself.

    Outside the part every byte stays. A file that is written over is kept with `.bak` after its name.
    """
    scope, reference = request.scope, request.song.beatmap_path
    assert reference is not None, "there is no reference beatmap"
    old = reference.read_bytes()
    data, _ = splice(old, beatmap, span_of(scope))
    if not scope.overwrite_reference_beatmap:
        folder = _made_folder(request.output.output_path)
        return _write(_claimed_paths(folder, reference.name, None), {}, data)
    kept = _free_backup(reference)
    with temporary_beside(kept) as file:
        file.write(old)
    with temporary_beside(reference) as file:
        file.write(data)
    return ExportedFiles(reference, None)


def span_of(scope: ScopeOptions) -> Span:
    """The part of the song that is asked for."""
    end_ms = math.inf if scope.end_time_ms is None else float(scope.end_time_ms)
    return Span(-math.inf if scope.start_time_ms is None else float(scope.start_time_ms), end_ms)


def _free_backup(path: Path) -> Path:
    """Beside the file, under a name that no earlier backup has."""
    for number in range(1, MAX_NUMBERED):
        kept = path.with_name(f"{path.name}.bak" if number == 1 else f"{path.name}.{number}.bak")
        if not kept.exists():
            return kept
    raise RequestError(f"There are too many backups of {path.name}.")


def _write(paths: ExportedFiles, files: dict[str, bytes | Path], osu_data: bytes) -> ExportedFiles:
    """Writes into places that were claimed, or gives them up."""
    try:
        if paths.osz_path is not None:
            write_osz(paths.osz_path, files)
        with temporary_beside(paths.osu_path) as file:
            file.write(osu_data)
    except BaseException:
        _give_up(paths)
        raise
    return paths


def _encoded(beatmap: Beatmap) -> bytes:
    return write_beatmap(beatmap).encode("utf-8", errors="replace")


def _holds(folder: Path, path: Path) -> bool:
    return folder.resolve() == path.parent.resolve()


def _made_folder(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RequestError(f"output_path cannot be made: {folder} ({error.strerror or error}).") from error
    return folder


def _claimed_paths(folder: Path, osu_name: str, osz_name: str | None) -> ExportedFiles:
    """Where the files go: under their own names, or the first number at which neither of them exists.

    Empty files hold the places, since other runs may be looking for names in this folder at the same moment.
    """
    for number in range(1, MAX_NUMBERED):
        osz_path = None if osz_name is None else folder / _numbered(osz_name, number)
        paths = ExportedFiles(folder / _numbered(osu_name, number), osz_path)
        if _claim(paths):
            return paths
    raise RequestError(f"output_path is full of maps of this song: {folder}.")


def _claimed_file(folder: Path, name: str) -> Path:
    """The place of a file alone, as `_claimed_paths` finds it."""
    return _claimed_paths(folder, name, None).osu_path


def _claim(paths: ExportedFiles) -> bool:
    claimed: list[Path] = []
    for path in (paths.osu_path, paths.osz_path):
        try:
            if path is not None:
                path.touch(exist_ok=False)
                claimed.append(path)
        except OSError as error:
            for other in claimed:
                other.unlink()
            if isinstance(error, FileExistsError):
                return False
            raise BeatmapError(f"{path} cannot be written: {error.strerror or error}.") from None
    return True


def _give_up(paths: ExportedFiles) -> None:
    for path in (paths.osu_path, paths.osz_path):
        if path is not None:
            path.unlink(missing_ok=True)


def _numbered(name: str, number: int) -> str:
    stem, _, suffix = name.rpartition(".")
    return name if number == 1 else f"{stem} ({number}).{suffix}"
