"""From a request to a map on disk: the main path of the program."""

from __future__ import annotations

import math
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from osu_beatmap.attributes import WITH_CIRCLES, Attributes
from osu_beatmap.beatmap import Beatmap, Difficulty, GameMode, TimingPoint
from osu_beatmap.files.reader import read_beatmap
from osu_beatmap.star_rating import star_rating
from osuT5.encoding import AssemblyReport, assemble
from osuT5.generation.activations import song_activations
from osuT5.generation.audio_encoder import Progress
from osuT5.generation.chart_state import ChartState
from osuT5.generation.sampling.sampler import Sampling, sampling_for
from osuT5.generation.super_timing import SuperTimer
from osuT5.generation.window_schedule import GenerationReport, SongGenerator
from osuT5.model.files.loading import ModelFolders, find_model
from osuT5.tokens.contract import Contract
from osuT5.tokens.encoding_spec import EncodingSpec
from osuT5.tokens.events import ContextKind, EventGroup
from parity.request import map_as_published
from pipeline.finishing.finish import FinishReport, finish, finish_timing
from pipeline.generation.conditions import negative_attributes, spell_descriptors, without_additions
from pipeline.generation.models import song_writer
from pipeline.generation.reference_parts import add_reference_parts, begin_before, given_red_lines, with_given_parts
from pipeline.generation.refinement import refine_draft
from pipeline.generation.resnap import predicted_divisors, resnap
from pipeline.generation.timing import quickly_timed_red_lines, red_lines_from, super_timed_red_lines, timing_groups
from pipeline.output.osz import export, write_into_reference
from pipeline.output.report import write_report
from pipeline.output.summary import GenerationSummary
from pipeline.request.options import GenerationRequest, RequestError
from pipeline.request.resolve import fill_from_beatmap

TYPICAL_STARS = 4.0
"""Settings suit this star rating where the user asks for none."""

MAX_STAR_ERROR = 1.0

SHORTEST_RATED_MS = 8_000.0
"""A shorter passage has fewer stars than a whole map that is as hard."""

Maker = Callable[[GenerationRequest, Beatmap | None, int, Progress | None], tuple[Beatmap, GenerationSummary]]
"""Request, reference, seed and progress -> the map, and how it came about."""


@dataclass(slots=True)
class GenerationResult:
    """What was made, and what a user should know about it."""

    beatmap: Beatmap
    osu_path: Path
    osz_path: Path | None
    star_rating: float
    seconds: float
    seed: int
    warnings: list[str] = field(default_factory=list)
    report_path: Path | None = None


@dataclass(slots=True)
class Draft:
    """A generated map before its objects are placed and it is finished, and what was lost on the way."""

    beatmap: Beatmap
    attributes: Attributes
    model: str
    encoding: EncodingSpec
    song_ms: float
    generation: GenerationReport
    assembly: AssemblyReport
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class BegunChart:
    """What is there before the objects: a writer of the part that is asked for, a chart, red lines and settings."""

    writer: SongGenerator
    chart: ChartState
    lines: list[TimingPoint]
    settings: Difficulty
    sampling: Sampling
    notes: list[str] = field(default_factory=list)

    def draft(self, beatmap: Beatmap, assembly: AssemblyReport) -> Draft:
        """What has become of the chart."""
        writer, spec = self.writer, self.writer.spec
        return Draft(
            beatmap,
            self.chart.attributes,
            spec.name,
            spec.encoding,
            writer.song_ms,
            writer.report,
            assembly,
            list(self.notes),
        )


def generate(request: GenerationRequest, progress: Progress | None = None) -> GenerationResult:
    """Generates a map and writes it. Nothing is written unless all went well.

    Raises RequestError, AudioError, BeatmapError or ModelError, each with one sentence for the user.
    """
    started = time.monotonic()
    reference = read_beatmap(request.song.beatmap_path) if request.song.beatmap_path else None
    if reference is not None:
        request = fill_from_beatmap(request, reference)
    seed = secrets.randbelow(2**31) if request.sampling.seed is None else request.sampling.seed
    beatmap, account = _maker(request)(request, reference, seed, progress)
    if progress is not None:
        progress("writing", 0, 1)
    stars = star_rating(beatmap)
    changes_a_file = request.scope.add_to_beatmap
    paths = write_into_reference(request, beatmap) if changes_a_file else export(request, beatmap, stars)
    result = GenerationResult(
        beatmap=beatmap,
        osu_path=paths.osu_path,
        osz_path=paths.osz_path,
        star_rating=stars,
        seconds=time.monotonic() - started,
        seed=seed,
        warnings=[*_star_warnings(request, beatmap, stars), *account.notes],
    )
    if request.output.report:
        result.report_path = write_report(request, result, account)
    return result


def _maker(request: GenerationRequest) -> Maker:
    """What makes the map of a request."""
    # These stand on this module.
    from pipeline.generation.fixed_objects import map_with_new_parts
    from pipeline.generation.span import remade_part
    from pipeline.generation.star_matching import matched_map

    if request.scope.is_timing_alone:
        return timing_alone
    if request.model.parity:
        return map_as_published
    if request.scope.keeps_objects or ContextKind.MAP not in request.scope.output_type:
        return map_with_new_parts
    if request.scope.add_to_beatmap:
        return remade_part
    wanted = request.map
    measured = (wanted.difficulty, wanted.hold_note_ratio, wanted.scroll_speed_ratio)
    is_matched = wanted.match_difficulty and any(each is not None for each in measured)
    return matched_map if is_matched else finished_map


def finished_map(
    request: GenerationRequest, reference: Beatmap | None, seed: int, progress: Progress | None = None
) -> tuple[Beatmap, GenerationSummary]:
    """The map of a request, and how it came about."""
    draft = generate_draft(request, reference, seed, progress)
    placed = refine_draft(request, draft.beatmap, draft.attributes, draft.encoding, seed, progress)
    beatmap, repairs = finish_with_settings(request, placed, draft.song_ms)
    return apply_request(request, reference, beatmap), account_of(draft, repairs)


def apply_request(request: GenerationRequest, reference: Beatmap | None, beatmap: Beatmap) -> Beatmap:
    """A finished map with what the request says to the letter: given parts, and no additions where none are wanted."""
    if request.map.hitsounded is False:
        beatmap = without_additions(beatmap)
    return with_given_parts(beatmap, request.scope, reference)


def timing_alone(
    request: GenerationRequest, reference: Beatmap | None, seed: int, progress: Progress | None = None
) -> tuple[Beatmap, GenerationSummary]:
    """A map of red lines, to be filled by hand."""
    writer = song_writer(request, find_model(request.model.model_path, request.map.gamemode).root, progress=progress)
    settings = request.difficulty_settings(_wanted_stars(request))
    chart = ChartState(conditions_of(request, settings), seed)
    lines = _heard_lines(request, writer, chart, _sampling(request, writer.spec))
    beatmap = Beatmap(mode=chart.attributes.mode, difficulty=settings, timing_points=lines)
    return finish_timing(beatmap, writer.song_ms), GenerationSummary(writer.spec.name, writer.song_ms)


def generate_draft(
    request: GenerationRequest, reference: Beatmap | None, seed: int, progress: Progress | None = None
) -> Draft:
    """What the model makes of the song: a beatmap with quantised times and coarse positions."""
    begun = begin_chart(request, reference, seed, progress)
    writer, chart, spec = begun.writer, begun.chart, begun.writer.spec
    write_charts(writer, [chart], begun.sampling)
    beatmap, assembly = beatmap_of(chart, begun.lines, begun.settings, spec)
    if not beatmap.hit_objects:
        raise RequestError("The model found nothing to map in this song; another seed or difficulty may help.")
    return begun.draft(beatmap, assembly)


def begin_chart(
    request: GenerationRequest, reference: Beatmap | None, seed: int, progress: Progress | None = None
) -> BegunChart:
    """A chart with its timing and all that is given to it, ready to be written."""
    folders = find_model(request.model.model_path, request.map.gamemode)
    writer = song_writer(request, folders.map, request.model.lora_path, progress)
    spec, song_ms, scope = writer.spec, writer.song_ms, request.scope
    request, notes = spell_descriptors(request, spec)
    settings = request.difficulty_settings(_wanted_stars(request))
    attributes = conditions_of(request, settings)
    sampling = _sampling(request, spec)
    chart = ChartState(attributes, seed, negative=negative_attributes(attributes, request))
    add_reference_parts(chart, scope, reference, spec, song_ms)
    lines = _red_lines(request, reference, writer, folders, chart, sampling)
    chart.contexts[ContextKind.TIMING] = timing_groups(lines, spec, song_ms)
    if scope.is_part:
        end_ms = math.inf if scope.end_time_ms is None else float(scope.end_time_ms)
        writer = writer.within(float(scope.start_time_ms or 0), end_ms)
        if not writer.windows:
            raise RequestError(f"start_time must lie within the song, which has {song_ms:.0f} ms.")
    if scope.add_to_beatmap and reference is not None:
        begin_before(chart, scope, reference, spec, song_ms)
    chart.rating = rating_so_far(attributes, lines, settings, spec)
    return BegunChart(writer, chart, lines, settings, sampling, notes)


def rating_so_far(
    attributes: Attributes, lines: Sequence[TimingPoint], settings: Difficulty, spec: Contract
) -> Callable[[Sequence[EventGroup]], float | None]:
    """The star rating of objects that are written, for a chart with these lines and settings; None for few."""

    def rating(groups: Sequence[EventGroup]) -> float | None:
        if not groups or groups[-1].time_ms - groups[0].time_ms < SHORTEST_RATED_MS:
            return None
        written = {ContextKind.MAP: groups}
        beatmap, _ = assemble(written, attributes.mode, lines, settings, attributes.key_count or 0, spec.encoding)
        return star_rating(beatmap) if beatmap.hit_objects else None

    return rating


def _wanted_stars(request: GenerationRequest) -> float:
    return TYPICAL_STARS if request.map.difficulty is None else request.map.difficulty


def _sampling(request: GenerationRequest, spec: Contract) -> Sampling:
    options = request.sampling
    asked = Sampling(options.temperature, options.top_p, options.top_k, guidance_scale=options.cfg_scale)
    assert request.map.gamemode is not None, "the mode of the reference beatmap was not filled in"
    return sampling_for(spec, request.map.gamemode, asked)


def write_charts(writer: SongGenerator, charts: Sequence[ChartState], sampling: Sampling) -> None:
    """Fills in the contexts that the charts lack, side by side."""
    lacking = []
    for context in dict.fromkeys(c for chart in charts for c in writer.spec.contexts_of(chart.attributes.mode)):
        for chart in charts:
            if context in writer.spec.contexts_of(chart.attributes.mode) and context not in chart.contexts:
                lacking.append((context, chart))
    writer.fill_in(lacking, sampling)


def beatmap_of(
    chart: ChartState, lines: Sequence[TimingPoint], settings: Difficulty, spec: Contract
) -> tuple[Beatmap, AssemblyReport]:
    """The map that a written chart describes, on the grid of its red lines, and what of it was lost."""
    written = {context: groups for context, groups in chart.contexts.items() if context is not ContextKind.TIMING}
    key_count = chart.attributes.key_count or 0
    beatmap, report = assemble(written, chart.attributes.mode, lines, settings, key_count, spec.encoding)
    divisors = predicted_divisors(group for groups in written.values() for group in groups)
    return resnap(beatmap, divisors), report


def _red_lines(
    request: GenerationRequest,
    reference: Beatmap | None,
    writer: SongGenerator,
    folders: ModelFolders,
    chart: ChartState,
    sampling: Sampling,
) -> list[TimingPoint]:
    """The timing of the reference beatmap where it is given, else what the model hears."""
    if ContextKind.TIMING in request.scope.in_context:
        return given_red_lines(reference)
    if folders.timing_is_separate:
        writer = song_writer(request, folders.root, progress=writer.progress)
        # What that model writes besides is not for the map, and what it can read may be something else.
        chart = replace(chart, contexts={}, inputs=())
    return _heard_lines(request, writer, chart, sampling)


def _heard_lines(
    request: GenerationRequest, writer: SongGenerator, chart: ChartState, sampling: Sampling
) -> list[TimingPoint]:
    """What the model hears, in one pass or in many."""
    if not request.scope.super_timing:
        return predict_timing(writer, chart, sampling)
    if ContextKind.TIMING not in writer.spec.vocabulary.contexts:
        raise RequestError("super_timing=true needs a model that writes timing apart from the objects.")
    find = partial(super_timed_red_lines, passes=request.scope.timer_iterations)
    return _heard_in_passes(writer, chart, sampling, find)


def _heard_in_passes(
    writer: SongGenerator, chart: ChartState, sampling: Sampling, find: Callable[..., list[TimingPoint]]
) -> list[TimingPoint]:
    timer = SuperTimer(writer.listener, chart.attributes, sampling, chart.seed)
    lines = find(timer, progress=writer.progress)
    writer.report.tokens += timer.tokens
    return lines


def predict_timing(writer: SongGenerator, chart: ChartState, sampling: Sampling) -> list[TimingPoint]:
    """Red lines as the model hears them. One that writes its beats among the objects has then written the map too.

    Models with frame heads hear the song in a few passes of windows that do not know of each other: a window that
    reads what the last one wrote goes on with its tempo, right or wrong, and its many overlaps cost as much.
    """
    has_frame_heads = writer.model.frame_heads is not None
    if has_frame_heads and ContextKind.TIMING in writer.spec.vocabulary.contexts:
        return _heard_in_passes(writer, chart, sampling, quickly_timed_red_lines)
    beats_in = ContextKind.MAP if writer.spec.encoding.timing_in_map else ContextKind.TIMING
    (groups,) = writer.write_context(beats_in, [chart], sampling)
    if beats_in is ContextKind.MAP:
        chart.contexts[beats_in] = groups
    activations = song_activations(writer.model, writer.spec, writer.encoder_states, writer.windows, writer.song_ms)
    return red_lines_from(groups, activations, writer.spec, writer.song_ms, writer.listener.attack_strengths)


def conditions_of(request: GenerationRequest, settings: Difficulty) -> Attributes:
    """What the model is told: the request, and the settings that the map will have."""
    attributes = request.attributes()
    if attributes.mode in WITH_CIRCLES:
        attributes = replace(attributes, circle_size=settings.circle_size, slider_multiplier=settings.slider_multiplier)
    if attributes.mode is GameMode.MANIA and attributes.key_count is None:
        attributes = replace(attributes, key_count=round(settings.circle_size))
    return replace(attributes, hitsounded=True if attributes.hitsounded is None else attributes.hitsounded)


def finish_with_settings(request: GenerationRequest, draft: Beatmap, song_ms: float) -> tuple[Beatmap, FinishReport]:
    """The finished map of a draft, with the settings that suit the star rating that it has in the end."""
    options = {"fill": not request.scope.is_part, "keep_reds": ContextKind.TIMING in request.scope.in_context}
    beatmap, _ = finish(draft, song_ms, **options)
    beatmap.difficulty = _final_settings(request, beatmap, star_rating(beatmap))
    # Rules look at the settings too: AR says when a break has to end, OD how long a spinner must last.
    return finish(beatmap, song_ms, **options)


def _final_settings(request: GenerationRequest, beatmap: Beatmap, stars: float) -> Difficulty:
    """HP, OD, AR and tick rate that suit the map as it turned out.

    Circle size and slider multiplier stay: objects were placed for them.
    """
    settings = request.difficulty_settings(stars)
    return replace(
        settings,
        circle_size=beatmap.difficulty.circle_size,
        slider_multiplier=beatmap.difficulty.slider_multiplier,
    )


def _star_warnings(request: GenerationRequest, beatmap: Beatmap, stars: float) -> list[str]:
    """How far the map is from the difficulty that was asked for."""
    wanted = request.map.difficulty
    if wanted is None or not beatmap.hit_objects or abs(stars - wanted) <= MAX_STAR_ERROR:
        return []
    return [f"The map has {stars:.1f} stars, {wanted:g} were asked for."]


def account_of(draft: Draft, repairs: FinishReport) -> GenerationSummary:
    """What was lost on the way to the finished map, and what is still wrong with it."""
    written, lost = draft.generation, draft.assembly
    notes = [*draft.notes, *written.notes]
    if lost.total:
        notes.append(f"Some of what the model wrote could not be used ({lost.describe()}).")
    stray = sum(written.stray_events.values())
    if stray:
        notes.append(f"{stray} of the {written.tokens} words that the model wrote belonged to no object.")
    notes += dict.fromkeys(finding.message for finding in repairs.remaining)
    return GenerationSummary(
        draft.model,
        draft.song_ms,
        notes,
        tokens=written.tokens,
        windows=written.windows,
        stray_events=written.stray_events,
        unused=lost.counts(),
        repairs=repairs.repairs,
    )
