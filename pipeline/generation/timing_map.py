"""Timing-only maps: red lines without hit objects."""

from __future__ import annotations

from feedback.progress import Progress, silent
from osu_beatmap.beatmap import Beatmap
from osuT5.generation.chart_state import ChartState
from osuT5.model.files.find import find_model
from pipeline.finishing.finish import finish_timing
from pipeline.generation.conditions import conditions_of, expected_stars, requested_sampling
from pipeline.generation.map_model.rhythm import SongRhythm
from pipeline.generation.models import song_writer
from pipeline.generation.timing import predict_red_lines, timing_notes
from pipeline.output.summary import GenerationSummary
from pipeline.request.options import GenerationRequest


def generate_timing_map(
    request: GenerationRequest, reference: Beatmap | None, seed: int, progress: Progress = silent
) -> tuple[Beatmap, GenerationSummary]:
    """Generate a map of red lines alone, to be filled by hand."""
    folder = find_model(request.model.model_path, request.map.gamemode).root
    writer = song_writer(request, folder, progress=progress)
    settings = request.difficulty_settings(expected_stars(request))
    chart = ChartState(conditions_of(request, settings, writer.spec.encoding), seed)
    sampling = requested_sampling(request, writer.spec)
    rhythm = SongRhythm.of(writer, folder)
    lines = predict_red_lines(request, writer, chart, sampling, rhythm)
    confidences = [] if rhythm is None else rhythm.timing.confidences
    notes = [] if rhythm is None else timing_notes(confidences)
    beatmap = Beatmap(mode=chart.attributes.mode, difficulty=settings, timing_points=lines)
    summary = GenerationSummary(writer.spec.name, writer.song_ms, notes, timing_confidences=confidences)
    return finish_timing(beatmap, writer.song_ms), summary
