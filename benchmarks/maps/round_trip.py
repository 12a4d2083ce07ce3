"""What of a chart survives being written as events and assembled again.

    python -m benchmarks.maps.round_trip FOLDER...

Every .osu file below the folders is encoded, its times quantised to 10 ms steps and centred in them, and assembled on
its own red lines. The table says per mode what came back, within the bounds that quantisation allows, and what
did not. Nothing here is tuned: it is the upper bound for any model that uses this encoding.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.arguments import folders_parser
from osu_beatmap.beatmap import Beatmap, Circle, GameMode, HitObject, HoldNote, Slider, Spinner
from osu_beatmap.errors import BeatmapError
from osu_beatmap.files.reader import read_beatmap
from osu_beatmap.geometry.slider_path import end_position
from osu_beatmap.timing.active_point import Timing, end_time_ms
from osuT5.encoding import AssemblyReport, assemble, encode_context
from osuT5.encoding.hit_objects.circles import object_sound
from osuT5.encoding.hit_objects.hitsounds import resolve
from osuT5.encoding.hit_objects.positions import column_event
from osuT5.encoding.hit_objects.sliders import BODY_DELAY_MS, edge_sound
from osuT5.encoding.scroll_speed import line_speed
from osuT5.tokens.encoding_spec import MINI_ENCODING, EncodingSpec
from osuT5.tokens.events import ContextKind, Event, EventGroup, EventKind

STEP_MS = 10
TIME_BOUND_MS = STEP_MS / 2
SONG_MS = 180_000.0
"""Bounds the beats of charts without objects only."""

SPECS = {
    "v29": EncodingSpec(),
    "v32": EncodingSpec(types_first=False, distances=False, position_refine_px=2, slider_layout=2, sustain_ms=8000),
    "mini": MINI_ENCODING,
}

CONTEXTS = (ContextKind.MAP, ContextKind.KIAI, ContextKind.SV)

_SLACK = 1e-6
_SPEED_TOLERANCE_SHARE = 0.01


@dataclass
class RoundTripReport:
    """Counts of one mode: `kept` of `seen` for each aspect, and why the rest is not."""

    charts: int = 0
    seen: Counter[str] = field(default_factory=Counter)
    kept: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    worst: dict[str, float] = field(default_factory=dict)

    def note(self, aspect: str, kept: bool, reason: str = "") -> None:
        self.seen[aspect] += 1
        self.kept[aspect] += kept
        if not kept:
            self.reasons[f"{aspect}: {reason}"] += 1

    def measure(self, aspect: str, error: float, bound: float, reason: str) -> None:
        self.note(aspect, error <= bound + _SLACK, reason)
        self.worst[aspect] = max(self.worst.get(aspect, 0.0), error)


def round_trip(beatmap: Beatmap, spec: EncodingSpec) -> tuple[Beatmap, AssemblyReport]:
    """The chart after encoding, quantisation and assembly."""
    kinds = CONTEXTS if beatmap.mode is GameMode.MANIA else CONTEXTS[:2]
    contexts = {kind: quantised(encode_context(beatmap, kind, spec, SONG_MS)) for kind in kinds}
    reds = [line for line in beatmap.timing_points if line.uninherited]
    key_count = beatmap.key_count if beatmap.mode is GameMode.MANIA else 0
    return assemble(contexts, beatmap.mode, reds, beatmap.difficulty, key_count, spec)


def quantised(groups: Iterable[EventGroup]) -> list[EventGroup]:
    """The groups as tokens have their times: in steps, centred."""
    return [EventGroup(_centre(group.time_ms), tuple(_with_centred_time(e) for e in group.events)) for group in groups]


def _centre(time_ms: float) -> float:
    return math.floor(time_ms / STEP_MS) * STEP_MS + TIME_BOUND_MS


def _with_centred_time(event: Event) -> Event:
    return Event(event.kind, int(_centre(event.value))) if event.kind is EventKind.TIME else event


class Comparison:
    """Compares one chart with what came back of it."""

    def __init__(self, before: Beatmap, after: Beatmap, spec: EncodingSpec, report: RoundTripReport) -> None:
        self.before, self.after, self.spec, self.report = before, after, spec, report
        self.old_timing, self.new_timing = Timing(before.timing_points), Timing(after.timing_points)

    def run(self) -> None:
        self.report.charts += 1
        waiting = defaultdict(list)
        for obj in self.after.hit_objects:
            waiting[self._slot(obj)].append(obj)
        starts = {obj.time_ms for obj in self.after.hit_objects}
        for old in self.before.hit_objects:
            candidates = waiting.get(self._slot(old), [])
            new = candidates.pop(0) if candidates else None
            self.report.note("objects", new is not None, self._why_lost(old, starts))
            if new is not None:
                self._compare(old, new)

    def _slot(self, obj: HitObject) -> tuple:
        """What an object and its image share: kind, step of time, and column."""
        kind = self._kind(obj)
        column = column_event(obj.x, self.before.key_count).value if self.before.mode is GameMode.MANIA else 0
        return kind, _centre(obj.time_ms), column

    def _kind(self, obj: HitObject) -> str:
        """What osu! plays an object as in this mode."""
        if isinstance(obj, Circle):
            return "circle"
        if self.before.mode is GameMode.MANIA:
            return "hold note"
        return "slider" if isinstance(obj, Slider) else "spinner"

    def _why_lost(self, old: HitObject, starts: set[float]) -> str:
        duration_ms = end_time_ms(old, self.old_timing, self.before.difficulty) - old.time_ms
        kind = self._kind(old)
        if duration_ms < STEP_MS and kind != "circle":
            return f"{kind} under {STEP_MS} ms begins and ends in one step" + (
                ", kept as a circle" if _centre(old.time_ms) in starts else ""
            )
        return f"{kind} overlaps another object of its kind"

    def _compare(self, old: HitObject, new: HitObject) -> None:
        report, mode = self.report, self.before.mode
        report.measure("time", abs(new.time_ms - old.time_ms), TIME_BOUND_MS, "more than half a step")
        self._compare_end(old, new)
        if mode in (GameMode.STANDARD, GameMode.CATCH) and not isinstance(old, Spinner | HoldNote):
            self._compare_places(old, new)
            report.note("combo", new.new_combo == old.new_combo, "differs")
            if isinstance(old, Slider):
                report.note("repeats", new.slides == old.slides, f"{old.slides} slides of very short duration")
        self._compare_speed(old, new)
        self._compare_sounds(old, new)

    def _compare_end(self, old: HitObject, new: HitObject) -> None:
        if isinstance(old, Circle):
            return
        old_end = end_time_ms(old, self.old_timing, self.before.difficulty)
        new_end = end_time_ms(new, self.new_timing, self.after.difficulty)
        self.report.measure("end time", abs(new_end - old_end), TIME_BOUND_MS, "more than half a step")

    def _compare_places(self, old: HitObject, new: HitObject) -> None:
        spec = self.spec
        bound = (spec.position_refine_px or spec.position_cell_px) / 2
        self._compare_place("position", (old.x, old.y), (new.x, new.y), bound)
        if isinstance(old, Slider):
            old_points, new_points = _control_points(old), _control_points(new)
            same_shape = len(old_points) == len(new_points)
            self.report.note("control points", same_shape, "neighbours in one cell merge, or a long path is thinned")
            if same_shape:
                for a, b in zip(old_points[1:], new_points[1:], strict=True):
                    self._compare_place("path position", a, b, bound)
            (ax, ay), (bx, by) = end_position(old), end_position(new)
            distance = math.hypot(ax - bx, ay - by)
            self.report.measure("slider end", distance, 4 * bound, "the coarse path bends elsewhere")

    def _compare_place(self, aspect: str, old: tuple[float, float], new: tuple[float, float], bound: float) -> None:
        spec = self.spec
        inside = spec.x_low_px <= old[0] <= spec.x_high_px and spec.y_low_px <= old[1] <= spec.y_high_px
        reason = "beyond the area that events cover"
        if inside:
            shared = spec.cells_toward_zero and min(old) < 0
            reason = "negative coordinate in a cell that spans 0" if shared else "its path is within one cell"
        error = max(abs(old[0] - new[0]), abs(old[1] - new[1]))
        self.report.measure(aspect, error, bound, reason)

    def _compare_speed(self, old: HitObject, new: HitObject) -> None:
        mode = self.before.mode
        if mode in (GameMode.STANDARD, GameMode.CATCH) and not isinstance(old, Slider):
            return
        old_speed = line_speed(self.old_timing.green_at(old.time_ms))
        # A change of mania's own context may fall in the other half of the step that a note is in.
        moments = (-STEP_MS, 0, STEP_MS) if mode is GameMode.MANIA else (0,)
        new_speeds = [line_speed(self.new_timing.green_at(new.time_ms + moment)) for moment in moments]
        bound = max(self.spec.scroll_speed_step_percent / 200, _SPEED_TOLERANCE_SHARE * old_speed)
        error = min(abs(old_speed - speed) for speed in new_speeds)
        reason = "slower than a step" if old_speed < self.spec.scroll_speed_step_percent / 200 else "differs"
        if new.time_ms < self.new_timing.points[0].time_ms:
            reason = "its step begins before the first line"
        elif mode is GameMode.MANIA:
            reason = "several changes in one step, or beyond 0.01..10 relative to the main tempo"
        self.report.measure("velocity", error, bound, reason)

    def _compare_sounds(self, old: HitObject, new: HitObject) -> None:
        is_slider = isinstance(old, Slider) and self.before.mode in (GameMode.STANDARD, GameMode.CATCH)
        delay_ms = BODY_DELAY_MS if is_slider else 0.0
        if isinstance(old, Spinner | HoldNote) and self.before.mode in (GameMode.STANDARD, GameMode.CATCH):
            moments = old.end_ms, new.end_ms
        else:
            moments = old.time_ms + delay_ms, new.time_ms + delay_ms
        pairs = [(object_sound(old), moments[0], object_sound(new), moments[1])]
        if is_slider and isinstance(new, Slider) and old.slides == new.slides:
            old_ms = (end_time_ms(old, self.old_timing, self.before.difficulty) - old.time_ms) / old.slides
            new_ms = (end_time_ms(new, self.new_timing, self.after.difficulty) - new.time_ms) / new.slides
            for number in range(old.slides + 1):
                edges = edge_sound(old, number), edge_sound(new, number)
                pairs.append((edges[0], old.time_ms + number * old_ms, edges[1], new.time_ms + number * new_ms))
        for old_sound, old_at, new_sound, new_at in pairs:
            expected, got = resolve(old_sound, old_at, self.old_timing), resolve(new_sound, new_at, self.new_timing)
            same = (expected.hitsound, expected.normal_set, expected.addition_set) == (
                (got.hitsound, got.normal_set, got.addition_set)
            )
            self.report.note("hit sounds", same, "differs")
            if self.spec.volumes:
                self.report.note("volume", expected.volume == got.volume, "sounds closer together than lines can be")


def _control_points(slider: Slider) -> list[tuple[float, float]]:
    return [slider.segments[0].points[0], *(point for segment in slider.segments for point in segment.points[1:])]


def measure_folder(paths: Iterable[Path], spec: EncodingSpec) -> dict[GameMode, RoundTripReport]:
    """Measure all charts that can be read, by mode; name the others."""
    reports: dict[GameMode, RoundTripReport] = defaultdict(RoundTripReport)
    for path in paths:
        try:
            before = read_beatmap(path)
            Timing(before.timing_points)
        except (BeatmapError, ValueError) as error:
            print(f"left out: {path.name}: {error}")
            continue
        after, _ = round_trip(before, spec)
        Comparison(before, after, spec, reports[before.mode]).run()
    return reports


def print_table(reports: dict[GameMode, RoundTripReport]) -> None:
    for mode, report in sorted(reports.items()):
        print(f"\n{mode.name.lower()}: {report.charts} charts")
        for aspect, seen in report.seen.items():
            worst = f"  worst {report.worst[aspect]:.2f}" if aspect in report.worst else ""
            print(f"  {aspect:16} {report.kept[aspect]:>8} of {seen:>8}  {report.kept[aspect] / seen:9.4%}{worst}")
        for reason, count in report.reasons.most_common():
            print(f"    {count:>7}  {reason}")


def main() -> None:
    parser = folders_parser(__doc__)
    parser.add_argument("--spec", choices=SPECS, default="v29", help="which encoding (default: %(default)s)")
    arguments = parser.parse_args()
    paths = sorted(path for folder in arguments.folders for path in folder.rglob("*.osu"))
    if not paths:
        parser.error("there is no .osu file in these folders")
    print_table(measure_folder(paths, SPECS[arguments.spec]))


if __name__ == "__main__":
    main()
