"""Session file of a server: its address and token.

It is for processes of the same user.
"""

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
from urllib.parse import urlsplit

from paths import REPO_ROOT
from pipeline.request.options import RequestError

FOLDER_NAME = "osu-mapper"
MAX_FILE_BYTES = 10_000
SAME_START_S = 1.0
"""Tolerance of the start time of a process, which some systems round."""

PROGRAM_FOLDERS = (
    *("feedback", "osu_beatmap", "beat_tracking", "model_files", "osuT5", "osu_diffusion", "parity", "pipeline"),
    *("modding", "server", "models", "datasets"),
)
"""Folders that determine the map of a request, or the API."""


@dataclass(frozen=True, slots=True)
class Session:
    """A running server.

    Attributes:
        address: `http://HOST:PORT`, without the token.
        token: What every request must have.
        pid: The process of the server, and `created_s`, the time at which it began.
        program: `program_stamp()` at the start of the server.
    """

    address: str
    token: str
    pid: int
    created_s: float
    program: str

    @classmethod
    def new(cls, address: str, token: str) -> Session:
        import psutil

        own = psutil.Process()
        return cls(address, token, own.pid, own.create_time(), program_stamp())

    def is_alive(self) -> bool:
        """Return whether the process still exists.

        Another process on its port must not get the token.
        """
        import psutil

        try:
            return abs(psutil.Process(self.pid).create_time() - self.created_s) < SAME_START_S
        except psutil.Error:
            return False


def default_path() -> Path:
    """Return the session file in a folder of the user.

    It is that of the login session, else the cache.
    """
    home = Path.home()
    # Several machines may share the cache.
    name = f"server-{re.sub(r'[^A-Za-z0-9.-]', '-', platform.node())}.json"
    if os.name == "nt":
        return Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local") / FOLDER_NAME / name
    given = os.environ.get("XDG_RUNTIME_DIR") or os.environ.get("XDG_CACHE_HOME")
    return Path(given or home / ".cache") / FOLDER_NAME / name


def program_stamp() -> str:
    """Return a hash of the program's files.

    A new program does not use an old server.
    """
    stamp = sha256()
    for name in PROGRAM_FOLDERS:
        for path in sorted((REPO_ROOT / name).rglob("*")):
            if path.is_file() and path.suffix != ".pyc":
                found = path.stat()
                stamp.update(f"{path.relative_to(REPO_ROOT)} {found.st_size} {found.st_mtime_ns}\n".encode())
    return stamp.hexdigest()


def write_session(session: Session, path: Path) -> None:
    """Write a session that only the user can read.

    Raises:
        RequestError: The file cannot be written.
    """
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
    """Read a session; return None if there is no file.

    Raises:
        RequestError: The file cannot be trusted or read.
    """
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
        place = urlsplit(session.address)
        if place.scheme != "http" or not place.hostname or not place.port or not int(session.pid) > 0:
            raise ValueError(session.address)
    except (ValueError, TypeError, AttributeError) as error:
        raise RequestError(f"{path} does not describe a server; delete it.") from error
    return session


def running_session(path: Path) -> Session | None:
    """Return the session of a running server, or None."""
    try:
        session = read_session(path)
    except RequestError:
        return None
    return session if session is not None and session.is_alive() else None


def remove_session(session: Session, path: Path) -> None:
    """Remove the file if it is still that of this session."""
    try:
        if read_session(path) == session:
            path.unlink(missing_ok=True)
    except (RequestError, OSError):
        pass  # that of another server by now


def _check_private(path: Path, found: os.stat_result) -> None:
    """Check the owner of a file.

    On Windows the user's folder is private.
    """
    if not stat.S_ISREG(found.st_mode):
        raise RequestError(f"{path} is not a file.")
    if os.name == "posix" and (found.st_uid != os.getuid() or found.st_mode & 0o077):
        raise RequestError(f"{path} could have been read or written by others, so it is not used; delete it.")
