"""The only use of `parity` by the program: requests with `parity=true`."""

from __future__ import annotations

from feedback.progress import Progress, silent
from osu_beatmap.beatmap import Beatmap
from pipeline.output.summary import GenerationSummary
from pipeline.request.options import GenerationRequest


def generate_like_original(
    request: GenerationRequest, reference: Beatmap | None, seed: int, progress: Progress = silent
) -> tuple[Beatmap, GenerationSummary]:
    """Generate the map that the original program would generate."""
    from parity.request import map_as_published

    return map_as_published(request, reference, seed, progress)
