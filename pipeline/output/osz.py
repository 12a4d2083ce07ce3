"""Files of a finished map: the .osu, and the .osz for import.

Both are in the output folder.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
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
    """Written files; the .osz is optional."""

    osu_path: Path
    osz_path: Path | None


def export(request: GenerationRequest, beatmap: Beatmap, star_rating: float) -> ExportedFiles:
    """Write the files of a request without replacing existing ones.

    The song is named in the beatmap first.

    The bytes depend on the request and the map alone. `beatmap` gets its metadata, audio and background filled in.
    Raises RequestError for a background that is no picture and a folder that cannot be made, AudioError for
    the song and BeatmapError where a file cannot be written; then nothing of this map is left in the folder.
    """
    song = _Song(request)
    files, data = song.files, song.encode(beatmap, request, star_rating)
    folder, audio_path = request.output.output_path, request.song.audio_path
    if request.output.export_osz:
        files[osu_file_name(beatmap.metadata)] = data
    if not request.output.export_osz or folder.resolve() == audio_path.parent.resolve():
        # Such a map lies beside the song, or is put there by hand.
        beatmap.audio_filename = audio_path.name
        data = _encode(beatmap)
    folder, names = make_folder(folder), [osu_file_name(beatmap.metadata)]
    if request.output.export_osz:
        names.append(osz_file_name(beatmap.metadata))
    osu_path, *osz_paths = _claim_paths(folder, *names)
    _write({**dict.fromkeys(osz_paths, files), osu_path: data})
    return ExportedFiles(osu_path, osz_paths[0] if osz_paths else None)


@dataclass(frozen=True, slots=True)
class MapsetFiles:
    """Written files: an .osz, or the .osu files on request."""

    osz_path: Path | None
    osu_paths: list[Path]


def export_mapset(request: GenerationRequest, maps: Sequence[Beatmap], names: Sequence[str]) -> MapsetFiles:
    """Write difficulties of one song without replacing existing files.

    They become one .osz or the .osu files. `names` are their names. Raises as `export` does; then nothing of the mapset
    is left in the folder.
    """
    song, texts = _Song(request), {}
    for beatmap, name in zip(maps, names, strict=True):
        data = song.encode(beatmap, replace(request, map=replace(request.map, version=name)), 0.0)
        texts[osu_file_name(beatmap.metadata)] = data
    folder = make_folder(request.output.output_path)
    if request.output.export_osz:
        (osz_path,) = _claim_paths(folder, osz_file_name(maps[0].metadata))
        _write({osz_path: {**song.files, **texts}})
        return MapsetFiles(osz_path, [])
    written: list[Path] = []
    try:
        for name, data in texts.items():
            (path,) = _claim_paths(folder, name)
            _write({path: data})
            written.append(path)
    except BaseException:
        _remove(written)
        raise
    return MapsetFiles(None, written)


class _Song:
    """Common part of a request's maps: tags, names, other .osz files."""

    def __init__(self, request: GenerationRequest) -> None:
        audio_path, background = request.song.audio_path, request.song.background
        assert audio_path is not None, "a map without a song cannot be exported"
        self.tags, self.audio_name = read_tags(audio_path), audio_path.name
        self.background = "" if background is None else f"bg.{picture_suffix(background)}"
        self.files: dict[str, bytes | Path] = {self.background: background} if background else {}
        if request.output.export_osz:
            audio = prepare_audio(audio_path)
            self.audio_name, self.files[audio.file_name] = audio.file_name, audio.content

    def encode(self, beatmap: Beatmap, request: GenerationRequest, star_rating: float) -> bytes:
        """Return a map of the song, with its metadata filled in."""
        beatmap.metadata = metadata_of(request, beatmap, self.tags, star_rating)
        if request.song.preview_time_ms is not None:
            beatmap.preview_time_ms = float(request.song.preview_time_ms)
        beatmap.audio_filename, beatmap.background = self.audio_name, self.background or beatmap.background
        return _encode(beatmap)


def write_into_reference(request: GenerationRequest, beatmap: Beatmap) -> ExportedFiles:
    """Write the requested part of a map into its reference.

    The result is a copy of the file, or the file itself. Outside the part every byte stays. An overwritten file is kept
    with `.bak` after its name.
    """
    scope, reference = request.scope, request.song.beatmap_path
    assert reference is not None, "there is no reference beatmap"
    old = reference.read_bytes()
    data = splice(old, beatmap, span_of(scope))
    if not scope.overwrite_reference_beatmap:
        folder = make_folder(request.output.output_path)
        (path,) = _claim_paths(folder, reference.name)
        _write({path: data})
        return ExportedFiles(path, None)
    kept = _free_backup(reference)
    with temporary_beside(kept) as file:
        file.write(old)
    with temporary_beside(reference) as file:
        file.write(data)
    return ExportedFiles(reference, None)


def span_of(scope: ScopeOptions) -> Span:
    """Return the requested part of the song."""
    end_ms = math.inf if scope.end_time_ms is None else float(scope.end_time_ms)
    return Span(-math.inf if scope.start_time_ms is None else float(scope.start_time_ms), end_ms)


def _free_backup(path: Path) -> Path:
    """Return a path for a backup of the file, unused so far."""
    for number in range(1, MAX_NUMBERED):
        kept = path.with_name(f"{path.name}.bak" if number == 1 else f"{path.name}.{number}.bak")
        if not kept.exists():
            return kept
    raise RequestError(f"There are too many backups of {path.name}.")


def _write(contents: Mapping[Path, bytes | dict[str, bytes | Path]]) -> None:
    """Write maps and archives into claimed places, or release these.

    Archives consist of files by name.
    """
    try:
        for path, content in contents.items():
            if isinstance(content, dict):
                write_osz(path, content)
            else:
                with temporary_beside(path) as file:
                    file.write(content)
    except BaseException:
        _remove(contents)
        raise


def _encode(beatmap: Beatmap) -> bytes:
    return write_beatmap(beatmap, whole=True).encode("utf-8", errors="replace")


def claim_file(folder: Path, name: str) -> Path:
    """Return the place of a new file, numbered if necessary."""
    return _claim_paths(folder, name)[0]


def make_folder(folder: Path) -> Path:
    """Return a folder for results, made if it is missing. Raises RequestError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RequestError(f"output_path cannot be created: {folder} ({error.strerror or error}).") from error
    return folder


def _claim_paths(folder: Path, *names: str) -> list[Path]:
    """Return free paths for files: their names, or the first free number.

    Empty files reserve the places, since other runs may be looking for names in this folder at the same moment.
    """
    for number in range(1, MAX_NUMBERED):
        paths = [folder / _number_name(name, number) for name in names]
        if _claim(paths):
            return paths
    raise RequestError(f"output_path is full of maps of this song: {folder}.")


def _claim(paths: Sequence[Path]) -> bool:
    for number, path in enumerate(paths):
        try:
            path.touch(exist_ok=False)
        except OSError as error:
            _remove(paths[:number])
            if isinstance(error, FileExistsError):
                return False
            raise BeatmapError(f"{path} cannot be written: {error.strerror or error}.") from None
    return True


def _remove(paths: Iterable[Path]) -> None:
    for path in paths:
        path.unlink(missing_ok=True)


def _number_name(name: str, number: int) -> str:
    stem, _, suffix = name.rpartition(".")
    return name if number == 1 else f"{stem} ({number}).{suffix}"
