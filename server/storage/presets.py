"""Options under a name, kept for the next song."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

from osu_beatmap.files.writer import write_text
from pipeline.request.inference_options import READERS
from pipeline.request.options import RequestError, unknown_option

FILE_NAME = "presets.json"
MAX_PRESETS = 100
MAX_NAME_CHARS = 80
OF_ONE_SONG = ("audio_path", "beatmap_path", "background", "title", "title_unicode", "artist", "artist_unicode",
               "preview_time", "start_time", "end_time")  # fmt: skip
"""Options that the next song has others of."""


class Presets:
    """All presets, in one file."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE_NAME
        self._lock = threading.Lock()

    def all(self) -> dict[str, dict[str, Any]]:
        try:
            return json.loads(self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}

    def put(self, name: str, options: dict[str, Any]) -> None:
        """Store options under a name, replacing any others there.

        Raises RequestError.
        """
        name = name.strip()
        if not name or len(name) > MAX_NAME_CHARS or not name.isprintable():
            raise RequestError(f"A preset needs a name of at most {MAX_NAME_CHARS} characters.")
        options = {option: value for option, value in options.items() if option not in OF_ONE_SONG}
        for option, value in options.items():
            if option not in READERS:
                raise RequestError(unknown_option(option, READERS))
            if isinstance(value, dict):
                raise RequestError(f"{option} cannot be a file.")
        with self._lock:
            presets = self.all()
            presets[name] = options
            if len(presets) > MAX_PRESETS:
                raise RequestError(f"There are {MAX_PRESETS} presets already.")
            self._write(presets)

    def remove(self, name: str) -> bool:
        """Remove a preset; return whether it existed."""
        with self._lock:
            presets = self.all()
            found = presets.pop(name, None) is not None
            if found:
                self._write(presets)
            return found

    def _write(self, presets: dict[str, Any]) -> None:
        write_text(self._path, json.dumps(presets, ensure_ascii=False, indent=1))
