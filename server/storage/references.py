"""References to files in a request: upload, job's map, or path.

{"upload": ID, "file": NAME}   a file of an upload
{"job": ID, "file": NAME}      a map of a job's result
{"timing": ID, "file": NAME}   red lines that are kept for a song
"/music/song.mp3"              a path, where the settings allow it
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from model_files.hub import find_folder, parse_hub_id
from pipeline.request.option_values import is_absent
from pipeline.request.option_values import path as read_path
from pipeline.request.options import RequestError
from server.settings import ServerSettings
from server.storage.jobs import Job, Jobs
from server.storage.timings import Timings
from server.storage.uploads import Uploads

FILE_OPTIONS = ("audio_path", "beatmap_path", "background", "output_path", "output_file")
MODEL_OPTIONS = ("model_path", "lora_path", "diff_ckpt")
MAPS_FOLDER, RESULT_FOLDER = "maps", "result"


@dataclass(frozen=True, slots=True)
class References:
    """Everything that a request may refer to."""

    settings: ServerSettings
    uploads: Uploads
    jobs: Jobs
    timings: Timings

    def with_files(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """Return the options with paths instead of references.

        Raises RequestError.
        """
        found = dict(options)
        for name, value in options.items():
            if isinstance(value, Mapping):
                found[name] = str(self._file(name, value))
            elif not is_absent(value) and _is_path(name, str(value)):
                self._check_allowed(name, read_path(name, value))
        return found

    def used_uploads(self) -> set[str]:
        """Return the uploads that some job refers to."""
        values = (value for job in self.jobs.all() for value in job.options.values())
        return {str(value["upload"]) for value in values if isinstance(value, Mapping) and "upload" in value}

    def map_file(self, job: Job, name: str) -> Path:
        """Return a map of a job's result by its name.

        Raises RequestError.
        """
        for known in (job.result or {}).get("maps", []):
            if known["name"] == name:
                return self.jobs.folder_of(job) / MAPS_FOLDER / known["name"]
        raise RequestError(f"There is no map {name} in this job.")

    def _file(self, option: str, ref: Mapping[str, Any]) -> Path:
        if option not in FILE_OPTIONS:
            raise RequestError(f"{option} is not a file.")
        if "upload" in ref:
            return self.uploads.find(str(ref["upload"]), str(ref.get("file")))
        if "timing" in ref:
            return self.timings.find(str(ref["timing"]), str(ref.get("file")))
        job = self.jobs.get(str(ref.get("job")))
        if job is None:
            raise RequestError("The job that this one continues no longer exists.")
        return self.map_file(job, str(ref.get("file")))

    def _check_allowed(self, name: str, path: Path) -> None:
        """Check that a path is in an allowed folder.

        The settings name them; without any, only local users may use paths.
        """
        folders = self.settings.folders
        if not folders and self.settings.is_local:
            return
        place = path.resolve()
        if not any(place.is_relative_to(folder.resolve()) for folder in folders):
            raise RequestError(f"{name} must be an upload, or in one of the folders that the server may use.")


def shown_name(value: object) -> str:
    """Return the displayed name of a reference or path.

    An upload shows its name only.
    """
    return str(value.get("file", "")) if isinstance(value, Mapping) else str(value)


def _is_path(option: str, text: str) -> bool:
    is_hub_id = find_folder(text) is None and parse_hub_id(text) is not None
    return option in FILE_OPTIONS or (option in MODEL_OPTIONS and not is_hub_id)
