"""From flat options to a map and its summary, for commands, servers and the page."""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

from feedback.progress import Progress, silent
from pipeline.request.input_files import check_files
from pipeline.request.options import GenerationRequest
from pipeline.request.resolve import resolve

if TYPE_CHECKING:
    from pipeline.output.summary import GenerationResult, MapsetResult
    from pipeline.request.mapset_file import MapsetFile


def checked_request(flat: dict[str, object]) -> GenerationRequest:
    """Check flat options and files before a model is imported."""
    request = resolve(flat)
    check_files(request)
    from pipeline.request.contents import check_contents

    check_contents(request)
    return request


def make_in_mapset(mapset: MapsetFile, request: GenerationRequest, progress: Progress = silent) -> str:
    """Generate a map, write it into a copy of the mapset of its reference, and return its description."""
    from pipeline.cli.progress_bar import mapset_summary, summary
    from pipeline.output.osz import claim_file, made_folder

    folder = made_folder(request.output.output_path)
    work = replace(request.output, output_path=mapset.folder / "made", export_osz=False)
    made, _ = make(replace(request, output=work), progress)
    osu_paths = made.osu_paths if request.map.is_mapset else [made.osu_path]
    for path in work.output_path.glob("*.report.*"):
        shutil.move(path, folder / path.name)
    target = claim_file(folder, mapset.osz.path.name)
    mapset.write_with(osu_paths, target, replaces=request.scope.keeps_objects or request.scope.add_to_beatmap)
    made = replace(made, osz_path=target)
    return mapset_summary(made) if request.map.is_mapset else summary(made, request)


def make(request: GenerationRequest, progress: Progress = silent) -> tuple[GenerationResult | MapsetResult, str]:
    """Generate a map or a mapset and write it; also return its description.

    Raises RequestError, AudioError, BeatmapError or ModelError, each with one sentence for the user.
    """
    from pipeline.cli.progress_bar import mapset_summary, summary
    from pipeline.generation.generate import generate
    from pipeline.generation.mapset import generate_mapset

    if request.map.is_mapset:
        mapset = generate_mapset(request, progress)
        return mapset, mapset_summary(mapset)
    result = generate(request, progress)
    return result, summary(result, request)
