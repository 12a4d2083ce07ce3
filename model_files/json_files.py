"""JSON objects out of files that may be anything."""

from __future__ import annotations

import json
from pathlib import Path

from model_files.errors import ModelError

MAX_BYTES = 256 << 20


def read_json_object(path: Path) -> dict:
    """The JSON object in a file. Raises ModelError where it is missing, damaged or something else."""
    if not path.is_file():
        raise ModelError(f"{path.parent} lacks {path.name}.")
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ModelError(f"{path} is too large to be what its name says.")
        return parse_json_object(path.read_bytes(), str(path))
    except OSError as error:
        raise ModelError(f"{path} cannot be read ({error.strerror or error}).") from error


def parse_json_object(content: bytes, name: str) -> dict:
    """A JSON object; `name` is what the sentence calls it. Raises ModelError."""
    try:
        data = json.loads(content.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise ModelError(f"{name} is damaged or no JSON.") from error
    if not isinstance(data, dict):
        raise ModelError(f"{name} holds no JSON object.")
    return data
