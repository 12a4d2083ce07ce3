"""What a user can ask of a server: flat options -> a checked request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pipeline.request.option_values import Number, OneOf, Reader, WholeNumber, is_absent, path
from pipeline.request.options import RequestError, unknown_option
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


READERS: dict[str, Reader] = {
    "command": OneOf(("serve", "status", "stop")),
    "session_file": path,
    "port": WholeNumber(0, 65_535),
    "max_requests": WholeNumber(1, 64),
    "idle_minutes": Number(0.01, 1e6),
}


def resolve_serving(flat: Mapping[str, object]) -> ServingOptions:
    """Reads and checks the options of a server; raises RequestError with one sentence."""
    for name in flat:
        if name not in READERS:
            raise RequestError(unknown_option(name, READERS))
    return ServingOptions(**{name: READERS[name](name, raw) for name, raw in flat.items() if not is_absent(raw)})
