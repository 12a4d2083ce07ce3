"""Matching of the target star rating by successive charts.

A chart often has more or fewer stars than its condition. One that is a little too hard is thinned, which brings its
rating to the target. After any other miss, the next chart has a condition that makes up for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from feedback.progress import Progress, silent
from osu_beatmap.attributes import WITH_SCROLL_SPEED
from osu_beatmap.beatmap import Beatmap, GameMode
from osu_beatmap.star_rating import stars_or_none
from osuT5.generation.chart_state import ChartState
from osuT5.tokens.events import ContextKind
from pipeline.finishing.finish import FinishReport
from pipeline.generation.chart import Draft, PreparedChart, prepare_chart, write_charts
from pipeline.generation.conditions import expected_stars
from pipeline.generation.final_map import apply_request, finish_with_settings, summarise_draft
from pipeline.generation.matching.catch_width import NARROWEST, scaled_width, widest_factor
from pipeline.generation.matching.density import thinning_order, without
from pipeline.generation.matching.hold_notes import with_hold_note_ratio
from pipeline.generation.matching.scroll_speeds import with_scroll_speed_ratio
from pipeline.generation.refinement import refine_draft
from pipeline.output.summary import GenerationSummary
from pipeline.request.options import GenerationRequest, RequestError

CLOSE_STARS = 0.1
"""Distance from the target below which matching stops."""

THINNING_STEPS = 7
MAX_CONDITION_STARS = 11.9

TRAINED_STARS = {
    GameMode.STANDARD: (1.3, 8.5),
    GameMode.TAIKO: (1.1, 7.0),
    GameMode.CATCH: (1.4, 4.9),
    GameMode.MANIA: (0.7, 5.8),
}
"""Star ratings of 98 % of the training charts that were made for a mode; there is hardly any data outside."""


FIRST_EXCESS_STARS = {GameMode.CATCH: 0.3}
"""By how much maps of the bundled model are harder than their condition, and a little less.

On seven training songs: 0.50 at 2 stars, 0.40 at 3.5 and 0.21 at 5. Narrower maps have less variation.
"""

OVERSHOOT_STARS = 0.1
"""Margin of later charts above the target: thinning lowers a rating, and nothing raises it."""

THINNED_STARS = 0.5
"""Excess above which a chart is generated again: thinning removes objects that fit the music."""

THINNED_SHARE = {GameMode.STANDARD: 0.08}
"""The same as a fraction of the target. In standard, 0.3 stars less than 2.3 would take a third of the objects."""

NARROWEST_SPACING = 0.6
"""Smallest factor of distances in standard."""

SPACING_EXPONENT = 0.4
"""Power of the factor of distances that a star rating is multiplied by: 0.4 for maps of 2 stars of 16 songs."""

DISTANT_SLOPE = 0.7
"""Assumed gain in star rating for one star of condition after a large miss: such maps react less to it."""

MIN_SLOPE, MAX_SLOPE = 0.3, 1.5
"""Limits of the assumed gain in star rating for one star of condition."""


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
    """A requested map and the nearest candidate; `first` is without matching.

    Attributes:
        tried: Star condition and star rating of each chart so far.
        spacing: Factor of the distances of the next chart.
        harder: Candidate that is least too hard, before thinning.
    """

    request: GenerationRequest
    begun: PreparedChart
    first: Candidate | None = None
    best: Candidate | None = None
    is_met: bool = False
    tried: list[tuple[float, float]] = field(default_factory=list)
    spacing: float = 1.0
    harder: Candidate | None = None

    @property
    def wanted(self) -> float | None:
        return self.request.map.difficulty if self.request.map.match_difficulty else None

    @property
    def attempts_left(self) -> int:
        return self.request.map.difficulty_attempts - len(self.tried)

    @property
    def is_pending(self) -> bool:
        """Return whether another chart is generated; without a target there is one."""
        return not self.is_met and self.attempts_left > 0


WIDTH_STEPS = 7
"""Widths of a catch map that are tried."""


def generate_matched_map(
    request: GenerationRequest, reference: Beatmap | None, seed: int, progress: Progress = silent
) -> tuple[Beatmap, GenerationSummary]:
    """Generate charts until one is near the request; return the nearest."""
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
    """Match each target by at most `difficulty_attempts` charts.

    A chart does not depend on its neighbours, so each target is met in the same way with and without others. All of
    them share a generator and have the contexts before the map; one whose chart stays empty has no best candidate.
    """
    while pending := [wish for wish in wishes if wish.is_pending]:
        charts = [_next_chart(wish) for wish in pending]
        write_charts(pending[0].begun.writer, charts, pending[0].begun.sampling)
        for wish, chart in zip(pending, charts, strict=True):
            _judge(wish, chart, progress)


def next_condition(tried: Sequence[tuple[float, float]], wanted: float) -> float:
    """Return the star condition of the next chart.

    Args:
        tried: Star condition and star rating of each chart so far.
        wanted: Target star rating.
    """
    if not tried:
        return wanted
    condition, stars = tried[-1]
    slope = 1.0 if abs(wanted - stars) <= THINNED_STARS else DISTANT_SLOPE
    if len(tried) > 1 and condition != tried[-2][0]:
        slope = (stars - tried[-2][1]) / (condition - tried[-2][0])
    following = condition + (wanted + OVERSHOOT_STARS - stars) / min(max(slope, MIN_SLOPE), MAX_SLOPE)
    return min(max(following, 0.0), MAX_CONDITION_STARS)


def _next_chart(wish: StarTarget) -> ChartState:
    base = wish.begun.chart
    chart = replace(base, contexts=dict(base.contexts))
    if wish.wanted is not None:
        narrower = 1.0
        if wish.tried and base.attributes.mode is GameMode.STANDARD:
            # Easy maps of fast songs hardly react to their condition.
            narrower = min(1.0, wish.wanted / max(0.1, wish.tried[-1][1]))
            wish.spacing = chart.spacing = max(NARROWEST_SPACING, wish.spacing * narrower)
        expected = [(condition, found * narrower**SPACING_EXPONENT) for condition, found in wish.tried]
        stars = next_condition(expected, wish.wanted)
        if not wish.tried and wish.begun.rhythm is not None:
            stars = max(0.0, stars - FIRST_EXCESS_STARS.get(base.attributes.mode, 0.0))
        chart.attributes = replace(base.attributes, difficulty=stars)
        if base.negative is not None and base.negative.difficulty is not None:
            chart.negative = replace(base.negative, difficulty=stars)
    return wish.begun.with_rhythm(chart)


def _judge(wish: StarTarget, chart: ChartState, progress: Progress) -> None:
    """Finish a chart; keep it if it is the nearest so far.

    A chart that is a little too hard is thinned.
    """
    request, wanted = wish.request, wish.wanted
    draft = replace(wish.begun, chart=chart).draft()
    condition = chart.attributes.difficulty or 0.0
    if not draft.beatmap.hit_objects:
        wish.tried.append((condition, 0.0))
        return
    placed = refine_draft(request, draft, chart.seed, progress)
    found = _finished(request, replace(draft, beatmap=placed))
    wish.tried.append((condition, found.stars))
    wish.first = wish.first or found
    if wanted is None:
        wish.best, wish.is_met = found, True
        return
    if draft.has_exact_positions and placed.mode is GameMode.CATCH:
        found = _nearest_width(request, replace(draft, beatmap=placed), wanted, found)
    excess = found.stars - wanted
    most = min(THINNED_STARS, wanted * THINNED_SHARE.get(placed.mode, 1.0))
    if excess > CLOSE_STARS and (wish.harder is None or found.stars < wish.harder.stars):
        wish.harder = found
    if wish.best is None or found.error(wanted) < wish.best.error(wanted):
        wish.best = found
    wish.is_met = wish.best.error(wanted) <= CLOSE_STARS or CLOSE_STARS < excess <= most
    if wish.harder and wish.best.error(wanted) > CLOSE_STARS and (wish.is_met or not wish.attempts_left):
        wish.best = _nearest_thinned(request, wish.harder.draft, wanted, wish.best)


def _nearest_thinned(request: GenerationRequest, draft: Draft, wanted: float, best: Candidate) -> Candidate:
    """Return the nearest thinned form of a draft, or `best`."""
    low, high, order = 0.0, 1.0, thinning_order(draft.beatmap)
    for _ in range(THINNING_STEPS):
        share = (low + high) / 2
        thinned = without(draft.beatmap, order[: round(share * len(order))])
        found = replace(_finished(request, replace(draft, beatmap=thinned)), draft=draft)
        if found.error(wanted) < best.error(wanted):
            best = found
        if best.error(wanted) <= CLOSE_STARS:
            break
        low, high = (share, high) if found.stars > wanted else (low, share)
    return best


def _nearest_width(request: GenerationRequest, draft: Draft, wanted: float, best: Candidate) -> Candidate:
    """Return the nearest scaled form of a catch draft, or `best`.

    In catch, the star rating depends on the distance between objects, and hardly on their number.
    """
    low, high = (NARROWEST, 1.0) if best.stars > wanted else (1.0, widest_factor(draft.beatmap))
    with_multiplier = request.settings.slider_multiplier is None and not request.scope.is_part
    for step in range(WIDTH_STEPS):
        if best.error(wanted) <= CLOSE_STARS or low >= high:
            break
        # The far end first: often it is not enough.
        factor = (low if best.stars > wanted else high) if step == 0 else (low + high) / 2
        found = _finished(request, replace(draft, beatmap=scaled_width(draft.beatmap, factor, with_multiplier)))
        if found.error(wanted) < best.error(wanted):
            best = found
        low, high = (low, factor) if found.stars > wanted else (factor, high)
    return best


def _finished(request: GenerationRequest, draft: Draft) -> Candidate:
    beatmap = _with_ratios(request, draft.beatmap, draft.song_ms)
    beatmap, repairs = finish_with_settings(request, beatmap, draft.song_ms)
    # Finishing may have shortened hold notes, or removed objects.
    again = _with_ratios(request, beatmap, draft.song_ms)
    if again is not beatmap:
        beatmap, repairs = finish_with_settings(request, again, draft.song_ms)
    stars = stars_or_none(beatmap)
    # A map that cannot be rated counts as the requested one.
    return Candidate(beatmap, expected_stars(request) if stars is None else stars, draft, repairs)


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
    return [f"{wanted:g} stars are outside the training data of this mode ({low:g} to {high:g})."]
