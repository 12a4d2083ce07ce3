"""From a request to reviews: the main path of MaiMod."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from feedback.progress import Progress, Stage, silent
from modding.aspects import Category
from modding.fixes import apply_fixes
from modding.mapset import Mapset, differences, open_mapset
from modding.observation.surprisal import SongReader, read_song, stars_of
from modding.options import ReviewRequest
from modding.report.editor_notation import MapNames
from modding.rule_suggestions import rule_suggestions
from modding.score import rate_map
from modding.set_checks import set_suggestions
from modding.suggestion_builder import drain_minutes, suggestions_of
from modding.suggestions import Review, Suggestion, in_time, most_surprising_first, with_distinct_ids
from modding.thresholds import ThresholdTable, weights_digest
from modding.whole_map.map_suggestions import map_suggestions
from modding.whole_map.norms import load_norms
from osu_beatmap.beatmap import GameMode
from osu_beatmap.files.reader import first_warnings, read_beatmap
from osu_beatmap.files.writer import temporary_beside
from osu_beatmap.line_edits import rewrite
from osu_beatmap.song_bounds import part_in_song
from osu_beatmap.star_rating import stars_or_none, unrated_reason
from osuT5.audio.decode import audio_notes, load_audio
from osuT5.map_model.folder import is_map_model
from osuT5.model.files.find import BUNDLED_MODEL, best_device, find_model
from osuT5.rhythm.features import SongAudio
from pipeline.generation.model_cache import load_cached
from pipeline.generation.models import adapters_of
from pipeline.output.summary import MODE_NAMES, timing_of
from pipeline.request.options import RequestError

COPY_NOTE = " (modded)"
MAX_NUMBERED = 1000


@dataclass(slots=True)
class _Ears:
    """A model and the songs that it has encoded in this run."""

    request: ReviewRequest
    progress: Progress
    readers: dict[tuple[Path, GameMode], SongReader]

    def reader(self, audio_path: Path, mode: GameMode) -> SongReader:
        """Return the reader of a song and a mode.

        Published models may have one of their own for a mode.
        """
        folder = find_model(self.request.model_path, mode).map
        key = (audio_path, folder)
        if key not in self.readers:
            self.readers[key] = self._open_song(audio_path, folder)
        return self.readers[key]

    def _open_song(self, audio_path: Path, folder: Path) -> SongReader:
        options = self.request
        lora, adapter = adapters_of(folder, options.lora_path)
        if is_map_model(folder):
            self.progress(Stage.ENCODING, 0, 1)
            return SongReader(SongAudio.load(audio_path), folder, adapter)
        from osuT5.model.files.loading import load_model  # takes seconds to import

        weights = "fp32" if options.precision == "amp" else options.precision
        model, spec = load_cached(load_model, folder, best_device(options.device), weights, lora=lora)
        return read_song(model, spec, load_audio(audio_path, spec.grid.sample_rate), self.progress)


def review(request: ReviewRequest, progress: Progress = silent) -> list[Review]:
    """Review the map of a request, or each of a mapset.

    Differences between difficulties come first.

    Raises:
        RequestError, BeatmapError, AudioError, ModelError, TableError: One sentence for the user.
    """
    ears = _Ears(request, progress, {})
    with open_mapset(request.beatmap_path, request.audio_path) as mapset, precision_of(request):
        reviews = [_review_map(request, ears, mapset, name) for name in mapset.maps]
        across = set_suggestions(mapset.maps, mapset.files, mapset.storyboards)
    shared = with_distinct_ids([*differences(mapset.maps), *across])
    if shared or mapset.notes:
        found, notes = tuple(_filter(request, shared)), tuple(mapset.notes)
        reviews.insert(0, Review(reviews[0].title, "all difficulties", "", 0.0, 0.0, found, notes))
    return reviews


def precision_of(request: ReviewRequest):
    """Return the autocast context of a request.

    With amp, the model computes in bf16 if that is safe, on weights in fp32.
    """
    if request.precision != "amp":
        return nullcontext()
    return torch.autocast(best_device(request.device).partition(":")[0], torch.bfloat16)


def _review_map(request: ReviewRequest, ears: _Ears, mapset: Mapset, name: str) -> Review:
    beatmap = mapset.maps[name]
    reader = ears.reader(mapset.audio[name], beatmap.mode)
    table, notes = thresholds_for(request.model_path, beatmap.mode)
    song_ms, stars = reader.song_ms, stars_of(beatmap)
    norms = load_norms()
    notes = [*_reading_notes(mapset, name), *notes]
    timing: list[dict[str, float]] = []
    try:
        part = part_in_song(beatmap, song_ms)
        notes = [*(f"{name}: {note}" for note in part.notes), *notes]
        stars = stars_of(part.beatmap)
        timing = timing_of(part.beatmap, reader.confidences(part.beatmap))
        observed = reader.observe(beatmap, *request.span_ms)
        whole = map_suggestions(MapNames(part.beatmap), stars, norms, reader.ticks(part.beatmap, stars))
        suggestions = suggestions_of(beatmap, observed, table, song_ms, stars, request.min_surprisal, whole=whole)
    except ValueError as error:
        # Without a tempo no model can read the map; the rules report it.
        notes = [*notes, f"Only the rules were checked: {error}."]
        suggestions = with_distinct_ids(in_time(rule_suggestions(MapNames(beatmap), song_ms, stars)))
    is_whole = request.span_ms == (-math.inf, math.inf) and request.min_surprisal is None
    metadata = beatmap.metadata
    return Review(
        title=f"{metadata.artist} - {metadata.title}",
        version=metadata.version,
        mode=MODE_NAMES[beatmap.mode],
        stars=stars,
        song_ms=song_ms,
        suggestions=tuple(_filter(request, suggestions)),
        notes=(*audio_notes(mapset.audio[name]), *notes),
        path=name,
        score=rate_map(suggestions, drain_minutes(beatmap), beatmap.mode, norms) if is_whole else None,
        timing=tuple(timing),
    )


def _reading_notes(mapset: Mapset, name: str) -> Iterator[str]:
    """Yield notes on unread and unused parts of a map."""
    beatmap = mapset.maps[name]
    yield from (f"{name}: {warning}." for warning in first_warnings(mapset.warnings.get(name, [])))
    if stars_or_none(beatmap) is None:
        yield f"{name}: osu! has no star rating for it ({unrated_reason(beatmap)})."


def thresholds_for(model_path: str | None, mode: GameMode) -> tuple[ThresholdTable, list[str]]:
    """Return the threshold table of a model, else the bundled one.

    A note states that it was made for other weights.
    """
    folder = find_model(model_path, mode).map
    own = ThresholdTable.load(folder)
    table = own or ThresholdTable.load(BUNDLED_MODEL) or ThresholdTable()
    if own is None:
        return table, ["This model has no table of thresholds; those of the bundled model are used."]
    if own.weights_sha256 and own.weights_sha256 != weights_digest(folder):
        note = "The thresholds were calibrated on other weights of this model; expect more or fewer suggestions."
        return table, [note]
    return table, []


def _filter(request: ReviewRequest, suggestions: Sequence[Suggestion]) -> list[Suggestion]:
    """Return the requested suggestions.

    They are filtered by category, span, and surprisal within a category.
    """
    start_ms, end_ms = request.span_ms
    chosen = [
        each
        for each in suggestions
        if (not request.categories or each.category in request.categories)
        and (each.time_ms is None or start_ms <= each.time_ms <= end_ms)
        and (request.min_surprisal is None or each.surprisal is None or each.surprisal >= request.min_surprisal)
    ]
    if request.max_per_category is None:
        return chosen
    counts: Counter[Category] = Counter()
    kept = set()
    for each in most_surprising_first(chosen):
        counts[each.category] += 1
        if counts[each.category] <= request.max_per_category:
            kept.add(each.id)
    return [each for each in chosen if each.id in kept]


def write_fixed_copy(request: ReviewRequest, reviewed: Review) -> tuple[Path, list[Suggestion]]:
    """Write a copy of the map with the fixes of `apply`.

    Returns its path and the applied suggestions.

    Raises:
        RequestError: The review has no such id, or its suggestion has no fix.
    """
    by_id = {each.id: each for each in reviewed.suggestions}
    chosen = []
    for name in request.apply:
        if name not in by_id:
            raise RequestError(f"There is no suggestion {name} in this review; each suggestion shows its id.")
        if by_id[name].fix is None:
            raise RequestError(f"{name} has no fix to apply; change the map in the editor.")
        chosen.append(by_id[name])
    mended = apply_fixes(read_beatmap(request.beatmap_path), [each.fix for each in chosen])
    mended.metadata = replace(mended.metadata, version=mended.metadata.version + COPY_NOTE, beatmap_id=0)
    folder = request.output_path or request.beatmap_path.parent
    folder.mkdir(parents=True, exist_ok=True)
    path = _free_path(folder, request.beatmap_path.stem)
    with temporary_beside(path) as file:
        file.write(rewrite(request.beatmap_path.read_bytes(), mended))
    return path, chosen


def _free_path(folder: Path, stem: str) -> Path:
    for number in range(1, MAX_NUMBERED):
        path = folder / f"{stem}{COPY_NOTE}{f' {number}' if number > 1 else ''}.osu"
        if not path.exists():
            return path
    raise RequestError(f"output_path is full of copies of this map: {folder}.")
