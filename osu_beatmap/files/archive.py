"""Mapset archives (.osz, which are zip files): reading and writing.

Archives are untrusted. Reading keeps no file open, writes nothing to a disk unless told to, and stops at the given
limits, whatever sizes the archive states. Writing gives the same bytes for the same inputs.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from osu_beatmap.beatmap import Beatmap
from osu_beatmap.errors import BeatmapError
from osu_beatmap.files.file_names import legal_file_name, osu_file_name, safe_archive_name
from osu_beatmap.files.named_files import match_name, name_key
from osu_beatmap.files.reader import MAX_FILE_BYTES, decode_osu_bytes, parse_beatmap
from osu_beatmap.files.writer import temporary_beside

BEATMAP_SUFFIX = ".osu"
# Archives of macOS hold a file of such data for each of their files.
RESOURCE_FORKS = "__MACOSX/"
ZIP_ENCODING = "cp437"
UTF8_FLAG = 0x800
# Of osu! stable on Windows in Japanese, Korean, Chinese, the zip standard, and Russian; of equals the first is taken.
CODE_PAGES = ("cp932", "cp949", "cp936", "cp437", "cp1251")
DEFAULT_CODE_PAGE = ZIP_ENCODING
# The earliest time that a zip file can hold, in place of the clock's.
ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)
# Text only: audio, pictures and videos are compressed already and stay byte for byte findable.
DEFLATED_SUFFIXES = frozenset({".osu", ".osb", ".txt", ".ini"})
CHUNK_BYTES = 1 << 20
ZIP64_FROM_BYTES = 1 << 31

# What damaged, encrypted or exotic archives make the zipfile module raise.
_ZIP_ERRORS = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, ValueError)


@dataclass(frozen=True, slots=True)
class OszLimits:
    """Limits of an unpacked archive; real mapsets stay far below."""

    max_files: int = 10_000
    max_file_bytes: int = 1 << 30
    max_beatmap_bytes: int = MAX_FILE_BYTES
    max_total_bytes: int = 4 << 30


DEFAULT_LIMITS = OszLimits()


@dataclass(slots=True)
class Osz:
    """Beatmaps of an archive, and the names of its other files.

    The bytes of the other files are read on demand.

    Names have forward slashes and are safe to join to a folder. If all beatmaps are in one folder of the archive, names
    are relative to it. `warnings` has one sentence for each beatmap that did not read or did so only in part.
    """

    path: Path
    beatmaps: dict[str, Beatmap] = field(default_factory=dict)
    other_files: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    limits: OszLimits = DEFAULT_LIMITS
    _entries: dict[str, str] = field(default_factory=dict, repr=False)

    def find(self, name: str, beatmap: str = "") -> str | None:
        """Return the spelling of a name in the archive.

        The folder of `beatmap` is searched first; see `named_files`.
        """
        folder = beatmap.rpartition("/")[0]
        beside = match_name(f"{folder}/{name}", self._entries) if folder else None
        return beside or match_name(name, self._entries)

    def _find_existing(self, name: str) -> str:
        known = self.find(name)
        if known is None:
            raise BeatmapError(f"{self.path.name} has no file {name!r}.")
        return known

    def read_bytes(self, name: str) -> bytes:
        """Return the bytes of a file.

        Raises:
            BeatmapError: It is missing, damaged or larger than `limits.max_file_bytes`.
        """
        known = self._find_existing(name)
        with _open_zip(self.path) as archive:
            return b"".join(_chunks(archive, self._entries[known], self.limits.max_file_bytes))

    def extract(self, name: str, folder: str | Path) -> Path:
        """Write a file to `folder` under its own name; return its path.

        The name is the last part of its path, made legal.

        Raises:
            BeatmapError: It cannot be read or written.
        """
        known = self._find_existing(name)
        target = Path(folder) / legal_file_name(PurePosixPath(known).name)
        with _open_zip(self.path) as archive, temporary_beside(target) as file:
            for chunk in _chunks(archive, self._entries[known], self.limits.max_file_bytes):
                file.write(chunk)
        return target

    def extract_maps(self, folder: Path) -> list[str]:
        """Write the beatmaps with their audio and backgrounds.

        Return the names of the written files.
        """
        wanted = dict.fromkeys(self.beatmaps)
        for stored, beatmap in self.beatmaps.items():
            for other in (beatmap.audio_filename, beatmap.background):
                known = self.find(other, stored)
                if known is not None:
                    wanted[known] = None
        return list(dict.fromkeys(self.extract(name, folder).name for name in wanted))


def read_osz(path: str | Path, limits: OszLimits = DEFAULT_LIMITS) -> Osz:
    """Open an archive and read its beatmaps.

    One broken beatmap among others is a warning.

    Raises:
        BeatmapError: The file is not a zip file, an entry points outside the mapset's folder, a size exceeds the
            limits, or no beatmap is readable.
    """
    path = Path(path)
    osz = Osz(path, limits=limits)
    with _open_zip(path) as archive:
        entries = [entry for entry in archive.infolist() if not entry.is_dir()]
        if len(entries) > limits.max_files:
            raise BeatmapError(f"{path.name} holds {len(entries)} files, more than the {limits.max_files} allowed.")
        if sum(entry.file_size for entry in entries) > limits.max_total_bytes:
            raise BeatmapError(f"{path.name} unpacks to more than {limits.max_total_bytes >> 20} MiB.")
        osz._entries = _entry_names(archive, entries, limits)
        left_bytes = limits.max_beatmap_bytes
        for name in osz._entries:
            if _is_beatmap(name):
                left_bytes -= _read_beatmap_entry(osz, archive, name, left_bytes)
            else:
                osz.other_files.append(name)
    if not osz.beatmaps:
        reason = f": {osz.warnings[0]}" if osz.warnings else "."
        raise BeatmapError(f"{path.name} holds no readable beatmap{reason}")
    return osz


def _entry_names(archive: zipfile.ZipFile, entries: Sequence[zipfile.ZipInfo], limits: OszLimits) -> dict[str, str]:
    """Map safe names of an archive's files to their names in zipfile.

    Safe names are relative to the folder of the beatmaps.
    """
    code_page = _code_page(archive, entries, limits)
    own = {entry.filename: safe_archive_name(_decode_name(entry, code_page)) for entry in entries}
    own = {entry: name for entry, name in own.items() if name and not name.startswith(RESOURCE_FORKS)}
    folders = {name.rpartition("/")[0] for name in own.values() if _is_beatmap(name)}
    prefix = f"{folders.pop()}/" if len(folders) == 1 else ""
    # Files of the beatmaps' folder last, so that they win over others of their name.
    in_order = sorted(own.items(), key=lambda item: item[1].startswith(prefix))
    return {name.removeprefix(prefix): entry for entry, name in in_order}


def _code_page(archive: zipfile.ZipFile, entries: Sequence[zipfile.ZipInfo], limits: OszLimits) -> str:
    """Return the code page of names that are not UTF-8.

    In it, most files that the beatmaps name exist.
    """
    if all(_decode_name(entry, "") for entry in entries):
        return DEFAULT_CODE_PAGE
    wanted: set[str] = set()
    left_bytes = limits.max_beatmap_bytes
    for entry in entries:
        if _is_beatmap(entry.filename):
            data = b"".join(_chunks(archive, entry.filename, left_bytes))
            left_bytes -= len(data)
            try:
                beatmap = parse_beatmap(decode_osu_bytes(data), entry.filename)
            except BeatmapError:
                continue
            named = (beatmap.audio_filename, beatmap.background, osu_file_name(beatmap.metadata))
            wanted |= {name_key(PurePosixPath(name).name) for name in named if name}

    def found(code_page: str) -> int:
        names = [_decode_name(entry, code_page) for entry in entries]
        return len(wanted & {name_key(name).rpartition("/")[2] for name in names}) if all(names) else -1

    return max(CODE_PAGES, key=found)


def _decode_name(entry: zipfile.ZipInfo, code_page: str) -> str:
    """Return an entry's name; empty if it cannot be decoded.

    It is UTF-8 or text of the code page.
    """
    name = entry.orig_filename.partition("\0")[0]
    if entry.flag_bits & UTF8_FLAG:
        return name
    raw = name.encode(ZIP_ENCODING)
    for encoding in ("utf-8", code_page):
        with suppress(UnicodeDecodeError, LookupError):
            return raw.decode(encoding)
    return ""


def _is_beatmap(name: str) -> bool:
    return PurePosixPath(name).suffix.lower() == BEATMAP_SUFFIX


def _read_beatmap_entry(osz: Osz, archive: zipfile.ZipFile, name: str, left_bytes: int) -> int:
    """Read one beatmap into `osz`; return its size in bytes."""
    data = b"".join(_chunks(archive, osz._entries[name], left_bytes))
    warnings: list[str] = []
    try:
        osz.beatmaps[name] = parse_beatmap(decode_osu_bytes(data), PurePosixPath(name).name, warnings)
    except BeatmapError as error:
        osz.warnings.append(str(error))
    else:
        osz.warnings += [f"{name}: {warning}" for warning in warnings]
    return len(data)


@contextmanager
def _open_zip(path: Path) -> Iterator[zipfile.ZipFile]:
    """Open a zip file; errors of the zipfile module become BeatmapError."""
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except BeatmapError:
        raise
    except _ZIP_ERRORS as error:
        if isinstance(error, OSError) and error.strerror:
            raise BeatmapError(f"{path} cannot be read: {error.strerror}.") from None
        raise BeatmapError(f"{path.name} is not a readable .osz archive: {str(error).rstrip('.')}.") from None


def _chunks(archive: zipfile.ZipFile, entry: str, max_bytes: int) -> Iterator[bytes]:
    """Yield an entry's bytes and count them.

    The size that an archive states may be wrong.
    """
    total = 0
    with archive.open(entry) as file:
        while chunk := file.read(CHUNK_BYTES):
            total += len(chunk)
            if total > max_bytes:
                raise BeatmapError(f"The archive entry {entry!r} unpacks to more than {max_bytes} bytes.")
            yield chunk


def write_osz(path: str | Path, files: Mapping[str, bytes | Path]) -> None:
    """Write an archive of files by name; raise BeatmapError on failure.

    Each file is given as bytes or by path. The bytes depend on names and contents only. Everything but text is stored
    uncompressed, byte-identical.
    """
    path = Path(path)
    names = {name: safe_archive_name(name) for name in sorted(files)}
    if "" in names.values() or len({name.casefold() for name in names.values()}) < len(names):
        raise BeatmapError(f"{path.name} would hold two files of one name, or one without a name.")
    with temporary_beside(path) as output, zipfile.ZipFile(output, "w") as archive:
        for name, safe_name in names.items():
            _add_entry(archive, safe_name, files[name])


def _add_entry(archive: zipfile.ZipFile, name: str, content: bytes | Path) -> None:
    entry = zipfile.ZipInfo(name, ZIP_EPOCH)
    # Both would otherwise tell the operating system that wrote the archive.
    entry.create_system = 3
    entry.external_attr = 0o644 << 16
    deflate = PurePosixPath(name).suffix.lower() in DEFLATED_SUFFIXES
    entry.compress_type = zipfile.ZIP_DEFLATED if deflate else zipfile.ZIP_STORED
    if isinstance(content, bytes):
        archive.writestr(entry, content)
        return
    try:
        source = content.open("rb")
    except OSError as error:
        raise BeatmapError(f"{content} cannot be read: {error.strerror or error}.") from None
    with source, archive.open(entry, "w", force_zip64=content.stat().st_size >= ZIP64_FROM_BYTES) as target:
        while chunk := source.read(CHUNK_BYTES):
            target.write(chunk)
