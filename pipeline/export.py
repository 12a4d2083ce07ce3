"""Finished map -> files: the .osu in the output folder, and beside it the .osz that osu! imports."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from osu_beatmap.archive import write_osz
from osu_beatmap.errors import BeatmapError
from osu_beatmap.file_names import osu_file_name, osz_file_name
from osu_beatmap.model import Beatmap
from osu_beatmap.writer import temporary_beside, write_beatmap
from osuT5.audio import read_tags
from pipeline.audio_export import prepare_audio
from pipeline.input_files import picture_suffix
from pipeline.map_metadata import metadata_of
from pipeline.options import GenerationRequest, RequestError

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
    else:
        # Such a map is put beside the song by hand.
        beatmap.audio_filename = audio_path.name
    data = write_beatmap(beatmap).encode("utf-8", errors="replace")
    osu_name = osu_file_name(beatmap.metadata)
    files[osu_name] = data
    folder = _made_folder(request.output.output_path)
    osz_name = osz_file_name(beatmap.metadata) if request.output.export_osz else None
    paths = _claimed_paths(folder, osu_name, osz_name)
    try:
        if paths.osz_path is not None:
            write_osz(paths.osz_path, files)
        with temporary_beside(paths.osu_path) as file:
            file.write(data)
    except BaseException:
        _give_up(paths)
        raise
    return paths


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
