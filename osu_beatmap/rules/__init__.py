"""Objective rules of maps, shared by generation, MaiMod and tests.

Thresholds follow the public ranking criteria as Mapset Verifier checks them. Repairs are in `pipeline.finishing`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import chain

from osu_beatmap.beatmap import Beatmap, GameMode
from osu_beatmap.rules import catch, lines, mania, objects, settings, spacing, standard, taiko
from osu_beatmap.rules.chart import Chart, approach_time_ms, circle_radius_px
from osu_beatmap.rules.finding import Finding, Level, Severity
from osu_beatmap.rules.numbers import unusable_numbers

__all__ = [
    "RULES",
    "Finding",
    "Level",
    "Rule",
    "Severity",
    "approach_time_ms",
    "check",
    "check_chart",
    "circle_radius_px",
]

Rule = Callable[[Chart], Iterable[Finding]]

_ALL_MODES: tuple[Rule, ...] = (
    lines.no_red_line,
    lines.beat_length,
    lines.tempo,
    lines.meter,
    lines.first_line,
    lines.duplicate_lines,
    lines.lines_outside_audio,
    lines.volume,
    lines.kiai_off_beat,
    lines.just_before_sv_line,
    objects.unsnapped,
    objects.rare_divisors,
    objects.concurrent,
    objects.drain_time,
    objects.slider_body,
    objects.slider_nodes,
    objects.objects_outside_audio,
    objects.breaks,
    settings.difficulty_settings,
    settings.preview_time,
    settings.metadata_characters,
    settings.combo_colours,
)

RULES: dict[GameMode, tuple[Rule, ...]] = {
    GameMode.STANDARD: (
        *_ALL_MODES,
        standard.off_screen,
        spacing.spacing,
        standard.spinner_length,
        standard.spinner_recovery,
        standard.close_objects,
        standard.short_sliders,
        standard.fast_repeats,
        standard.covered_reverse,
        standard.perfect_stacks,
    ),
    GameMode.TAIKO: (
        *_ALL_MODES,
        taiko.long_patterns,
        taiko.fast_patterns,
        taiko.finisher_in_stream,
        taiko.no_rest,
    ),
    GameMode.CATCH: (
        *_ALL_MODES,
        catch.hyperdashes,
        catch.consecutive_hyperdashes,
        catch.edge_dashes,
    ),
    GameMode.MANIA: (
        *_ALL_MODES,
        mania.column_use,
        mania.short_holds,
        mania.chord_size,
    ),
}
"""The rules of each mode. A finding's `rule` is the name of its function."""


def check(beatmap: Beatmap, audio_ms: float | None = None, star_rating: float | None = None) -> list[Finding]:
    """Return the problems and doubts of a map, by time.

    Findings about the whole map come first. Never raises for a beatmap from the reader, nor for one with NaN or absurd
    numbers.

    Args:
        audio_ms: Length of the audio; None skips the rules that depend on it.
        star_rating: Determines the difficulty level; computed if a rule needs it and it is None.
    """
    return check_chart(Chart(beatmap, audio_ms, star_rating))


def check_chart(chart: Chart) -> list[Finding]:
    """Check a map that is a chart already, as `check` does."""
    found = chain(unusable_numbers(chart.beatmap), *(rule(chart) for rule in RULES[chart.beatmap.mode]))
    return sorted(found, key=lambda finding: float("-inf") if finding.time_ms is None else finding.time_ms)
