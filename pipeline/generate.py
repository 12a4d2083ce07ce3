"""From a request to a map on disk: the main path of the program."""

from __future__ import annotations

import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from osu_beatmap.attributes import WITH_CIRCLES, Attributes
from osu_beatmap.model import Beatmap, Difficulty, GameMode, TimingPoint
from osu_beatmap.reader import read_beatmap
from osu_beatmap.star_rating import star_rating
from osuT5.encoding import AssemblyReport, assemble
from osuT5.encoding_spec import EncodingSpec
from osuT5.events import ContextKind
from osuT5.generation.activations import song_activations
from osuT5.generation.listening import Progress
from osuT5.generation.sampling import Sampling, sampling_for
from osuT5.generation.schedule import ChartInProgress, GenerationReport, SongWriter
from osuT5.generation.super_timing import SuperTimer
from osuT5.model.loading import ModelFolders, find_model
from osuT5.spec import ModelSpec
from pipeline.export import export
from pipeline.finish import FinishReport, finish, finish_timing
from pipeline.listening import song_writer
from pipeline.options import GenerationRequest, RequestError
from pipeline.parity import map_as_published
from pipeline.refinement import refine_draft
from pipeline.resnap import predicted_divisors, resnap
from pipeline.resolve import fill_from_beatmap
from pipeline.timing import red_lines_from, super_timed_red_lines, timing_groups

TYPICAL_STARS = 4.0
"""Settings suit this star rating where the user asks for none."""

MAX_STAR_ERROR = 1.0


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


@dataclass(slots=True)
class Draft:
    """A generated map before its objects are placed and it is finished, and what was lost on the way."""

    beatmap: Beatmap
    attributes: Attributes
    encoding: EncodingSpec
    song_ms: float
    generation: GenerationReport
    assembly: AssemblyReport


def generate(request: GenerationRequest, progress: Progress | None = None) -> GenerationResult:
    """Generates a map and writes it. Nothing is written unless all went well.

    Raises RequestError, AudioError, BeatmapError or ModelError, each with one sentence for the user.
    """
    started = time.monotonic()
    reference = read_beatmap(request.song.beatmap_path) if request.song.beatmap_path else None
    if reference is not None:
        request = fill_from_beatmap(request, reference)
    seed = secrets.randbelow(2**31) if request.sampling.seed is None else request.sampling.seed
    make = finished_map
    if request.scope.is_timing_alone:
        make = timing_alone
    elif request.model.parity:
        make = map_as_published
    beatmap, notes = make(request, reference, seed, progress)
    stars = star_rating(beatmap)
    paths = export(request, beatmap, stars)
    return GenerationResult(
        beatmap=beatmap,
        osu_path=paths.osu_path,
        osz_path=paths.osz_path,
        star_rating=stars,
        seconds=time.monotonic() - started,
        seed=seed,
        warnings=[*_star_warnings(request, beatmap, stars), *notes],
    )


def finished_map(
    request: GenerationRequest, reference: Beatmap | None, seed: int, progress: Progress | None = None
) -> tuple[Beatmap, list[str]]:
    """The map of a request, and what a user should know about it."""
    draft = generate_draft(request, reference, seed, progress)
    placed = refine_draft(request, draft.beatmap, draft.attributes, draft.encoding, seed, progress)
    beatmap, repairs = finish_with_settings(request, placed, draft.song_ms)
    return beatmap, _draft_warnings(draft, repairs)


def timing_alone(
    request: GenerationRequest, reference: Beatmap | None, seed: int, progress: Progress | None = None
) -> tuple[Beatmap, list[str]]:
    """A map of red lines, to be filled by hand."""
    writer = song_writer(request, find_model(request.model.model_path, request.map.gamemode).root, progress=progress)
    settings = request.difficulty_settings(_wanted_stars(request))
    chart = ChartInProgress(conditions_of(request, settings), seed)
    lines = _heard_lines(request, writer, chart, _sampling(request, writer.spec))
    beatmap = Beatmap(mode=chart.attributes.mode, difficulty=settings, timing_points=lines)
    return finish_timing(beatmap, writer.song_ms), []


def generate_draft(
    request: GenerationRequest, reference: Beatmap | None, seed: int, progress: Progress | None = None
) -> Draft:
    """What the model makes of the song: a beatmap with quantised times and coarse positions."""
    folders = find_model(request.model.model_path, request.map.gamemode)
    writer = song_writer(request, folders.map, request.model.lora_path, progress)
    spec, song_ms = writer.spec, writer.song_ms
    settings = request.difficulty_settings(_wanted_stars(request))
    attributes = conditions_of(request, settings)
    sampling = _sampling(request, spec)
    chart = ChartInProgress(attributes, seed)
    lines = _red_lines(request, reference, writer, folders, chart, sampling)
    chart.contexts[ContextKind.TIMING] = timing_groups(lines, spec, song_ms)
    write_charts(writer, [chart], sampling)
    beatmap, assembly = beatmap_of(chart, lines, settings, spec)
    if not beatmap.hit_objects:
        raise RequestError("The model found nothing to map in this song; another seed or difficulty may help.")
    return Draft(beatmap, attributes, spec.encoding, song_ms, writer.report, assembly)


def _wanted_stars(request: GenerationRequest) -> float:
    return TYPICAL_STARS if request.map.difficulty is None else request.map.difficulty


def _sampling(request: GenerationRequest, spec: ModelSpec) -> Sampling:
    options = request.sampling
    asked = Sampling(options.temperature, options.top_p, options.top_k)
    assert request.map.gamemode is not None, "the mode of the reference beatmap was not filled in"
    return sampling_for(spec, request.map.gamemode, asked)


def write_charts(writer: SongWriter, charts: Sequence[ChartInProgress], sampling: Sampling) -> None:
    """Fills in the contexts that the charts lack, side by side."""
    lacking = []
    for context in dict.fromkeys(c for chart in charts for c in writer.spec.contexts_of(chart.attributes.mode)):
        for chart in charts:
            if context in writer.spec.contexts_of(chart.attributes.mode) and context not in chart.contexts:
                lacking.append((context, chart))
    writer.fill_in(lacking, sampling)


def beatmap_of(
    chart: ChartInProgress, lines: Sequence[TimingPoint], settings: Difficulty, spec: ModelSpec
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
    writer: SongWriter,
    folders: ModelFolders,
    chart: ChartInProgress,
    sampling: Sampling,
) -> list[TimingPoint]:
    """The timing of the reference beatmap where it is given, else what the model hears."""
    if ContextKind.TIMING in request.scope.in_context:
        lines = [replace(point) for point in reference.timing_points if point.uninherited] if reference else []
        if not lines:
            raise RequestError("in_context=[TIMING] needs a beatmap_path whose beatmap has timing.")
        return lines
    if folders.timing_is_separate:
        writer = song_writer(request, folders.root, progress=writer.progress)
        chart = replace(chart, contexts={})  # what that model writes besides is not for the map
    return _heard_lines(request, writer, chart, sampling)


def _heard_lines(
    request: GenerationRequest, writer: SongWriter, chart: ChartInProgress, sampling: Sampling
) -> list[TimingPoint]:
    """What the model hears, in one pass or in many."""
    if not request.scope.super_timing:
        return hear_timing(writer, chart, sampling)
    if ContextKind.TIMING not in writer.spec.vocabulary.contexts:
        raise RequestError("super_timing=true needs a model that writes timing apart from the objects.")
    timer = SuperTimer(writer.listener, chart.attributes, sampling, chart.seed)
    return super_timed_red_lines(timer, request.scope.timer_iterations, writer.progress)


def hear_timing(writer: SongWriter, chart: ChartInProgress, sampling: Sampling) -> list[TimingPoint]:
    """Red lines as the model hears them. One that writes its beats among the objects has then written the map too."""
    beats_in = ContextKind.MAP if writer.spec.encoding.timing_in_map else ContextKind.TIMING
    (groups,) = writer.write_context(beats_in, [chart], sampling)
    if beats_in is ContextKind.MAP:
        chart.contexts[beats_in] = groups
    activations = song_activations(writer.model, writer.spec, writer.encoder_states, writer.windows, writer.song_ms)
    return red_lines_from(groups, activations, writer.spec, writer.song_ms)


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
    beatmap, _ = finish(draft, song_ms)
    beatmap.difficulty = _final_settings(request, beatmap, star_rating(beatmap))
    # Rules look at the settings too: AR says when a break has to end, OD how long a spinner must last.
    return finish(beatmap, song_ms)


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


def _draft_warnings(draft: Draft, repairs: FinishReport) -> list[str]:
    """What was lost on the way to the finished map, and what is still wrong with it."""
    warnings = []
    if draft.assembly.total:
        warnings.append(f"Some of what the model wrote could not be used ({draft.assembly.describe()}).")
    stray = sum(draft.generation.stray_events.values())
    if stray:
        warnings.append(f"{stray} of the {draft.generation.tokens} words that the model wrote belonged to no object.")
    return warnings + list(dict.fromkeys(finding.message for finding in repairs.remaining))
