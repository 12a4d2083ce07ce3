"""From flat options to a map and its summary, for commands, servers and the page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from feedback.progress import Progress, silent
from pipeline.request.input_files import check_files
from pipeline.request.options import GenerationRequest
from pipeline.request.resolve import resolve

if TYPE_CHECKING:
    from pipeline.output.summary import GenerationResult, MapsetResult


def checked_request(flat: dict[str, object]) -> GenerationRequest:
    """Check flat options and files before a model is imported."""
    request = resolve(flat)
    check_files(request)
    from pipeline.request.contents import check_contents

    check_contents(request)
    return request


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
