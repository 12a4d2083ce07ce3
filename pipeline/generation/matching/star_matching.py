"""Matching of the target star rating by several charts, rated when finished.

The model is told a star rating, but what it writes is often harder or easier. A chart that came out too hard is thinned
until it has the stars that were asked for, so the first one often is enough; one that came out too easy is followed by
charts for which the models are told more, some side by side.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from feedback.progress import Progress, silent
from osu_beatmap.attributes import WITH_SCROLL_SPEED
from osu_beatmap.beatmap import Beatmap, GameMode
from osu_beatmap.star_rating import star_rating
from osuT5.generation.chart_state import ChartState
from osuT5.tokens.events import ContextKind
from pipeline.finishing.finish import FinishReport
from pipeline.generation.chart import Draft, PreparedChart, prepare_chart, write_charts
from pipeline.generation.final_map import apply_request, finish_with_settings, summarise_draft
from pipeline.generation.matching.density import thinned
from pipeline.generation.matching.hold_notes import with_hold_note_ratio
from pipeline.generation.matching.scroll_speeds import with_scroll_speed_ratio
from pipeline.generation.refinement import refine_draft
from pipeline.output.summary import GenerationSummary
from pipeline.request.options import GenerationRequest, RequestError

CLOSE_STARS = 0.1
"""Nearer than this is near enough to stop."""

THINNING_STEPS = 7
MAX_CONDITION_STARS = 11.9

TRAINED_STARS = {
    GameMode.STANDARD: (1.3, 8.5),
    GameMode.TAIKO: (1.1, 7.0),
    GameMode.CATCH: (1.4, 4.9),
    GameMode.MANIA: (0.7, 5.8),
}
"""Star ratings of 98 % of the training charts that were made for a mode; outside them a model has seen next to none."""


ATTEMPTS: tuple[tuple[float, ...], ...] = ((0.0,), (1.0, 2.0), (3.5, 5.0, 6.5))
"""Stars added to the condition of each chart of each attempt, the easier ones first.

The first chart of all is the one that there is without matching. Nothing is generated with it, since a row costs nearly
as much as the one before it on a CPU and mostly would be for nothing.
"""


@dataclass(slots=True)
class Candidate:
    """A finished map and what it came from."""

    beatmap: Beatmap
    stars: float
    draft: Draft
    repairs: FinishReport

    def error(self, wanted: float) -> float:
        return abs(self.stars - wanted)


@dataclass(slots=True)
class StarTarget:
    """A requested map and the nearest candidate; `first` is without matching."""

    request: GenerationRequest
    begun: PreparedChart
    first: Candidate | None = None
    best: Candidate | None = None
    is_met: bool = False

    @property
    def wanted(self) -> float | None:
        return self.request.map.difficulty if self.request.map.match_difficulty else None


def generate_matched_map(
    request: GenerationRequest, reference: Beatmap | None, seed: int, progress: Progress = silent
) -> tuple[Beatmap, GenerationSummary]:
    """Generate several charts and return the one nearest to the request."""
    begun = prepare_chart(request, reference, seed, progress)
    write_parts_before_map(begun)
    wish = StarTarget(request, begun)
    match_star_ratings([wish], progress)
    if wish.best is None:
        raise RequestError("The model found nothing to map in this song; another seed or difficulty may help.")
    account = summarise_draft(wish.best.draft, wish.best.repairs)
    account.notes += beyond_training(wish.best.beatmap.mode, wish.wanted)
    return apply_request(request, reference, wish.best.beatmap), account


def write_parts_before_map(begun: PreparedChart) -> None:
    """Decode the contexts that all charts of a song share."""
    chart, spec = begun.chart, begun.writer.spec
    order = spec.contexts_of(chart.attributes.mode)
    for context in order[: order.index(ContextKind.MAP)]:
        if context not in chart.contexts:
            (chart.contexts[context],) = begun.writer.write_context(context, [chart], begun.sampling)


def match_star_ratings(wishes: Sequence[StarTarget], progress: Progress = silent) -> None:
    """Match each target in up to three attempts of parallel charts.

    A chart does not depend on its neighbours, so that a wish is met in the same way whatever others there are.
    The wishes share a writer and have the contexts before the map; one whose chart stays empty has no best.
    """
    for number, more_stars in enumerate(ATTEMPTS):
        pending = [wish for wish in wishes if not wish.is_met and number < wish.request.map.difficulty_attempts]
        if not pending:
            return
        charts = [_charts(wish, more_stars) for wish in pending]
        writer = pending[0].begun.writer
        write_charts(writer, [chart for own in charts for chart in own], pending[0].begun.sampling)
        for wish, own in zip(pending, charts, strict=True):
            _judge(wish, own, progress)


def _charts(wish: StarTarget, more_stars: Sequence[float]) -> list[ChartState]:
    if wish.wanted is None:
        charts = [replace(wish.begun.chart, contexts=dict(wish.begun.chart.contexts))]
    else:
        charts = [_chart(wish.begun.chart, each, wish.wanted) for each in more_stars]
    return [wish.begun.with_rhythm(chart) for chart in charts]


def _judge(wish: StarTarget, charts: Sequence[ChartState], progress: Progress) -> None:
    """Finish charts, easiest first, until one reaches the target or can be thinned to it."""
    request, wanted = wish.request, wish.wanted
    for chart in charts:
        draft = replace(wish.begun, chart=chart).draft()
        if not draft.beatmap.hit_objects:
            continue
        placed = refine_draft(request, draft.beatmap, draft.attributes, draft.encoding, chart.seed, progress)
        found = _finished(request, replace(draft, beatmap=placed), 0.0)
        wish.first = wish.first or found
        if wanted is None:
            wish.best, wish.is_met = found, True
            return
        is_hard_enough = found.stars >= wanted - CLOSE_STARS
        if found.stars > wanted + CLOSE_STARS:
            found = _nearest_thinned(request, replace(draft, beatmap=placed), wanted, found)
        if wish.best is None or found.error(wanted) < wish.best.error(wanted):
            wish.best = found
        if is_hard_enough:
            wish.is_met = True  # what comes next is harder still
            return


def _chart(base: ChartState, more_stars: float, wanted: float) -> ChartState:
    stars = min(MAX_CONDITION_STARS, wanted + more_stars)
    attributes = replace(base.attributes, difficulty=stars)
    negative = base.negative
    if negative is not None and negative.difficulty is not None:
        negative = replace(negative, difficulty=stars)
    return replace(
        base,
        attributes=attributes,
        negative=negative,
        contexts=dict(base.contexts),
    )


def _nearest_thinned(request: GenerationRequest, draft: Draft, wanted: float, best: Candidate) -> Candidate:
    """Return the nearest thinned form of a draft, or `best`."""
    low, high = 0.0, 1.0
    for _ in range(THINNING_STEPS):
        share = (low + high) / 2
        found = _finished(request, draft, share)
        if found.error(wanted) < best.error(wanted):
            best = found
        if best.error(wanted) <= CLOSE_STARS:
            break
        low, high = (share, high) if found.stars > wanted else (low, share)
    return best


def _finished(request: GenerationRequest, draft: Draft, share: float) -> Candidate:
    beatmap = thinned(draft.beatmap, share) if share else draft.beatmap
    beatmap, repairs = finish_with_settings(request, _with_ratios(request, beatmap, draft.song_ms), draft.song_ms)
    # Finishing may have shortened hold notes, or removed objects.
    again = _with_ratios(request, beatmap, draft.song_ms)
    if again is not beatmap:
        beatmap, repairs = finish_with_settings(request, again, draft.song_ms)
    return Candidate(beatmap, star_rating(beatmap), draft, repairs)


def _with_ratios(request: GenerationRequest, beatmap: Beatmap, song_ms: float) -> Beatmap:
    """Apply the requested ratios of hold notes and scroll speed changes."""
    wanted, mode = request.map, beatmap.mode
    if not wanted.match_difficulty:
        return beatmap
    if wanted.hold_note_ratio is not None and mode is GameMode.MANIA:
        beatmap = with_hold_note_ratio(beatmap, wanted.hold_note_ratio)
    if wanted.scroll_speed_ratio is not None and mode in WITH_SCROLL_SPEED:
        beatmap = with_scroll_speed_ratio(beatmap, wanted.scroll_speed_ratio, song_ms)
    return beatmap


def beyond_training(mode: GameMode, wanted: float | None) -> list[str]:
    """Return a warning outside the star ratings of the training data."""
    low, high = TRAINED_STARS[mode]
    if wanted is None or low <= wanted <= high:
        return []
    return [f"{wanted:g} stars are beyond what the model learned from in this mode ({low:g} to {high:g})."]
