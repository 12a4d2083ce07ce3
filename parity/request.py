"""Requests with `parity=true`: defaults and models of the original.

The path from windows to the beatmap is in `parity.generate`. Nothing is repaired: objects that break a rule of osu!
stay in the map, and are counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path

import torch

from feedback.errors import UserError
from feedback.progress import Progress, Stage, silent
from osu_beatmap.attributes import Attributes
from osu_beatmap.beatmap import Beatmap, Difficulty, GameMode
from osu_beatmap.rules import Severity, check
from osu_beatmap.star_rating import star_rating
from osuT5.generation.sampling.sampler import Sampling
from osuT5.model.files.families import Family, family_of_model
from osuT5.model.seq2seq import MapperModel
from osuT5.tokens.contract import Contract
from osuT5.tokens.events import ContextKind
from parity.answers import OriginalAnswers
from parity.assembly.attributes import DEFAULT_KEYS, attributes_as_published
from parity.audio import load_audio_as_published
from parity.generate import OriginalOptions, Reference, generate_as_published, predicts_timing
from parity.logit_rules import Temperatures
from parity.token_choice import OriginalSampling
from parity.window_schedule import OriginalChart, OriginalWriter, WindowTask, negative_attributes
from parity.windows import OriginalGrid

DEFAULT_SETTINGS = Difficulty(
    hp_drain_rate=5.0,
    circle_size=4.0,
    overall_difficulty=8.0,
    approach_rate=9.0,
    slider_multiplier=1.4,
    slider_tick_rate=1.0,
)
"""[Difficulty] settings of a map without a reference."""

LoadedModel = tuple[MapperModel, Contract]


class ParityError(UserError):
    """A request that the original program could not run."""


@dataclass(frozen=True, slots=True)
class ParityRequest:
    """Options of one map; None and empty values are not given.

    Attributes:
        conditions: Conditions that the user gave, with the game mode.
        settings: [Difficulty] settings that the user gave, by the names of `Difficulty`.
        scope: Contexts and span, without what depends on the model family.
    """

    audio_path: Path
    beatmap_path: Path | None
    conditions: Attributes
    negative_descriptors: tuple[str, ...]
    settings: Mapping[str, float]
    scope: OriginalOptions
    sampling: Sampling
    lookback: float
    lookahead: float
    seed: int


@dataclass(frozen=True, slots=True)
class ParityMap:
    """A map of the original, with counts of broken rules."""

    beatmap: Beatmap
    model: str
    song_ms: float
    broken_rules: Mapping[str, int]


def map_as_published(
    request: ParityRequest,
    mapper: LoadedModel,
    load_timing_model: Callable[[], LoadedModel] | None = None,
    progress: Progress = silent,
) -> ParityMap:
    """Generate the map that the original program generates.

    Args:
        load_timing_model: Loads the model that predicts the timing, if it is not `mapper`.

    Raises:
        ParityError: The original could not run this model, or the model cannot read a given context.
        AudioError, BeatmapError, ModelError: One sentence for the user.
    """
    given = Reference.read(request.beatmap_path) if request.beatmap_path else None
    settings = replace(given.to_encode.difficulty if given else DEFAULT_SETTINGS, **request.settings)
    attributes = _attributes(request.conditions, settings, given)
    negative = (
        negative_attributes(attributes, request.negative_descriptors) if request.sampling.guidance_scale > 1 else None
    )
    chart = OriginalChart(attributes, negative)
    desk = _Desk(request, chart, torch.Generator().manual_seed(request.seed), progress)
    writer, family = desk.writer(*mapper)
    _check_contexts(request.scope, writer.spec, attributes.mode)
    options = replace(
        request.scope,
        timing_leniency_ms=family.timing_leniency_ms,
        merges_near_places=family.merges_near_places,
        seed=request.seed % 2**32,  # numpy takes no larger ones
    )
    is_separate = load_timing_model is not None and predicts_timing(options, writer.spec, attributes.mode)
    timing_writer = desk.writer(*load_timing_model())[0] if is_separate else None
    beatmap = generate_as_published(writer, chart, settings, options, given, timing_writer).beatmap
    broken = Counter(found.rule for found in check(beatmap, writer.song_ms) if found.severity is Severity.PROBLEM)
    return ParityMap(beatmap, writer.spec.name, writer.song_ms, broken)


@dataclass(frozen=True, slots=True)
class _Desk:
    """Song and random generator shared by the models of a map."""

    request: ParityRequest
    chart: OriginalChart
    generator: torch.Generator
    progress: Progress

    def writer(self, model: MapperModel, contract: Contract) -> tuple[OriginalWriter, Family]:
        """Prepare a model for the song."""
        family = family_of_model(model.config, contract)
        if family is None:
            raise ParityError(
                f"parity=true is for published models: the program that they come from could not run {contract.name}."
            )
        request = self.request
        samples = load_audio_as_published(request.audio_path, contract.grid.sample_rate)
        grid = OriginalGrid(contract.grid, request.lookback, request.lookahead)
        windows = grid.windows(len(samples), request.scope.start_ms, request.scope.end_ms)
        asked = request.sampling
        # Greedy decoding divides by no temperature.
        temperatures = Temperatures(asked.temperature or 1.0)
        sampling = OriginalSampling(temperatures, asked.temperature > 0, asked.top_p, asked.top_k)
        answers = OriginalAnswers(
            model, contract, samples, self.chart.attributes, sampling, self.generator, asked.guidance_scale
        )

        def answer(task: WindowTask) -> None:
            answers(task)
            self.progress(Stage(task.context.value), windows.index(task.window) + 1, len(windows))

        song_ms = 1000.0 * len(samples) / contract.grid.sample_rate
        return OriginalWriter(contract, grid, windows, song_ms, answers.max_length, answer), family


def _attributes(requested: Attributes, settings: Difficulty, reference: Reference | None) -> Attributes:
    """Return the conditions: those of the user, then those of the reference."""
    if reference is None:
        like = Attributes(requested.mode, hitsounded=True, key_count=DEFAULT_KEYS)
    else:
        like = attributes_as_published(reference.to_encode, round(star_rating(reference.plain), 2))
    told = {field.name: getattr(requested, field.name) for field in fields(requested)}
    told |= {"circle_size": settings.circle_size, "slider_multiplier": settings.slider_multiplier}
    return replace(like, **{name: value for name, value in told.items() if value not in (None, ())})


def _check_contexts(scope: OriginalOptions, contract: Contract, mode: GameMode) -> None:
    """Refuse given contexts that the model does not read.

    A span may give kiai that the model has no tokens for: it stays outside the span. Timing is always used.
    """
    known = {ContextKind.NONE, ContextKind.TIMING, *contract.contexts_of(mode)}
    known |= {ContextKind.KIAI} if scope.adds_to_reference else set()
    unknown = sorted(context.name for context in scope.given - known)
    if unknown:
        raise ParityError(f"With parity=true, {contract.name} does not read {unknown[0]}: remove it from in_context.")
