"""Charts from their request to a draft: conditions, timing, contexts, assembly.

Positions and repairs come afterwards, in `refinement` and `final_map`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from feedback.progress import Progress, silent
from osu_beatmap.attributes import Attributes
from osu_beatmap.beatmap import Beatmap, Difficulty, TimingPoint
from osu_beatmap.splice import Span
from osu_beatmap.star_rating import stars_or_none
from osu_beatmap.timing.active_point import Timing
from osuT5.encoding import AssemblyReport, assemble
from osuT5.generation.chart_state import ChartState
from osuT5.generation.sampling.sampler import Sampling
from osuT5.generation.window_schedule import GenerationReport, SongGenerator
from osuT5.model.files.find import find_model
from osuT5.objects.generation import DrawOptions
from osuT5.tokens.contract import Contract
from osuT5.tokens.encoding_spec import EncodingSpec
from osuT5.tokens.events import ContextKind, EventGroup
from pipeline.generation.conditions import (
    conditions_of,
    draw_options,
    expected_stars,
    negative_attributes,
    requested_sampling,
    spell_descriptors,
)
from pipeline.generation.map_model.objects import add_kiai, with_objects
from pipeline.generation.map_model.rhythm import SongRhythm
from pipeline.generation.map_model.styles import known_tags
from pipeline.generation.models import adapters_of, song_writer
from pipeline.generation.reference.reference_parts import add_reference_parts, begin_before
from pipeline.generation.resnap import divisors_at, predicted_divisors, resnap
from pipeline.generation.timing import check_beat, find_timing, timing_groups, timing_notes
from pipeline.output.osz import span_of
from pipeline.request.options import GenerationRequest, RequestError

SHORTEST_RATED_MS = 8_000.0
"""A shorter passage has a lower star rating than a whole map of the same difficulty."""


@dataclass(slots=True)
class Draft:
    """A map before refinement and repairs, and what was lost so far.

    Positions are exact, or those of the model's cells.
    """

    beatmap: Beatmap
    attributes: Attributes
    model: str
    encoding: EncodingSpec
    song_ms: float
    generation: GenerationReport
    assembly: AssemblyReport
    notes: list[str] = field(default_factory=list)
    has_exact_positions: bool = False
    timing_confidences: list[float] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class PreparedChart:
    """A chart before its objects: generator, timing, settings, conditions."""

    writer: SongGenerator
    chart: ChartState
    lines: list[TimingPoint]
    settings: Difficulty
    sampling: Sampling
    notes: list[str] = field(default_factory=list)
    rhythm: SongRhythm | None = None
    draws: DrawOptions = field(default_factory=DrawOptions)
    span: Span = field(default_factory=Span)
    timing_confidences: list[float] = field(default_factory=list)

    def with_rhythm(self, chart: ChartState) -> ChartState:
        """Return a chart with the rhythm of its conditions.

        Without a rhythm model it stays unchanged.
        """
        if self.rhythm is None:
            return chart
        times_ms = self.rhythm.object_times_ms(
            self.lines, self.span, chart.attributes, chart.seed, chart.guide, self.draws.temperature
        )
        chart = replace(chart, object_times_ms=times_ms)
        if ContextKind.MAP in chart.contexts:
            return chart
        return with_objects(chart, self.rhythm, self.lines, self.settings, self.writer, self.draws)

    def draft(self) -> Draft:
        """Assemble the decoded chart."""
        writer, spec = self.writer, self.writer.spec
        beatmap, assembly = assemble_chart(self.chart, self.lines, self.settings, spec)
        return Draft(
            beatmap,
            self.chart.attributes,
            spec.name,
            spec.encoding,
            writer.song_ms,
            writer.report,
            assembly,
            list(self.notes),
            has_exact_positions=self.chart.drafts is not None,
            timing_confidences=self.timing_confidences,
        )


def decode_draft(prepared: PreparedChart) -> Draft:
    """Decode the missing contexts of a chart and assemble them.

    Times are on the beat; positions are coarse.

    Raises:
        RequestError: The model generated no hit object.
    """
    prepared = replace(prepared, chart=prepared.with_rhythm(prepared.chart))
    write_charts(prepared.writer, [prepared.chart], prepared.sampling)
    draft = prepared.draft()
    if not draft.beatmap.hit_objects:
        raise RequestError("The model found nothing to map in this song; another seed or difficulty may help.")
    return draft


def prepare_chart(
    request: GenerationRequest, reference: Beatmap | None, seed: int, progress: Progress = silent
) -> PreparedChart:
    """Load song and model, find the timing, add the given parts.

    Raises:
        RequestError, AudioError, ModelError: One sentence for the user.
    """
    folders = find_model(request.model.model_path, request.map.gamemode)
    lora, map_adapter = adapters_of(folders.map, request.model.lora_path)
    writer = song_writer(request, folders.map, lora, progress)
    spec, song_ms, scope = writer.spec, writer.song_ms, request.scope
    rhythm = SongRhythm.of(writer, folders.map, map_adapter)
    request, notes = spell_descriptors(request, spec, tags_of(request, rhythm))
    settings = request.difficulty_settings(expected_stars(request))
    attributes = conditions_of(request, settings, spec.encoding)
    sampling = requested_sampling(request, spec)
    chart = ChartState(attributes, seed, negative=negative_attributes(attributes, request))
    add_reference_parts(chart, scope, reference, spec, song_ms)
    lines = find_timing(request, reference, writer, folders, chart, sampling, rhythm)
    chart.contexts[ContextKind.TIMING] = timing_groups(lines, spec, song_ms)
    confidences = []
    if rhythm is not None and ContextKind.TIMING not in scope.in_context:
        confidences = rhythm.timing.confidences
        if scope.generates_objects:
            check_beat(confidences)
        notes += timing_notes(confidences)
    if rhythm is not None:
        add_kiai(chart, rhythm, lines, spec)
    if scope.is_part:
        writer = writer.select_part(float(scope.start_time_ms or 0), span_of(scope).end_ms)
        if not writer.windows:
            raise RequestError(f"start_time must be within the song, which has {song_ms:.0f} ms.")
    if scope.add_to_beatmap and reference is not None:
        begin_before(chart, scope, reference, spec, song_ms)
    chart.rating = rating_so_far(attributes, lines, settings, spec)
    draws = draw_options(request)
    return PreparedChart(writer, chart, lines, settings, sampling, notes, rhythm, draws, span_of(scope), confidences)


def tags_of(request: GenerationRequest, rhythm: SongRhythm | None) -> set[str]:
    """Return the user tags of the beat-clock models for a request.

    They depend on its mode.
    """
    assert request.map.gamemode is not None, "the mode of the reference beatmap was not filled in"
    return set() if rhythm is None else known_tags(request.map.gamemode)


def rating_so_far(
    attributes: Attributes, lines: Sequence[TimingPoint], settings: Difficulty, contract: Contract
) -> Callable[[Sequence[EventGroup]], float | None]:
    """Return a function that rates decoded objects; None for few."""

    def rate(groups: Sequence[EventGroup]) -> float | None:
        if not groups or groups[-1].time_ms - groups[0].time_ms < SHORTEST_RATED_MS:
            return None
        written = {ContextKind.MAP: groups}
        beatmap, _ = assemble(written, attributes.mode, lines, settings, attributes.key_count or 0, contract.encoding)
        return stars_or_none(beatmap) if beatmap.hit_objects else None

    return rate


def write_charts(writer: SongGenerator, charts: Sequence[ChartState], sampling: Sampling) -> None:
    """Decode the contexts that the charts lack, in parallel."""
    lacking = []
    for context in dict.fromkeys(c for chart in charts for c in writer.spec.contexts_of(chart.attributes.mode)):
        for chart in charts:
            if context in writer.spec.contexts_of(chart.attributes.mode) and context not in chart.contexts:
                lacking.append((context, chart))
    writer.fill_in(lacking, sampling)


def assemble_chart(
    chart: ChartState, lines: Sequence[TimingPoint], settings: Difficulty, contract: Contract
) -> tuple[Beatmap, AssemblyReport]:
    """Assemble a decoded chart on the beat grid; report what was lost."""
    written = {context: groups for context, groups in chart.contexts.items() if context is not ContextKind.TIMING}
    mode, key_count = chart.attributes.mode, chart.attributes.key_count or 0
    beatmap, report = assemble(written, mode, lines, settings, key_count, contract.encoding, chart.drafts)
    divisors = predicted_divisors(group for groups in written.values() for group in groups)
    if chart.object_times_ms is not None:
        divisors |= divisors_at(chart.object_times_ms, Timing(lines))
    return resnap(beatmap, divisors), report
