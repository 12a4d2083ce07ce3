"""The file by which processes of one user find the server, and which nobody else may read: its port and its secret."""

from __future__ import annotations

import json
import os
import platform
import re
import secrets
import stat
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path

from paths import REPO_ROOT
from pipeline.request.options import RequestError
from serving.wire import SECRET_BYTES

FOLDER_NAME = "osu-mapper"
MAX_FILE_BYTES = 10_000

PROGRAM_FOLDERS = (
    *("feedback", "osu_beatmap", "beat_tracking", "model_files", "osuT5", "osu_diffusion", "parity", "pipeline"),
    *("serving", "models", "datasets"),
)
"""Folders that determine the map of a request, or the protocol."""


@dataclass(frozen=True, slots=True)
class Session:
    """A server at 127.0.0.1. program: what `program_stamp` said when it started"""

    port: int
    secret: str
    pid: int
    program: str

    @classmethod
    def new(cls, port: int) -> Session:
        return cls(port, secrets.token_hex(SECRET_BYTES), os.getpid(), program_stamp())


def default_path() -> Path:
    """In a folder of the user's own: that of the login session, else the cache, which several machines may share."""
    home = Path.home()
    name = f"server-{re.sub(r'[^A-Za-z0-9.-]', '-', platform.node())}.json"
    if os.name == "nt":
        return Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local") / FOLDER_NAME / name
    given = os.environ.get("XDG_RUNTIME_DIR") or os.environ.get("XDG_CACHE_HOME")
    return Path(given or home / ".cache") / FOLDER_NAME / name


def program_stamp() -> str:
    """Changes with any file that the program runs on, so that an old server is not asked by a new program."""
    stamp = sha256()
    for name in PROGRAM_FOLDERS:
        for path in sorted((REPO_ROOT / name).rglob("*")):
            if path.is_file() and path.suffix != ".pyc":
                found = path.stat()
                stamp.update(f"{path.relative_to(REPO_ROOT)} {found.st_size} {found.st_mtime_ns}\n".encode())
    return stamp.hexdigest()


def write_session(session: Session, path: Path) -> None:
    """Raises RequestError where the file cannot be written."""
    temporary = path.with_name(f".{secrets.token_hex(8)}.part")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            json.dump(asdict(session), file)
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise RequestError(f"The session cannot be written to {path}: {error.strerror or error}.") from error


def read_session(path: Path) -> Session | None:
    """None where there is no such file; raises RequestError for one that cannot be trusted or read."""
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise RequestError(f"{path} cannot be read: {error.strerror or error}.") from error
    with os.fdopen(handle, "rb") as file:
        _check_private(path, os.fstat(handle))
        text = file.read(MAX_FILE_BYTES)
    try:
        session = Session(**json.loads(text))
        if not 0 < int(session.port) < 1 << 16:
            raise ValueError(session.port)
    except (ValueError, TypeError) as error:
        raise RequestError(f"{path} does not describe a server; delete it.") from error
    return session


def remove_session(session: Session, path: Path) -> None:
    """Removes the file if it is still that of this session."""
    try:
        if read_session(path) == session:
            path.unlink(missing_ok=True)
    except (RequestError, OSError):
        pass  # somebody else's by now


def _check_private(path: Path, found: os.stat_result) -> None:
    """Windows keeps the user's folder from others by itself."""
    if not stat.S_ISREG(found.st_mode):
        raise RequestError(f"{path} is no file.")
    if os.name == "posix" and (found.st_uid != os.getuid() or found.st_mode & 0o077):
        raise RequestError(f"{path} could have been read or written by others, so it is not used; delete it.")
