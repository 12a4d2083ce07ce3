"""Last stages of a map: repairs, difficulty settings, given parts, summary."""

from __future__ import annotations

from osu_beatmap.attributes import hold_note_ratio, scroll_speed_ratio
from osu_beatmap.beatmap import Beatmap
from osu_beatmap.star_rating import stars_or_none
from osuT5.tokens.events import ContextKind
from pipeline.finishing.finish import FinishReport, finish
from pipeline.generation.chart import Draft
from pipeline.generation.conditions import expected_stars, remove_additions
from pipeline.generation.reference.reference_parts import with_reference_parts
from pipeline.output.summary import GenerationSummary
from pipeline.request.options import GenerationRequest

MAX_STAR_ERROR = 1.0
MAX_RATIO_ERROR = 0.05
MIN_NOTED_SHARE = 0.01
"""Fraction of unusable parts from which a note reports them; reports count all of them."""


def finish_with_settings(request: GenerationRequest, draft: Beatmap, song_ms: float) -> tuple[Beatmap, FinishReport]:
    """Repair a draft, with the settings for its final star rating."""
    options = {"fill": not request.scope.is_part, "keep_reds": ContextKind.TIMING in request.scope.in_context}
    beatmap, _ = finish(draft, song_ms, **options)
    stars = stars_or_none(beatmap)
    settings = request.difficulty_settings(expected_stars(request) if stars is None else stars)
    # Circle size and slider multiplier stay: objects were placed for them.
    settings.circle_size = beatmap.difficulty.circle_size
    settings.slider_multiplier = beatmap.difficulty.slider_multiplier
    beatmap.difficulty = settings
    # Rules depend on the settings too: AR determines the end of a break, OD the minimum length of a spinner.
    return finish(beatmap, song_ms, **options)


def apply_request(request: GenerationRequest, reference: Beatmap | None, beatmap: Beatmap) -> Beatmap:
    """Restore given parts, and remove hitsounds if none are requested."""
    if request.map.hitsounded is False:
        beatmap = remove_additions(beatmap)
    return with_reference_parts(beatmap, request.scope, reference)


def summarise_draft(draft: Draft, repairs: FinishReport) -> GenerationSummary:
    """Summarise what was lost, and which problems remain."""
    written, lost = draft.generation, draft.assembly
    notes = [*draft.notes, *written.notes]
    objects, stray = lost.total + len(draft.beatmap.hit_objects), sum(written.stray_events.values())
    for kind, unusable, total in (("objects", lost.total, objects), ("tokens", stray, written.tokens)):
        share = unusable / max(1, total)
        if share >= MIN_NOTED_SHARE:
            notes.append(f"{100 * share:.1f} % of the generated {kind} were unusable.")
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
        timing_confidences=draft.timing_confidences,
    )


def ratio_warnings(request: GenerationRequest, beatmap: Beatmap) -> list[str]:
    """Return a sentence for each requested ratio that was missed."""
    warnings = []
    for name, measure in (("hold_note_ratio", hold_note_ratio), ("scroll_speed_ratio", scroll_speed_ratio)):
        wanted = getattr(request.map, name)
        if wanted is None or not beatmap.hit_objects:
            continue
        found = measure(beatmap)
        if abs(found - wanted) > MAX_RATIO_ERROR:
            warnings.append(f"{name} of the map is {found:.2f}, {wanted:g} was requested.")
    return warnings


def star_warnings(request: GenerationRequest, beatmap: Beatmap, stars: float | None) -> list[str]:
    """Return a sentence if the star rating missed its target."""
    wanted = request.map.difficulty
    if wanted is None or stars is None or not beatmap.hit_objects or abs(stars - wanted) <= MAX_STAR_ERROR:
        return []
    return [f"The map has {stars:.1f} stars, {wanted:g} were requested."]
