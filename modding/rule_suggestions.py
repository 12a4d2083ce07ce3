"""Violations of rules as suggestions, with categories and fixes.

Each run of objects gives one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from modding.aspects import Category
from modding.fixes import Fix, drop_duplicate_lines, end_object, limit_volume, move_object, set_preview
from modding.report.editor_notation import MapNames
from modding.suggestions import Severity as SuggestionSeverity
from modding.suggestions import Source, Suggestion
from osu_beatmap.beatmap import Beatmap, HoldNote, Spinner
from osu_beatmap.editor_notation import clock
from osu_beatmap.rules import Finding, Severity, check
from osu_beatmap.timing.active_point import Timing
from osu_beatmap.timing.beat_grid import DIVISORS

_RULES = {
    Category.GENERAL: (
        "unusable_numbers drain_time breaks difficulty_settings preview_time metadata_characters combo_colours"
    ),
    Category.TIMING: (
        "no_red_line beat_length tempo meter first_line duplicate_lines lines_outside_audio unsnapped "
        "rare_divisors objects_outside_audio"
    ),
    Category.HIT_SOUNDS: "volume",
    Category.KIAI: "kiai_off_beat",
    Category.SCROLL_SPEEDS: "just_before_sv_line",
    Category.RHYTHM: "concurrent spinner_length spinner_recovery long_patterns fast_patterns no_rest short_holds",
    Category.SLIDERS: "slider_body slider_nodes short_sliders fast_repeats covered_reverse",
    Category.COMPOSE: (
        "off_screen spacing close_objects perfect_stacks finisher_in_stream hyperdashes "
        "consecutive_hyperdashes edge_dashes column_use chord_size"
    ),
}
RULE_CATEGORIES = {rule: category for category, rules in _RULES.items() for rule in rules.split()}
"""Category of every rule of `osu_beatmap.rules`; a test compares them."""

RUN_MS = 4_000.0
"""Distance within which findings of one rule usually have one cause."""

FEWEST_OF_RUN = 3
EACH_ALONE = frozenset({"beat_length", "tempo", "meter"})
"""Rules whose findings are never grouped: each is a fault of its own line."""

MAX_SNAP_MS = 30.0
"""Distance from a tick above which an object is intentionally unsnapped."""


def rule_suggestions(names: MapNames, audio_ms: float | None, stars: float | None) -> list[Suggestion]:
    """Return the findings of `osu_beatmap.rules` without ids."""
    return [_of_run(run, names) for run in _runs(check(names.beatmap, audio_ms, stars))]


def _runs(findings: Iterable[Finding]) -> Iterator[list[Finding]]:
    """Group findings of one rule that follow each other closely.

    Three or more form a group; others stay single.
    """
    by_rule: dict[str, list[Finding]] = {}
    for finding in findings:
        by_rule.setdefault(finding.rule, []).append(finding)
    for of_rule in by_rule.values():
        run: list[Finding] = []
        for finding in of_rule:
            is_apart = finding.time_ms is None or finding.rule in EACH_ALONE
            if run and (is_apart or finding.time_ms - (run[-1].time_ms or 0) > RUN_MS):
                yield from _split_short(run)
                run = []
            run.append(finding)
        yield from _split_short(run)


def _split_short(run: list[Finding]) -> list[list[Finding]]:
    return [run] if len(run) >= FEWEST_OF_RUN else [[finding] for finding in run]


def _of_run(run: list[Finding], names: MapNames) -> Suggestion:
    first, last = run[0], run[-1]
    message = first.message
    if len(run) > 1:
        message = f"{message.rstrip('.')}; {len(run)} such places up to {clock(last.time_ms)}."
    time_ms = first.time_ms
    objects = first.objects if len(first.objects) <= 4 else ()
    is_problem = any(finding.severity is Severity.PROBLEM for finding in run)
    fixes = [fix for fix in (_fix(finding, names.beatmap) for finding in run) if fix is not None]
    return Suggestion(
        category=RULE_CATEGORIES.get(first.rule, Category.GENERAL),
        source=Source.RULE,
        severity=SuggestionSeverity.PROBLEM if is_problem else SuggestionSeverity.WARNING,
        time_ms=time_ms,
        stamp="" if time_ms is None else names.stamp(time_ms, objects),
        link="" if time_ms is None else names.link(time_ms, objects),
        subject=names.kind(names.beatmap.hit_objects[objects[0]]) if objects else "map",
        message=message,
        rule=first.rule,
        documented=True,
        end_time_ms=last.time_ms if len(run) > 1 else None,
        count=len(run),
        objects=tuple(dict.fromkeys(index for finding in run for index in finding.objects)),
        fix=_together(fixes) if len(fixes) == len(run) else None,
    )


def _together(fixes: list[Fix]) -> Fix | None:
    if len(fixes) <= 1:
        return fixes[0] if fixes else None

    def change(beatmap: Beatmap) -> None:
        for fix in fixes:
            if fix.change is not None:
                fix.change(beatmap)

    return Fix(f"{fixes[0].text}, and so on for all {len(fixes)}", change)


def _fix(finding: Finding, beatmap: Beatmap) -> Fix | None:
    if finding.rule == "unsnapped" and len(finding.objects) == 1 and finding.time_ms is not None:
        return _snap(finding.objects[0], finding.time_ms, beatmap)
    if finding.rule == "volume" and finding.time_ms is not None:
        return limit_volume(finding.time_ms, "bring the volume into 5..100 %")
    if finding.rule == "duplicate_lines" and finding.time_ms is not None:
        return drop_duplicate_lines(finding.time_ms, "keep the last of the two lines")
    has_tempo = any(line.uninherited for line in beatmap.timing_points)
    spans = Timing(beatmap.timing_points).kiai_spans() if has_tempo and finding.rule == "preview_time" else []
    if spans:
        return set_preview(spans[0][0], f"start the preview with the first kiai, {clock(spans[0][0])}")
    return None


def _snap(index: int, time_ms: float, beatmap: Beatmap) -> Fix | None:
    """Return a fix that snaps an object.

    It goes to the nearest tick of the coarsest divisor that is as near as any; of a slider, only the start moves.
    """
    obj, timing = beatmap.hit_objects[index], Timing(beatmap.timing_points)
    ticks_ms = [timing.snap(time_ms, divisor) for divisor in DIVISORS]
    nearest = min(abs(tick_ms - time_ms) for tick_ms in ticks_ms)
    tick_ms = next(tick_ms for tick_ms in ticks_ms if abs(tick_ms - time_ms) <= nearest + 1.0)
    if abs(tick_ms - time_ms) > MAX_SNAP_MS:
        return None
    if time_ms == obj.time_ms:
        return move_object(index, float(round(tick_ms)), f"snap it to {clock(tick_ms)}")
    if isinstance(obj, Spinner | HoldNote):
        return end_object(index, float(round(tick_ms)), f"end it at {clock(tick_ms)}")
    return None
