"""Execution of a request from flat options to map and summary.

It serves commands, servers and the page.
"""

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


def check_request(flat: dict[str, object]) -> GenerationRequest:
    """Check flat options and files before a model is imported."""
    request = resolve(flat)
    check_files(request)
    from pipeline.request.contents import check_contents

    check_contents(request)
    return request


def make_in_mapset(mapset: MapsetFile, request: GenerationRequest, progress: Progress = silent) -> str:
    """Generate a map into a copy of its reference's mapset.

    Returns its description.
    """
    from pipeline.cli.progress_bar import mapset_summary, summary
    from pipeline.output.osz import claim_file, make_folder

    folder = make_folder(request.output.output_path)
    work = replace(request.output, output_path=mapset.folder / "made", export_osz=False)
    made, _ = make(replace(request, output=work), progress)
    osu_paths = made.osu_paths if request.map.is_mapset else [made.osu_path]
    target = claim_file(folder, mapset.osz.path.name)
    mapset.write_with(osu_paths, target, replaces=request.scope.keeps_objects or request.scope.add_to_beatmap)
    reports = [shutil.move(path, claim_file(folder, path.name)) for path in work.output_path.glob("*.report.*")]
    pages = [path for path in reports if path.suffix == ".json"]
    if request.map.is_mapset:
        return mapset_summary(replace(made, osz_path=target, report_paths=pages))
    return summary(replace(made, osz_path=target, report_path=pages[0] if pages else None), request)


def make(request: GenerationRequest, progress: Progress = silent) -> tuple[GenerationResult | MapsetResult, str]:
    """Generate and write a map or a mapset; return its description, too.

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
