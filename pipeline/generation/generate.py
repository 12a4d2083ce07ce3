"""Main path of the program: from a request to a file.

A mapset has its own entry in `mapset`. Everything here is below this module; nothing below imports it.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable

from feedback.progress import Progress, Stage, silent
from osu_beatmap.beatmap import Beatmap
from osu_beatmap.star_rating import stars_or_none
from pipeline.generation.chart import decode_draft, prepare_chart
from pipeline.generation.conditions import expected_stars
from pipeline.generation.final_map import (
    apply_request,
    finish_with_settings,
    ratio_warnings,
    star_warnings,
    summarise_draft,
)
from pipeline.generation.matching.star_matching import generate_matched_map
from pipeline.generation.models import song_notes
from pipeline.generation.parity_dispatch import generate_like_original
from pipeline.generation.reference.fixed_objects import generate_parts
from pipeline.generation.reference.reference_map import read_reference_map
from pipeline.generation.reference.span import regenerate_span
from pipeline.generation.refinement import refine_draft
from pipeline.generation.timing_map import generate_timing_map
from pipeline.output.osz import export, write_into_reference
from pipeline.output.report import write_report
from pipeline.output.summary import GenerationResult, GenerationSummary
from pipeline.request.options import GenerationRequest

Method = Callable[[GenerationRequest, Beatmap | None, int, Progress], tuple[Beatmap, GenerationSummary]]
"""Request, reference map, seed and progress -> the map and its summary."""

SPECIAL_METHODS: tuple[tuple[Callable[[GenerationRequest], bool], Method], ...] = (
    (lambda request: request.model.parity, generate_like_original),
    (lambda request: request.scope.is_timing_alone, generate_timing_map),
    (lambda request: not request.scope.generates_objects, generate_parts),
    (lambda request: request.scope.add_to_beatmap, regenerate_span),
    (lambda request: request.map.is_matched, generate_matched_map),
)
"""Condition and method; the first that applies is used, otherwise `generate_map`."""


def generate(request: GenerationRequest, progress: Progress = silent) -> GenerationResult:
    """Generate a map and write it; write nothing if a stage fails.

    Raises:
        RequestError, AudioError, BeatmapError, ModelError: One sentence for the user.
    """
    started = time.monotonic()
    given = read_reference_map(request)
    asked, request = request, given.request if given else request
    seed = secrets.randbelow(2**31) if request.sampling.seed is None else request.sampling.seed
    beatmap, summary = method_of(request)(request, given and given.beatmap, seed, progress)
    beatmap = given.with_outside(beatmap) if given else beatmap
    progress(Stage.WRITING, 0, 1)
    stars = stars_or_none(beatmap)
    if request.scope.add_to_beatmap:
        paths = write_into_reference(request, beatmap)
    else:
        paths = export(request, beatmap, expected_stars(request) if stars is None else stars)
    warnings = [
        *song_notes(request),
        *star_warnings(request, beatmap, stars),
        *ratio_warnings(asked, beatmap),
        *summary.notes,
        *(given.notes if given else ()),
    ]
    seconds = time.monotonic() - started
    result = GenerationResult(beatmap, paths.osu_path, paths.osz_path, stars, seconds, seed, warnings)
    result.timing_confidences = summary.timing_confidences
    if request.output.report:
        result.report_path = write_report(request, result, summary)
    return result


def method_of(request: GenerationRequest) -> Method:
    """Return the function that generates the map of a request."""
    return next((method for applies, method in SPECIAL_METHODS if applies(request)), generate_map)


def generate_map(
    request: GenerationRequest, reference: Beatmap | None, seed: int, progress: Progress = silent
) -> tuple[Beatmap, GenerationSummary]:
    """Generate one map: the stages that every method has."""
    prepared = prepare_chart(request, reference, seed, progress)  # song, model, timing, conditions
    draft = decode_draft(prepared)  # events of every context, as a beatmap on the beat grid
    placed = refine_draft(request, draft, seed, progress)  # diffusion
    finished, repairs = finish_with_settings(request, placed, draft.song_ms)  # until no rule is broken
    return apply_request(request, reference, finished), summarise_draft(draft, repairs)
