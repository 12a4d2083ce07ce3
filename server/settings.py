"""Settings of the server: address, files, and readable folders."""

from __future__ import annotations

import ipaddress
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from hydra.core.config_store import ConfigStore

from pipeline.request.input_files import check_writable_folder
from pipeline.request.option_values import (
    Number,
    OneOf,
    WholeNumber,
    items,
    option,
    path,
    read_options,
    text,
    yes_or_no,
)
from pipeline.request.options import RequestError
from server.session import default_path

DEFAULT_FOLDER = Path("output") / "webui"
FOLDER_WITHOUT_PAGE = Path("output") / "server"
DEFAULT_PORT = 7270
TOKEN_BYTES = 24
TOKEN_FILE = "token"


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """Checked options of the server.

    folder    holds jobs, uploads, presets and the token
    hosts     names by which browsers may reach it, besides those of loopback: NAME or NAME:PORT
    folders   where files may be named by path; empty: anywhere on loopback, nowhere else
    max_jobs  how many jobs are at work at once
    idle_minutes  after how long without a job it ends; None: never
    session_file  where processes of the same user find it; None: where inference.py looks
    actions   the module with the table ACTIONS of what the worker can do
    """

    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    folder: Path = DEFAULT_FOLDER
    hosts: tuple[str, ...] = ()
    folders: tuple[Path, ...] = ()
    open_browser: bool = True
    max_jobs: int = 2
    idle_minutes: float | None = None
    session_file: Path | None = None
    actions: str = "server.processing.actions"

    @property
    def session_path(self) -> Path:
        return default_path() if self.session_file is None else self.session_file.absolute()

    @property
    def is_local(self) -> bool:
        """True if only this computer can reach the server."""
        return self.host == "localhost" or _is_loopback(self.host)

    def names(self) -> frozenset[str]:
        """Return the valid Host values of a browser, in lower case."""
        own = {name.lower() for name in ("127.0.0.1", "localhost", "[::1]")}
        if not self.is_local:
            own |= {name.lower() for name in self.hosts}
        with_port = {name if _has_port(name) else f"{name}:{self.port}" for name in own}
        # Browsers leave out the port that a scheme has anyway.
        return frozenset(with_port | ({name.partition(":")[0] for name in own} if self.port in (80, 443) else set()))


@dataclass
class WebOptions:
    """Options of web-ui.py as users type them; `configs/web_ui.yaml` explains each."""

    host: str = option(text, "127.0.0.1")
    port: int = option(WholeNumber(0, 65_535), DEFAULT_PORT)
    hosts: list[str] | None = option(items)
    open_browser: bool = option(yes_or_no, True)
    folder: str | None = option(path)
    folders: list[str] | None = option(items)
    max_jobs: int = option(WholeNumber(1, 64), 2)


@dataclass
class ServeOptions:
    """Options of serve.py as users type them; `configs/serve.yaml` explains each."""

    command: str = option(OneOf(("serve", "status", "stop")), "serve")
    max_jobs: int = option(WholeNumber(1, 64), 4)
    idle_minutes: float | None = option(Number(0.01, 1_000_000))
    port: int = option(WholeNumber(0, 65_535), 0)
    folder: str | None = option(path)
    session_file: str | None = option(path)


ConfigStore.instance().store("web_ui_options", WebOptions)
ConfigStore.instance().store("serve_options", ServeOptions)


def resolve_serving(flat: Mapping[str, object]) -> tuple[str, ServerSettings]:
    """Return the command of serve.py and its settings.

    Raises:
        RequestError: One sentence for the user.
    """
    given = {"port": 0, "max_jobs": 4, "folder": FOLDER_WITHOUT_PAGE} | read_options(ServeOptions, flat)
    command = given.pop("command", "serve")
    settings = ServerSettings(**given, open_browser=False)
    if command == "serve":
        check_writable_folder("folder", settings.folder)
    return command, settings


def resolve_settings(flat: Mapping[str, object]) -> ServerSettings:
    """Read and check the options of the server.

    Raises:
        RequestError: One sentence for the user.
    """
    given = read_options(WebOptions, flat)
    if "folders" in given:
        given["folders"] = tuple(path("folders", each) for each in given["folders"])
    settings = ServerSettings(**given)
    if not settings.is_local and not settings.hosts:
        raise RequestError(
            f"host={settings.host} lets other computers in: say with hosts=[NAME] by which name they reach this one."
        )
    for folder in settings.folders:
        if not folder.is_dir():
            raise RequestError(f"folders must list existing folders, got {folder}.")
    check_writable_folder("folder", settings.folder)
    return settings


def load_token(folder: Path) -> str:
    """Return the stored secret of pages and programs.

    It is stored so that an open page survives a restart of the server.
    """
    folder.mkdir(parents=True, exist_ok=True)
    place = folder / TOKEN_FILE
    try:
        token = place.read_text(encoding="ascii").strip()
        if len(token) >= TOKEN_BYTES:
            return token
        place.unlink()
    except (OSError, UnicodeDecodeError):
        place.unlink(missing_ok=True)
    token = secrets.token_urlsafe(TOKEN_BYTES)
    handle = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(token)
    return token


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _has_port(name: str) -> bool:
    return name.rpartition(":")[2].isdecimal() and not name.endswith("]")
