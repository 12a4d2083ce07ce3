"""What a user can ask of a server: flat options -> a checked request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from hydra.core.config_store import ConfigStore

from pipeline.request.option_values import Number, OneOf, WholeNumber, option, path, read_options
from serving.session import default_path


@dataclass(frozen=True, slots=True)
class ServingOptions:
    """Fields are named as their options. Where empty, `session_file` is where clients look by themselves."""

    command: str = "serve"
    session_file: Path | None = None
    port: int = 0
    max_requests: int = 4
    idle_minutes: float | None = None

    @property
    def session_path(self) -> Path:
        return default_path() if self.session_file is None else self.session_file.absolute()


@dataclass
class ServeOptions:
    """Options of serve.py as users type them; `configs/serve.yaml` explains each."""

    command: str = option(OneOf(("serve", "status", "stop")), "serve")
    max_requests: int = option(WholeNumber(1, 64), 4)
    idle_minutes: float | None = option(Number(0.01, 1_000_000))
    port: int = option(WholeNumber(0, 65_535), 0)
    session_file: str | None = option(path)


ConfigStore.instance().store("serve_options", ServeOptions)


def resolve_serving(flat: Mapping[str, object]) -> ServingOptions:
    """Reads and checks the options of a server; raises RequestError with one sentence."""
    return ServingOptions(**read_options(ServeOptions, flat))
