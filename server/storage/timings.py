"""Timings of songs by audio content: predictions and changes of a user.

A song has a folder, named by its id:

- `analysis-*.json`: the prediction of this version of the program, see `server.processing.actions.time_song`.
- `*.osu`: timing-only maps that were kept for it; jobs may still refer to earlier ones.
- `kept.json`: name of the one that its maps are made on.
- `audio.json`: path of the audio file.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from osu_beatmap.beatmap import Beatmap, GameMode, TimingPoint
from osu_beatmap.files.reader import read_beatmap
from osu_beatmap.files.writer import write_beatmap, write_text
from pipeline.request.options import RequestError
from server.session import program_stamp

KEPT_FILE, AUDIO_FILE = "kept.json", "audio.json"
ID_CHARS = 32


class Timings:
    """Timings of all songs in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        # Another version may predict another timing.
        self._analysis_name = f"analysis-{program_stamp()[:ID_CHARS]}.json"

    def analysis_file(self, song: str) -> Path:
        """Return the place of a song's prediction.

        Raises RequestError for an invalid id of a song.
        """
        return self._place(song) / self._analysis_name

    def analysis(self, song: str) -> dict[str, Any] | None:
        """Return the prediction of a song; None if it was not analysed."""
        return _read(self.analysis_file(song))

    def add(self, audio: Path) -> str:
        """Return the id of a song, and make its audio file playable."""
        song = song_id(audio)
        place = self._place(song)
        place.mkdir(exist_ok=True)
        for path in place.glob("analysis-*.json"):
            if path.name != self._analysis_name:
                path.unlink(missing_ok=True)
        write_text(place / AUDIO_FILE, json.dumps(str(audio.absolute())))
        return song

    def audio(self, song: str) -> Path | None:
        """Return the audio file of a song, or None if it changed."""
        named = _read(self._place(song) / AUDIO_FILE)
        path = None if named is None else Path(named)
        return path if path is not None and path.is_file() and song_id(path) == song else None

    def keep(self, song: str, lines: Sequence[TimingPoint]) -> dict[str, str]:
        """Store red lines for the maps of a song.

        Returns the reference that stands for them in options.
        """
        text = write_beatmap(Beatmap(mode=GameMode.STANDARD, timing_points=list(lines)))
        name = f"{hashlib.sha256(text.encode()).hexdigest()[:ID_CHARS]}.osu"
        place = self._place(song)
        if not place.is_dir():
            raise RequestError("There is no such song.")
        write_text(place / name, text)
        write_text(place / KEPT_FILE, json.dumps(name))
        return {"timing": song, "file": name}

    def find_stored(self, song: str) -> dict[str, Any] | None:
        """Return a song's stored reference and red lines, or None."""
        name = _read(self._place(song) / KEPT_FILE)
        if name is None:
            return None
        ref = {"timing": song, "file": name}
        lines = read_beatmap(self.find(song, name)).timing_points
        return {"ref": ref, "lines": [shown_line(line) for line in lines if line.uninherited]}

    def forget(self, song: str) -> None:
        """Go back to the prediction; maps that jobs refer to stay."""
        (self._place(song) / KEPT_FILE).unlink(missing_ok=True)

    def find(self, song: str, name: str) -> Path:
        """Return the timing-only map of a reference.

        Raises RequestError if there is none.
        """
        for path in self._place(song).glob("*.osu"):
            if path.name == name:
                return path
        raise RequestError("The saved timing no longer exists; open the timing of the song again.")

    def _place(self, song: str) -> Path:
        if len(song) != ID_CHARS or not set(song) <= set("0123456789abcdef"):
            raise RequestError("There is no such song.")
        return self.folder / song


def song_id(path: Path) -> str:
    """Return a name for the content of an audio file.

    Raises RequestError if it cannot be read.
    """
    try:
        state = path.stat()
        return _hash_of(path, state.st_size, state.st_mtime_ns)
    except OSError as error:
        raise RequestError(f"audio_path cannot be read: {error.strerror or error}.") from error


def shown_line(line: TimingPoint) -> dict[str, float]:
    """Return a red line as the API shows it."""
    return {"time_ms": line.time_ms, "bpm": round(line.bpm, 6), "meter": line.meter}


@lru_cache(maxsize=64)
def _hash_of(path: Path, size: int, modified_ns: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:ID_CHARS]


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
