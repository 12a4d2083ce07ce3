"""JSON objects out of files that may be anything."""

from __future__ import annotations

import json
from pathlib import Path

from model_files.errors import ModelError

MAX_BYTES = 256 << 20


def read_json_object(path: Path) -> dict:
    """Read the JSON object in a file.

    Raises:
        ModelError: It is missing, damaged or not an object.
    """
    if not path.is_file():
        raise ModelError(f"{path.parent} lacks {path.name}.")
    try:
        is_too_large = path.stat().st_size > MAX_BYTES
        data = None if is_too_large else json.loads(path.read_bytes().decode("utf-8"))
    except OSError as error:
        raise ModelError(f"{path} cannot be read ({error.strerror or error}).") from error
    except (ValueError, RecursionError) as error:
        raise ModelError(f"{path} is damaged or not JSON.") from error
    if is_too_large:
        raise ModelError(f"{path} is too large for a file of this kind.")
    if not isinstance(data, dict):
        raise ModelError(f"{path} holds no JSON object.")
    return data
