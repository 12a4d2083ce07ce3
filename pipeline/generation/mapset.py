"""Mapsets: difficulties of one song with shared timing, in one .osz.

The song is heard once, and all difficulties are written side by side, each with a random generator of its own: what a
seed gives at a star rating does not depend on the other difficulties of the set.
"""

from __future__ import annotations

import secrets
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from feedback.progress import Progress, Stage, silent
from osu_beatmap.beatmap import Beatmap, GameMode
from osu_beatmap.files.file_names import osu_file_name
from osu_beatmap.rules import Level
from osu_beatmap.star_rating import stars_or_none
from pipeline.generation.chart import PreparedChart, prepare_chart, rating_so_far, tags_of
from pipeline.generation.conditions import conditions_of, negative_attributes, spell_descriptors
from pipeline.generation.final_map import apply_request, ratio_warnings, summarise_draft
from pipeline.generation.hitsounds import with_shared_sounds
from pipeline.generation.matching.star_matching import (
    StarTarget,
    beyond_training,
    match_star_ratings,
    write_parts_before_map,
)
from pipeline.generation.models import song_notes
from pipeline.generation.reference.reference_map import read_reference_map
from pipeline.output.metadata import version_name
from pipeline.output.osz import export_mapset
from pipeline.output.report import write_report
from pipeline.output.summary import GenerationResult, MapsetResult
from pipeline.request.levels import FULL_SPREADS
from pipeline.request.options import GenerationRequest, RequestError

HUMAN_DENSITIES = {
    GameMode.STANDARD: ((0.7, 1.5), (1.3, 2.5), (2.1, 3.3), (2.5, 4.5), (3.6, 6.7)),
    GameMode.TAIKO: ((1.3, 2.4), (2.4, 3.5), (3.5, 5.6), (6.2, 7.5), (6.5, 10.3)),
    GameMode.CATCH: ((1.5, 2.1), (2.1, 3.0), (2.8, 3.9), (3.6, 6.7), (3.6, 6.7)),
    GameMode.MANIA: ((0.8, 4.9), (4.4, 8.1), (6.2, 12.2), (9.3, 17.4), (15.4, 37.0)),
}
"""Objects a second of play without breaks, in which 90 % of the human charts of each level lie. The hardest levels of
catch, of which there are too few, have the ranges of standard.
"""


def generate_mapset(request: GenerationRequest, progress: Progress = silent) -> MapsetResult:
    """Generate a mapset and write it; write nothing if a stage fails.

    Raises RequestError, AudioError, BeatmapError or ModelError, each with one sentence for the user.
    """
    started = time.monotonic()
    # Settings of one difficulty are not those of the others.
    given = read_reference_map(replace(request, map=replace(request.map, difficulty=request.map.difficulty or 0.0)))
    request = given.request if given else request
    reference = given.beatmap if given else None
    seed = secrets.randbelow(2**31) if request.sampling.seed is None else request.sampling.seed
    request = replace(request, map=replace(request.map, difficulty=None))
    begun = prepare_chart(request, reference, seed, progress)
    write_parts_before_map(begun)
    wishes = [wish_like(request, begun, stars) for stars in difficulties_of(request)]
    match_star_ratings(wishes, progress)
    if any(wish.best is None for wish in wishes):
        raise RequestError("The model found nothing to map in this song for one of the difficulties; try another seed.")
    maps = with_shared_sounds([apply_request(request, reference, wish.best.beatmap) for wish in wishes])
    stars = [stars_or_none(beatmap) for beatmap in maps]
    shown = [wish.best.stars if rating is None else rating for wish, rating in zip(wishes, stars, strict=True)]
    names = version_names(maps, shown)
    progress(Stage.WRITING, 0, 1)
    paths = export_mapset(request, maps, names)
    warnings = [
        *song_notes(request),
        *group_notes({name: list(_warnings(wish)) for name, wish in zip(names, wishes, strict=True)}),
    ]
    warnings += given.notes if given else ()
    seconds = time.monotonic() - started
    result = MapsetResult(maps, stars, paths.osz_path, paths.osu_paths, seconds, seed, warnings)
    result.timing_confidences = begun.timing_confidences
    if request.output.report:
        result.report_paths = [_write_report(result, wish, number) for number, wish in enumerate(wishes)]
    return result


def _write_report(result: MapsetResult, wish: StarTarget, number: int) -> Path:
    """Write the report of a difficulty, next to the .osz if any."""
    assert wish.best is not None, "there is no map to report on"
    beatmap, stars, osz_path = result.beatmaps[number], result.star_ratings[number], result.osz_path
    osu_path = osz_path.with_name(osu_file_name(beatmap.metadata)) if osz_path else result.osu_paths[number]
    warnings = [*song_notes(wish.request), *_warnings(wish)]
    made = GenerationResult(beatmap, osu_path, osz_path, stars, result.seconds, result.seed, warnings)
    return write_report(wish.request, made, summarise_draft(wish.best.draft, wish.best.repairs))


def difficulties_of(request: GenerationRequest) -> tuple[float, ...]:
    """Return the star ratings of a mapset, in ascending order."""
    mode = request.map.gamemode
    assert mode is not None, "the mode of the reference beatmap was not filled in"
    return tuple(sorted(request.map.difficulties)) or FULL_SPREADS[mode]


def wish_like(request: GenerationRequest, begun: PreparedChart, stars: float) -> StarTarget:
    """Return the target of one difficulty on the shared timing and kiai."""
    asked = replace(request, map=replace(request.map, difficulty=stars))
    wanted, _ = spell_descriptors(asked, begun.writer.spec, tags_of(request, begun.rhythm))
    settings = wanted.difficulty_settings(stars)
    attributes = conditions_of(wanted, settings, begun.writer.spec.encoding)
    chart = replace(
        begun.chart,
        attributes=attributes,
        negative=negative_attributes(attributes, wanted),
        contexts=dict(begun.chart.contexts),
        rating=rating_so_far(attributes, begun.lines, settings, begun.writer.spec),
    )
    return StarTarget(wanted, replace(begun, chart=chart, settings=settings))


def version_names(maps: Sequence[Beatmap], stars: Sequence[float]) -> list[str]:
    """Return usual difficulty names; within a level, number them from the second."""
    found: Counter[str] = Counter()
    names = []
    for beatmap, rating in zip(maps, stars, strict=True):
        name = version_name(beatmap, rating)
        found[name] += 1
        names.append(name if found[name] == 1 else f"{name} {found[name]}")
    return names


def group_notes(notes: Mapping[str, Sequence[str]]) -> list[str]:
    """Return each note once, after the names of its difficulties.

    Args:
        notes: Name of each difficulty -> its notes.
    """
    names: dict[str, list[str]] = {}
    for name, own in notes.items():
        for note in dict.fromkeys(own):
            names.setdefault(note, []).append(name)
    is_mapset = len(notes) > 1
    return [
        note if is_mapset and len(about) == len(notes) else f"{', '.join(about)}: {note}"
        for note, about in names.items()
    ]


def density(beatmap: Beatmap) -> float:
    """Return the objects per second of play, without breaks."""
    times_ms = [obj.time_ms for obj in beatmap.hit_objects]
    played_ms = times_ms[-1] - times_ms[0] - sum(pause.end_ms - pause.start_ms for pause in beatmap.breaks)
    return 1000.0 * len(times_ms) / max(1000.0, played_ms)


def _warnings(wish: StarTarget) -> Iterator[str]:
    assert wish.best is not None, "there is no map to warn of"
    beatmap, stars = wish.best.beatmap, wish.best.stars
    yield from beyond_training(beatmap.mode, wish.wanted)
    yield from ratio_warnings(wish.request, beatmap)
    low, high = HUMAN_DENSITIES[beatmap.mode][Level.of_star_rating(stars)]
    found = density(beatmap)
    if not low <= found <= high:
        yield f"It has {found:.1f} objects a second; human-made maps of its level have {low:g} to {high:g}."
    yield from summarise_draft(wish.best.draft, wish.best.repairs).notes
