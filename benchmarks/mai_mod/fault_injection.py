"""Detection of injected faults by a review, and its false alarms.

    python -m benchmarks.mai_mod.fault_injection FOLDER [--model DIR] [--charts 3] [--seconds 60] [--faults 6] [--quick]
                                         [--kinds KIND...] [--split train] [--stepmania sources.json] [--json FILE]

For each chart and each kind of fault (`evaluation.faults`) a faulty copy is reviewed. AUC compares the surprise of
touched events with that of untouched ones under the aspect that the fault is about: objects of the same copy, or for
faults of a stretch those of the clean chart. Columns: `both` is what the program uses (the model, the map's own habits,
rules), then the model alone and the habits alone. `recall` and `rank` are of the suggestions as listed, most surprising
first: N is the number of faults + 10. With --split train the charts are of training songs, to try out what is to be
measured later. With --quick only the context that a fault changes is scored anew; the others are as in the clean chart.
"""

from __future__ import annotations

import json
import math
import statistics
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from benchmarks.arguments import review_parser
from benchmarks.mai_mod.review_charts import ReviewChart, review_charts
from evaluation.faults import KINDS, Fault, FaultyMap, inject
from evaluation.faults.section_faults import STRETCH_FAULTS
from evaluation.measures.review_metrics import RULE_SCORE, auc, rule_flags
from evaluation.report import markdown
from modding.aspects import Aspect, Category
from modding.observation.observation import Observation
from modding.observation.surprisal import stars_of
from modding.suggestion_builder import RED_LINE, drain_minutes, suggestions_of
from modding.suggestions import Source, Suggestion, most_surprising_first
from modding.thresholds import ThresholdTable
from osu_beatmap.beatmap import Beatmap
from osu_beatmap.held_out import Split
from osuT5.tokens.events import ContextKind

ASPECTS: dict[str, tuple[Aspect, ...]] = {
    "quarter_beat": (Aspect.RHYTHM,),
    "third_beat": (Aspect.RHYTHM,),
    "added": (Aspect.RHYTHM,),
    "deleted": (Aspect.ABSENCE,),
    "moved_place": (Aspect.POSITION, Aspect.COLUMN),
    "combo_moved": (Aspect.COMBO,),
    "sv_changed": (Aspect.VELOCITY, Aspect.SCROLL),
    "sound_changed": (Aspect.ADDITIONS, Aspect.COLOUR),
    "kiai_shifted": (Aspect.KIAI,),
    "downbeat_off": (Aspect.BEAT,),
}
"""What a fault is about; faults of red lines are about OFFSET and LINES."""

CATEGORIES: dict[str, frozenset[Category]] = {
    "moved_place": frozenset({Category.COMPOSE}),
    "combo_moved": frozenset({Category.NEW_COMBOS}),
    "sv_changed": frozenset({Category.SLIDERS, Category.SCROLL_SPEEDS}),
    "sound_changed": frozenset({Category.HIT_SOUNDS, Category.COMPOSE}),
    "kiai_shifted": frozenset({Category.KIAI}),
}
"""Under which categories a fault counts as found; faults of times under rhythm or timing."""

TIME_CATEGORIES = frozenset({Category.RHYTHM, Category.TIMING})
FOUND_WITHIN_MS = 400.0
CANDIDATES_PER_MINUTE = 10.0
"""Suggestions down to this rarity are ranked; the program itself lists fewer."""

EXTRA_SUGGESTIONS = 10
SEED = 1


@dataclass(slots=True)
class FaultReport:
    """Scores of one kind of fault and mode, by judge, with ranks.

    Ranks are the places of faults in the lists.
    """

    touched: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    untouched: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    ranks: list[int] = field(default_factory=list)
    found: int = 0

    def figures(self) -> dict[str, float]:
        """Return the number of faults, AUC by judge, and the listing."""
        areas = {judge: auc(self.touched[judge], self.untouched[judge]) for judge in JUDGES}
        count = len(self.ranks)
        return {"faults": count, **areas, "recall": self.found / count, "mean_rank": statistics.fmean(self.ranks)}


JUDGES = ("both", "model", "habits")

Scores = tuple[float, float, float]
"""Of one event, by JUDGES."""


class Benchmark:
    def __init__(self, table: ThresholdTable, faults: int, quick: bool) -> None:
        self.table = table
        self.faults = faults
        self.quick = quick
        self.reports: dict[tuple[str, str], FaultReport] = defaultdict(FaultReport)
        self.alarms: dict[str, list[tuple[int, float]]] = defaultdict(list)

    def add(self, chart: ReviewChart, kinds: Iterable[str]) -> None:
        clean = chart.reader.observe(chart.beatmap)
        listed = self._suggestions(chart.beatmap, chart, clean)
        opinions = sum(each.source is Source.SURPRISAL for each in listed)
        self.alarms[chart.mode].append((opinions, drain_minutes(chart.beatmap)))
        for kind in kinds:
            rng = np.random.default_rng([SEED, KINDS.index(kind)])
            faulty = inject(chart.beatmap, kind, rng, (0.0, chart.reader.song_ms), self.faults)
            if faulty.faults:
                self._add_kind(chart, kind, faulty, clean)

    def _add_kind(self, chart: ReviewChart, kind: str, faulty: FaultyMap, clean: Sequence[Observation]) -> None:
        observed = self._observed(chart, kind, faulty.beatmap, clean)
        report = self.reports[kind, chart.mode]
        if kind in STRETCH_FAULTS:
            self._score_stretch(report, chart, kind, faulty, observed, clean)
        else:
            self._score_objects(report, kind, faulty, observed)
        ranked = most_surprising_first(self._suggestions(faulty.beatmap, chart, observed, CANDIDATES_PER_MINUTE))
        limit = len(faulty.faults) + EXTRA_SUGGESTIONS
        for fault in faulty.faults:
            rank = next((place for place, each in enumerate(ranked, 1) if _finds(each, kind, fault)), len(ranked) + 1)
            report.ranks.append(rank)
            report.found += rank <= min(limit, len(ranked))

    def _observed(
        self, chart: ReviewChart, kind: str, beatmap: Beatmap, clean: Sequence[Observation]
    ) -> list[Observation]:
        if not self.quick:
            return chart.reader.observe(beatmap)
        writer = chart.reader.writer
        contexts = list(ContextKind) if writer is None else writer.spec.contexts_of(beatmap.mode)
        changed = {ContextKind.MAP, ContextKind.SV} if kind not in STRETCH_FAULTS else set()
        changed = {ContextKind.KIAI} if kind == "kiai_shifted" else changed
        anew = chart.reader.observe(beatmap, only=[context for context in contexts if context in changed])
        kept = set() if ContextKind.KIAI in changed else {Aspect.KIAI}
        if writer is not None:
            kept.add(Aspect.BEAT)
        if ContextKind.MAP not in changed:
            kept |= set(Aspect) - {Aspect.KIAI, Aspect.BEAT, Aspect.OFFSET, Aspect.LINES}
        return anew + [each for each in clean if each.aspect in kept]

    def _suggestions(
        self, beatmap: Beatmap, chart: ReviewChart, observed: Sequence[Observation], listed: float | None = None
    ) -> list[Suggestion]:
        more = {} if listed is None else {"listed_per_minute": listed}
        return suggestions_of(beatmap, observed, self.table, chart.reader.song_ms, stars_of(chart.beatmap), **more)

    def _score_objects(
        self, report: FaultReport, kind: str, faulty: FaultyMap, observed: Sequence[Observation]
    ) -> None:
        flags = rule_flags(faulty.beatmap, stars_of(faulty.beatmap))
        asked = [each for each in observed if each.aspect in ASPECTS[kind] and each.obj is not None]
        worst: dict[int, Observation] = {}
        for each in asked:
            known = worst.get(each.obj)
            if known is None or each.surprise.relative > known.surprise.relative:
                worst[each.obj] = each
        touched = {index for fault in faulty.faults for index in _find_touched(kind, fault, faulty.beatmap)}
        for index, each in worst.items():
            into = report.touched if index in touched else report.untouched
            _note(into, _event_scores(each, RULE_SCORE * (index in flags)))

    def _score_stretch(
        self,
        report: FaultReport,
        chart: ReviewChart,
        kind: str,
        faulty: FaultyMap,
        observed: Sequence[Observation],
        clean: Sequence[Observation],
    ) -> None:
        """Score each event of a faulty section, and its clean version."""
        for beatmap, said, into in (
            (faulty.beatmap, observed, report.touched),
            (chart.beatmap, clean, report.untouched),
        ):
            if kind in ASPECTS:
                scores = (_event_scores(each) for each in said if each.aspect in ASPECTS[kind])
            else:
                scores = _stretch_scores(beatmap, said)
            for each in scores:
                _note(into, each)

    def rows(self) -> list[dict]:
        """Return the figures of each kind of fault in each mode."""
        keys = sorted(self.reports, key=lambda key: (KINDS.index(key[0]), key[1]))
        return [{"kind": kind, "mode": mode, **self.reports[kind, mode].figures()} for kind, mode in keys]

    def false_alarms(self) -> dict[str, float]:
        """Return suggestions by surprisal per minute of clean chart, by mode."""
        return {
            mode: sum(count for count, _ in each) / max(1e-9, sum(minutes for _, minutes in each))
            for mode, each in sorted(self.alarms.items())
        }


def _note(into: dict[str, list[float]], scores: Scores) -> None:
    for judge, score in zip(JUDGES, scores, strict=True):
        into[judge].append(score)


def _event_scores(each: Observation, flagged: float = 0.0) -> Scores:
    by_model = each.surprise.bits - each.habit_bits if each.model_bits is None else each.model_bits
    return each.surprise.relative + flagged, by_model, each.habit_bits


def _stretch_scores(beatmap: Beatmap, observed: Sequence[Observation]) -> Iterator[Scores]:
    """Yield the scores of each object by its red line's section.

    The judges are the audio, the fit to the objects, and the rules.
    """
    heard = [each for each in observed if each.aspect is Aspect.OFFSET]
    fitted = [each for each in observed if each.aspect is Aspect.LINES]
    flags = rule_flags(beatmap, stars_of(beatmap))
    for index, obj in enumerate(beatmap.hit_objects):
        by_ear, by_line = _relative_at(heard, obj.time_ms), _relative_at(fitted, obj.time_ms)
        yield by_ear + by_line + RULE_SCORE * (index in flags), by_ear, by_line


def _relative_at(observed: Sequence[Observation], time_ms: float) -> float:
    """Return the surprisal of the section at a time; 0 without one."""
    inside = (each for each in observed if each.actual.start_ms <= time_ms <= each.actual.end_ms)
    return next((each.surprise.relative for each in inside), 0.0)


def _find_touched(kind: str, fault: Fault, beatmap: Beatmap) -> set[int]:
    """Return the objects that show a fault.

    A moved combo shows at both ends of the move.
    """
    if kind != "combo_moved":
        return {fault.obj}
    moved = {index for index in (fault.obj - 1, fault.obj + 1) if beatmap.hit_objects[index].new_combo}
    return {fault.obj, *moved}


def _finds(suggestion: Suggestion, kind: str, fault: Fault) -> bool:
    if suggestion.category not in CATEGORIES.get(kind, TIME_CATEGORIES):
        return False
    if kind in STRETCH_FAULTS and kind != "kiai_shifted" and not _is_about_lines(suggestion):
        return False
    if suggestion.time_ms is None:
        return False
    start_ms, end_ms = suggestion.time_ms, suggestion.end_time_ms or suggestion.time_ms
    if start_ms <= fault.end_ms + FOUND_WITHIN_MS and end_ms >= fault.start_ms - FOUND_WITHIN_MS:
        return True
    return fault.obj is not None and fault.obj in suggestion.objects


def _is_about_lines(suggestion: Suggestion) -> bool:
    """Return whether a suggestion is about red lines.

    Any other suggestion inside a section would count as a detection.
    """
    return suggestion.rule == "unsnapped" or suggestion.subject == RED_LINE


def table(rows: Sequence[dict]) -> str:
    columns = ("fault", "mode", "faults", "AUC", "model alone", "habits alone", "recall", "mean rank")
    cells = []
    for row in rows:
        figures = [row[name] for name in (*JUDGES, "recall")]
        shown = ["-" if math.isnan(each) else f"{each:.2f}" for each in figures]
        cells.append([row["kind"], row["mode"], row["faults"], *shown, f"{row['mean_rank']:.1f}"])
    return markdown.table(columns, cells)


def main() -> int:
    parser = review_parser(__doc__, charts=3, seconds=60.0)
    parser.add_argument("--faults", type=int, default=6, help="of an object, in each chart")
    parser.add_argument("--split", choices=[Split.HELD_OUT.value, Split.TRAIN.value], default=Split.HELD_OUT.value)
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=KINDS)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--stepmania", type=Path, help="JSON list of {dir, kind}: mania of kind sm is reported apart")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    benchmark = Benchmark(ThresholdTable.load(arguments.model) or ThresholdTable(), arguments.faults, arguments.quick)
    for chart in review_charts(arguments, Split(arguments.split)):
        benchmark.add(chart, arguments.kinds)
        if arguments.json:
            figures = {"rows": benchmark.rows(), "false_alarms": benchmark.false_alarms()}
            arguments.json.write_text(json.dumps(figures, indent=1), encoding="utf-8")
    print(table(benchmark.rows()))
    for mode, per_minute in benchmark.false_alarms().items():
        charts_of = benchmark.alarms[mode]
        minutes = sum(each for _, each in charts_of)
        print(f"{mode}: {per_minute:.2f} suggestions by surprise a minute of clean chart ({minutes:.1f} min)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
