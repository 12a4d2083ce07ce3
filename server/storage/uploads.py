"""Uploaded files: limited in size, identified by content, in separate folders.

The page shows the name that comes with a file. On disk it is a last name made legal, in a folder with a generated name.
A file is looked up in a list, and no path is ever made from a request.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from feedback.errors import UserError
from osu_beatmap.beatmap import Beatmap, GameMode
from osu_beatmap.errors import BeatmapError
from osu_beatmap.files.archive import OszLimits, read_osz
from osu_beatmap.files.file_names import legal_file_name
from osu_beatmap.files.reader import read_beatmap
from osu_beatmap.files.writer import write_text
from osu_beatmap.star_rating import star_rating
from pipeline.request.input_files import MAX_PICTURE_BYTES, picture_suffix
from pipeline.request.options import RequestError
from server.storage.jobs import new_id

RECORD_NAME = "upload.json"
FILES_FOLDER = "files"
MAX_BYTES = 256 << 20
MAX_BEATMAP_BYTES = 16 << 20
MAX_ALL_BYTES = 8 << 30
MAX_AGE_S = 24 * 3600.0
"""Uploads that no job refers to are dropped after a day."""

ARCHIVE_LIMITS = OszLimits(max_files=2000, max_file_bytes=MAX_BYTES, max_beatmap_bytes=MAX_BEATMAP_BYTES,
                           max_total_bytes=1 << 30)  # fmt: skip
MAX_NAME_BYTES = 180
FIRST_BYTES = 4096

AUDIO_SUFFIXES = (".mp3", ".ogg", ".opus", ".flac", ".wav", ".m4a", ".aac")
PICTURE_SUFFIXES = (".jpg", ".jpeg", ".png")
WRONG_KIND = "{name} is neither a song, a .osu or .osz, nor a .jpg or .png picture."


class UploadError(UserError):
    """Refused upload; the message is one sentence for the user."""

    def __init__(self, message: str, status: int = 415) -> None:
        super().__init__(message)
        self.status = status


@dataclass(slots=True)
class Upload:
    """One upload.

    `files`: the files that it became, by which requests may ask for them.
    """

    id: str
    kind: str
    name: str
    bytes: int
    files: list[str]
    maps: list[dict[str, Any]] = field(default_factory=list)
    audio: str | None = None
    created_s: float = field(default_factory=time.time)

    def describe(self) -> dict[str, Any]:
        """Return the data for the API, with references in place of names."""
        data = asdict(self)
        del data["files"]
        data["ref"] = self.ref(self.files[0])
        data["audio"] = None if self.audio is None else self.ref(self.audio)
        data["maps"] = [{**each, "ref": self.ref(each["name"])} for each in self.maps]
        return data

    def ref(self, name: str) -> dict[str, str]:
        return {"upload": self.id, "file": name}


class Uploads:
    """All uploads of a folder."""

    def __init__(self, folder: Path, max_bytes: int = MAX_BYTES) -> None:
        self.folder, self.max_bytes = folder, max_bytes
        folder.mkdir(parents=True, exist_ok=True)

    async def take(self, name: str, chunks: AsyncIterator[bytes]) -> Upload:
        """Write an upload and describe it.

        Raises:
            UploadError: It is refused; then nothing of it is left.
        """
        if sum(file.stat().st_size for file in self.folder.glob("*/*/*")) > MAX_ALL_BYTES:
            raise UploadError("The server's folder for uploads is full; dismiss some jobs.", 507)
        upload_id = new_id()
        folder = self.folder / upload_id
        (folder / FILES_FOLDER).mkdir(parents=True)
        try:
            arrived = folder / FILES_FOLDER / "arriving.part"
            size = await self._write(arrived, chunks)
            # Reading a large mapset takes a while, in which other requests are answered.
            from anyio.to_thread import run_sync

            return await run_sync(self._understood, upload_id, _plain_name(name), arrived, size)
        except (BeatmapError, RequestError) as error:
            shutil.rmtree(folder, ignore_errors=True)
            raise UploadError(str(error)) from error
        except OSError as error:
            shutil.rmtree(folder, ignore_errors=True)
            raise UploadError(f"The file cannot be saved: {error.strerror or error}.", 507) from error
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise

    def find(self, upload_id: str, name: str) -> Path:
        """Return the file of a reference.

        Raises RequestError.
        """
        for place in self.folder.iterdir():
            if place.name == upload_id:
                for known in _record(place).get("files", []):
                    if known == name:
                        return place / FILES_FOLDER / known
        raise RequestError("An uploaded file no longer exists; upload it again.")

    def drop_old(self, used: set[str]) -> None:
        """Remove old uploads without a job, and incomplete ones."""
        for place in self.folder.iterdir():
            created_s = _record(place).get("created_s", 0.0)
            if place.name not in used and time.time() - created_s > MAX_AGE_S:
                shutil.rmtree(place, ignore_errors=True)

    async def _write(self, target: Path, chunks: AsyncIterator[bytes]) -> int:
        size = 0
        with target.open("wb") as file:
            async for chunk in chunks:
                size += len(chunk)
                if size > self.max_bytes:
                    raise UploadError(f"Files may have {self.max_bytes >> 20} MiB at most.", 413)
                file.write(chunk)
        if not size:
            raise UploadError("The file is empty.")
        return size

    def _understood(self, upload_id: str, name: str, arrived: Path, size: int) -> Upload:
        kind, suffix = _kind(arrived, name)
        upload = _READERS[kind](upload_id, name, arrived, suffix)
        upload.bytes = size
        write_text(arrived.parent.parent / RECORD_NAME, json.dumps(asdict(upload), ensure_ascii=False))
        return upload


def describe_map(name: str, beatmap: Beatmap) -> dict[str, Any]:
    """Return a page's description of a map."""
    stars = 0.0
    with suppress(BeatmapError):
        stars = star_rating(beatmap)
    metadata = beatmap.metadata
    return {
        "name": name,
        "title": metadata.title_unicode or metadata.title,
        "artist": metadata.artist_unicode or metadata.artist,
        "version": metadata.version,
        "mode": beatmap.mode.value,
        "stars": round(stars, 2),
        "keys": beatmap.key_count if beatmap.mode is GameMode.MANIA else 0,
    }


def _kind(path: Path, name: str) -> tuple[str, str]:
    """Return a file's kind by content, and its suffix.

    Raises UploadError.
    """
    with path.open("rb") as file:
        start = file.read(FIRST_BYTES)
    given = PurePosixPath(name).suffix.lower()
    if start.startswith(b"PK\x03\x04"):
        return "mapset", ".osz"
    if start.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"osu file format v") or (
        given == ".osu" and start[:2] in (b"\xff\xfe", b"\xfe\xff")
    ):
        return "beatmap", ".osu"
    if start.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")):
        return "picture", given if given in PICTURE_SUFFIXES else ".png"
    if _is_audio(start):
        return "audio", given if given in AUDIO_SUFFIXES else ".audio"
    raise UploadError(WRONG_KIND.format(name=name))


def _is_audio(start: bytes) -> bool:
    """Return whether a file begins like a known audio format.

    Decoding shows whether it can be played.
    """
    return (
        start.startswith((b"ID3", b"OggS", b"fLaC"))
        or (start[:4] in (b"RIFF", b"RF64") and start[8:12] == b"WAVE")
        or start[4:8] == b"ftyp"
        or (len(start) > 1 and start[0] == 0xFF and start[1] & 0xE0 == 0xE0 and start[1] & 0x18 != 0x08)
    )


def _audio(upload_id: str, name: str, arrived: Path, suffix: str) -> Upload:
    kept = _rename_upload(arrived, name, suffix)
    return Upload(upload_id, "audio", name, 0, [kept], audio=kept)


def _picture(upload_id: str, name: str, arrived: Path, suffix: str) -> Upload:
    if arrived.stat().st_size > MAX_PICTURE_BYTES:
        raise UploadError(f"Pictures may have {MAX_PICTURE_BYTES >> 20} MiB at most.", 413)
    picture_suffix(arrived)
    return Upload(upload_id, "picture", name, 0, [_rename_upload(arrived, name, suffix)])


def _beatmap(upload_id: str, name: str, arrived: Path, suffix: str) -> Upload:
    if arrived.stat().st_size > MAX_BEATMAP_BYTES:
        raise UploadError(f"{name} is larger than {MAX_BEATMAP_BYTES >> 20} MiB, the limit for a beatmap.", 413)
    beatmap = read_beatmap(arrived)
    kept = _rename_upload(arrived, name, suffix)
    return Upload(upload_id, "beatmap", name, 0, [kept], maps=[describe_map(kept, beatmap)])


def _mapset(upload_id: str, name: str, arrived: Path, suffix: str) -> Upload:
    """Return the archive, and its maps with audio and backgrounds."""
    kept = _rename_upload(arrived, name, suffix)
    archive = read_osz(arrived.parent / kept, ARCHIVE_LIMITS)
    upload = Upload(upload_id, "mapset", name, 0, [kept])
    upload.files += archive.extract_maps(arrived.parent)
    for stored, beatmap in archive.beatmaps.items():
        legal = legal_file_name(PurePosixPath(stored).name)
        if legal in upload.files:
            upload.maps.append(describe_map(legal, beatmap))
        audio = archive.find(beatmap.audio_filename, stored)
        if audio is not None and not upload.audio:
            upload.audio = legal_file_name(PurePosixPath(audio).name)
    return upload


_READERS: dict[str, Callable[[str, str, Path, str], Upload]] = {
    "audio": _audio,
    "picture": _picture,
    "beatmap": _beatmap,
    "mapset": _mapset,
}


def _rename_upload(arrived: Path, name: str, suffix: str) -> str:
    """Rename an upload to its own name, made legal.

    The suffix follows from its content.
    """
    # File systems of Linux count bytes.
    stem = PurePosixPath(name).stem.encode("utf-8", "ignore")[:MAX_NAME_BYTES].decode("utf-8", "ignore")
    kept = legal_file_name(f"{stem}{suffix}")
    arrived.replace(arrived.with_name(kept))
    return kept


def _plain_name(name: str) -> str:
    """Return the last part of a name, with slashes of either kind."""
    return PurePosixPath(name.replace("\\", "/")).name.strip() or "file"


def _record(place: Path) -> dict[str, Any]:
    try:
        return json.loads((place / RECORD_NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
