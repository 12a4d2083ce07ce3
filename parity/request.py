"""A request met as the program meets it that a model was published with: `parity=true`.

Here are that program's defaults, and how its parts come together; what it makes of them is in `parity.generate`.
Nothing is mended afterwards: what breaks a rule of osu! stays in the map, and is told.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, fields, replace
from pathlib import Path

import torch

from feedback.progress import Progress, Stage, silent
from osu_beatmap.attributes import Attributes
from osu_beatmap.beatmap import Beatmap, Difficulty
from osu_beatmap.files.reader import read_beatmap
from osu_beatmap.quirks import PUBLISHED
from osu_beatmap.rules import Severity, check
from osu_beatmap.star_rating import star_rating
from osuT5.audio.decode import load_audio_as_published
from osuT5.model.files.families import Family, family_of_model
from osuT5.model.files.loading import find_model
from parity.answers import PublishedAnswers
from parity.assembly.attributes import DEFAULT_KEYS, attributes_as_published
from parity.generate import PublishedOptions, Reference, generate_as_published, hears_timing
from parity.logit_rules import Temperatures
from parity.token_choice import PublishedSampling
from parity.window_schedule import PublishedChart, PublishedWriter, WindowTask, negative_attributes
from parity.windows import PublishedGrid
from pipeline.generation.models import loaded_model
from pipeline.output.summary import GenerationSummary
from pipeline.request.options import GenerationRequest, RequestError

DEFAULT_SETTINGS = Difficulty(
    hp_drain_rate=5.0,
    circle_size=4.0,
    overall_difficulty=8.0,
    approach_rate=9.0,
    slider_multiplier=1.4,
    slider_tick_rate=1.0,
)
"""Without a reference beatmap to take them from."""


def map_as_published(
    request: GenerationRequest, reference: Beatmap | None, seed: int, progress: Progress = silent
) -> tuple[Beatmap, GenerationSummary]:
    """The map of a request, and how it came about.

    Raises RequestError for a model that the other program could not run, AudioError, ModelError.
    """
    given = _reference(request, reference)
    settings = _settings(request, given)
    attributes = _attributes(request, settings, given)
    chart = PublishedChart(attributes, _unwanted(request, attributes))
    desk = _Desk(request, chart, torch.Generator().manual_seed(seed), progress)
    folders = find_model(request.model.model_path, attributes.mode)
    writer, family = desk.writer(folders.map, request.model.lora_path)
    options = _options(request, family, seed)
    is_apart = folders.timing_is_separate and hears_timing(options, writer.spec, attributes.mode)
    timing_writer = desk.writer(folders.root)[0] if is_apart else None
    beatmap = generate_as_published(writer, chart, settings, options, given, timing_writer).beatmap
    return beatmap, GenerationSummary(writer.spec.name, writer.song_ms, _broken_rules(beatmap, writer.song_ms))


@dataclass(frozen=True, slots=True)
class _Desk:
    """What all models share that write one chart: its song, and one generator of random numbers."""

    request: GenerationRequest
    chart: PublishedChart
    generator: torch.Generator
    progress: Progress

    def writer(self, folder: Path, lora: str | None = None) -> tuple[PublishedWriter, Family]:
        """The model in a folder, in front of the song."""
        model, spec = loaded_model(self.request, folder, lora)
        family = family_of_model(model.config, spec)
        if family is None:
            raise RequestError(
                f"parity=true is for published models: the program that they come from could not run {spec.name}."
            )
        scope, sampling = self.request.scope, self.request.sampling
        samples = load_audio_as_published(self.request.song.audio_path, spec.grid.sample_rate)
        grid = PublishedGrid(spec.grid, sampling.lookback, sampling.lookahead)
        windows = grid.windows(len(samples), scope.start_time_ms, scope.end_time_ms)
        answers = PublishedAnswers(
            model, spec, samples, self.chart.attributes, _sampling(self.request), self.generator, sampling.cfg_scale
        )

        def answer(task: WindowTask) -> None:
            answers(task)
            self.progress(Stage(task.context.value), windows.index(task.window) + 1, len(windows))

        song_ms = 1000.0 * len(samples) / spec.grid.sample_rate
        return PublishedWriter(spec, grid, windows, song_ms, answers.max_length, answer), family


def _reference(request: GenerationRequest, plain: Beatmap | None) -> Reference | None:
    if plain is None:
        return None
    assert request.song.beatmap_path is not None, "a reference beatmap comes from a file"
    return Reference(plain, read_beatmap(request.song.beatmap_path, quirks=PUBLISHED))


def _settings(request: GenerationRequest, given: Reference | None) -> Difficulty:
    """[Difficulty] of the map: what the user gave, then that of the reference, then the defaults."""
    settings = replace(given.to_encode.difficulty if given else DEFAULT_SETTINGS)
    for option in fields(request.settings):
        value = getattr(request.settings, option.name)
        if value is not None:
            setattr(settings, option.name, value)
    return settings


def _attributes(request: GenerationRequest, settings: Difficulty, given: Reference | None) -> Attributes:
    """What the model is told: what the user gave, then what the reference is like."""
    asked = request.attributes()
    if given is None:
        like = Attributes(asked.mode, hitsounded=True, key_count=DEFAULT_KEYS)
    else:
        like = attributes_as_published(given.to_encode, round(star_rating(given.plain), 2))
    told = {field.name: getattr(asked, field.name) for field in fields(asked)}
    told |= {"circle_size": settings.circle_size, "slider_multiplier": settings.slider_multiplier}
    return replace(like, **{name: value for name, value in told.items() if value not in (None, ())})


def _unwanted(request: GenerationRequest, attributes: Attributes) -> Attributes | None:
    """What guidance leads away from."""
    if request.sampling.cfg_scale <= 1:
        return None
    return negative_attributes(attributes, request.map.negative_descriptors)


def _sampling(request: GenerationRequest) -> PublishedSampling:
    asked = request.sampling
    return PublishedSampling(
        Temperatures(asked.temperature or 1.0), draws=asked.temperature > 0, top_p=asked.top_p, top_k=asked.top_k
    )


def _options(request: GenerationRequest, family: Family, seed: int) -> PublishedOptions:
    scope = request.scope
    return PublishedOptions(
        outputs=scope.output_type,
        given=frozenset(scope.in_context),
        timing_leniency_ms=family.timing_leniency_ms,
        merges_near_places=family.merges_near_places,
        start_ms=scope.start_time_ms,
        end_ms=scope.end_time_ms,
        adds_to_reference=scope.add_to_beatmap,
        seed=seed % 2**32,  # numpy takes no larger ones
    )


def _broken_rules(beatmap: Beatmap, song_ms: float) -> list[str]:
    counts = Counter(found.rule for found in check(beatmap, song_ms) if found.severity is Severity.PROBLEM)
    if not counts:
        return []
    rules = ", ".join(f"{rule.replace('_', ' ')} {count} x" for rule, count in counts.items())
    return [f"Left as the published program writes it, though it breaks rules of osu!: {rules}."]
