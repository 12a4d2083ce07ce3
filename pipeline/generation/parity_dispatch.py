"""The program's only use of `parity`: requests with `parity=true`."""

from __future__ import annotations

from dataclasses import asdict
from functools import partial

from feedback.progress import Progress, silent
from osu_beatmap.beatmap import Beatmap
from osuT5.map_model.folder import is_map_model
from osuT5.model.files.find import find_model
from pipeline.generation.conditions import raw_sampling, spell_descriptors
from pipeline.generation.models import load_request_model
from pipeline.output.summary import GenerationSummary
from pipeline.request.options import GenerationRequest, RequestError


def generate_like_original(
    request: GenerationRequest, reference: Beatmap | None, seed: int, progress: Progress = silent
) -> tuple[Beatmap, GenerationSummary]:
    """Generate the map that the original program would generate.

    The reference is read again, with its quirks.
    """
    # Imported here, so that the program runs without the package.
    from parity.generate import OriginalOptions
    from parity.request import ParityRequest, map_as_published

    folders = find_model(request.model.model_path, request.map.gamemode)
    if is_map_model(folders.map):
        name = folders.map.name
        raise RequestError(
            f"parity=true is for published models: the program that they come from could not run {name}."
        )
    mapper = load_request_model(request, folders.map, request.model.lora_path)
    load_timing_model = partial(load_request_model, request, folders.root) if folders.has_separate_timing else None
    request, notes = spell_descriptors(request, mapper[1])
    scope = request.scope
    assert request.song.audio_path is not None, "filled in from the reference"
    result = map_as_published(
        ParityRequest(
            audio_path=request.song.audio_path,
            beatmap_path=request.song.beatmap_path,
            conditions=request.attributes(),
            negative_descriptors=request.map.negative_descriptors,
            settings={name: value for name, value in asdict(request.settings).items() if value is not None},
            scope=OriginalOptions(
                outputs=scope.output_type,
                given=frozenset(scope.in_context),
                start_ms=scope.start_time_ms,
                end_ms=scope.end_time_ms,
                adds_to_reference=scope.add_to_beatmap,
            ),
            sampling=raw_sampling(request),
            lookback=request.sampling.lookback,
            lookahead=request.sampling.lookahead,
            seed=seed,
        ),
        mapper,
        load_timing_model,
        progress,
    )
    rules = ", ".join(f"{rule.replace('_', ' ')} {count} x" for rule, count in result.broken_rules.items())
    notes += [f"Violations of rules in the original's output, left unchanged: {rules}."] if rules else []
    return result.beatmap, GenerationSummary(result.model, result.song_ms, notes)
