"""Wording of observations: one sentence with actual, expected and fix."""

from __future__ import annotations

import math
from dataclasses import replace

from modding.aspects import Aspect
from modding.fixes import (
    delete_object,
    end_object,
    move_kiai_edge,
    move_object,
    move_to_column,
    set_additions,
    set_new_combo,
    set_velocity,
)
from modding.observation.downbeats import BarFit
from modding.observation.observation import Observation
from modding.report.editor_notation import MapNames, note_name
from modding.report.suggestion_text import SuggestionText
from modding.report.timing_wording import SAME_TIME_MS, bar_words, line_words, stretch_words
from osu_beatmap.beatmap import GameMode, HitObject, HitSound, SampleSet, Slider
from osu_beatmap.editor_notation import clock
from osu_beatmap.geometry.slider_path import end_of_object
from osu_beatmap.timing.active_point import Timing, end_time_ms
from osuT5.encoding.groups import ANCHOR_KINDS
from osuT5.tokens.events import EventKind

K = EventKind

COARSE_DIVISORS = (1, 2, 4, 3, 6, 8)
"""Divisors in the order of trial for an expected time, which is known to some ms only."""

TICK_REACH_MS = 16.0
LONGEST_MOVE_BEATS = 1.0
FRACTION_ERROR = 0.05
"""Relative error up to which a fraction of a beat is named."""

KIAI_REACH_BEATS = 8.0
HABIT_SHARE = 0.6
NEW_DIRECTION_SHARE = 0.25

TYPE_NAMES = {
    K.CIRCLE: {GameMode.STANDARD: "circle", GameMode.TAIKO: "note", GameMode.CATCH: "fruit", GameMode.MANIA: "note"},
    K.SLIDER_HEAD: {GameMode.STANDARD: "slider", GameMode.CATCH: "juice stream"},
    K.SCROLL_SPEED: {GameMode.STANDARD: "slider", GameMode.CATCH: "juice stream"},
    K.HITSOUND: {GameMode.STANDARD: "circle", GameMode.CATCH: "fruit"},
    K.SPINNER: {GameMode.STANDARD: "spinner", GameMode.CATCH: "banana shower"},
    K.HOLD_NOTE: {GameMode.MANIA: "hold note"},
    K.HOLD_NOTE_END: {GameMode.MANIA: "end of a hold note"},
    K.DRUMROLL: {GameMode.TAIKO: "drumroll"},
    K.DENDEN: {GameMode.TAIKO: "denden"},
}
ANCHOR_NAMES = {
    K.BEZIER_ANCHOR: "white anchor",
    K.RED_ANCHOR: "red anchor",
    K.PERFECT_ANCHOR: "anchor of an arc",
    K.CATMULL_ANCHOR: "Catmull anchor",
}
BEAT_NAMES = {K.BEAT: "an ordinary beat", K.MEASURE: "the start of a bar", K.TIMING_POINT: "a new red line"}


class Wording:
    """Wording of observations of one map."""

    def __init__(self, names: MapNames) -> None:
        self.names = names
        self.beatmap = names.beatmap
        self.timing = Timing(names.beatmap.timing_points)

    def words(self, observation: Observation) -> SuggestionText:
        # Each aspect has a method of its name.
        said = getattr(self, f"_{observation.aspect.value}")(observation)
        if observation.habit_bits > HABIT_SHARE * observation.surprise.bits:
            return replace(said, message=said.message.rstrip(".") + ", unlike the rest of this map.")
        return said

    # ---- times ----

    def tick_ms(self, time_ms: float) -> float:
        """Return the tick nearest to an expected time.

        It is the time itself if no tick is near.
        """
        tick_ms = nearest_tick_ms(self.timing, time_ms)
        return time_ms if tick_ms is None else tick_ms

    def _object(self, observation: Observation) -> HitObject:
        return self.beatmap.hit_objects[observation.obj]

    def _kind_of(self, observation: Observation) -> str:
        return self.names.kind(self._object(observation))

    def _division(self, time_ms: float) -> str:
        divisor = self.timing.best_divisor(time_ms)
        return f"1/{divisor}" if divisor else "no divisor"

    def _is_taken(self, time_ms: float, index: int) -> bool:
        others = (obj for other, obj in enumerate(self.beatmap.hit_objects) if other != index)
        return any(abs(obj.time_ms - time_ms) <= SAME_TIME_MS for obj in others)

    def _rhythm(self, observation: Observation) -> SuggestionText:
        kind, index, actual_ms = self._kind_of(observation), observation.obj, observation.actual
        if observation.expected is None:
            fix = delete_object(index, f"delete this {kind}")
            return SuggestionText(f"Expected nothing, found a {kind}.", f"{kind} at {clock(actual_ms)}", "nothing", fix)
        expected_ms = self.tick_ms(observation.expected)
        beats = (expected_ms - actual_ms) / self.timing.beat_length_at(actual_ms)
        there, here = clock(expected_ms), clock(actual_ms)
        if abs(expected_ms - actual_ms) <= SAME_TIME_MS:
            division = self._division(actual_ms)
            return SuggestionText(f"{_a(kind)} on {division} is unusual here.", division, "another divisor")
        if self._is_taken(expected_ms, index) or abs(beats) > LONGEST_MOVE_BEATS:
            fix = delete_object(index, f"delete this {kind}")
            message = f"Expected nothing, found a {kind}."
            return SuggestionText(message, f"{kind} at {here}", f"next object at {there}", fix)
        side = "later" if beats > 0 else "earlier"
        message = f"Expected the {kind} {_fraction(abs(beats))} {side}, at {there}."
        fix = move_object(index, round(expected_ms), f"move this {kind} to {there}")
        return SuggestionText(message, here, there, fix)

    def _absence(self, observation: Observation) -> SuggestionText:
        expected_ms = self.tick_ms(observation.expected)
        there, division = clock(expected_ms), self._division(expected_ms)
        message = f"Expected an object at {there} ({division}), found nothing."
        return SuggestionText(message, "nothing", f"an object at {there}", time_ms=expected_ms)

    def _kind(self, observation: Observation) -> SuggestionText:
        mode, kind = self.beatmap.mode, self._kind_of(observation)
        expected = TYPE_NAMES.get(observation.expected, {}).get(mode, "")
        if not expected or expected == kind:
            return SuggestionText(f"{_a(kind)} is unusual here.", kind, "another kind of object")
        return SuggestionText(f"Expected a {expected}, found a {kind}.", kind, expected)

    def _length(self, observation: Observation) -> SuggestionText:
        obj, kind = self._object(observation), self._kind_of(observation)
        whole_ms = end_time_ms(obj, self.timing, self.beatmap.difficulty) - obj.time_ms
        slides = max(1, obj.slides) if isinstance(obj, Slider) else 1
        slide_ms = self.tick_ms(observation.expected) - obj.time_ms
        end_ms = obj.time_ms + slides * slide_ms
        actual, expected = clock(obj.time_ms + whole_ms), clock(end_ms)
        if slide_ms <= SAME_TIME_MS or abs(slides * slide_ms - whole_ms) <= SAME_TIME_MS:
            return SuggestionText(f"The {kind} ends at an unusual time.", actual, "another end")
        side = "longer" if slides * slide_ms > whole_ms else "shorter"
        fix = None
        if not any(obj.time_ms < other.time_ms <= end_ms for other in self.beatmap.hit_objects):
            fix = end_object(observation.obj, float(round(end_ms)), f"end this {kind} at {expected}")
        return SuggestionText(f"Expected a {side} {kind}, to {expected}; it ends at {actual}.", actual, expected, fix)

    def _repeats(self, observation: Observation) -> SuggestionText:
        slider = self._object(observation)
        wanted = "more repeats" if observation.expected else "fewer repeats"
        actual = f"{slider.slides - 1} repeats" if isinstance(slider, Slider) else ""
        message = f"Expected {wanted}, found {actual}." if actual else f"Expected {wanted}."
        return SuggestionText(message, actual, wanted)

    # ---- places ----

    def _position(self, observation: Observation) -> SuggestionText:
        (x, y), expected = observation.actual, observation.expected
        here, kind = f"{x:.0f},{y:.0f}", self._kind_of(observation)
        if expected is None:
            return SuggestionText(f"The {kind} is at an unusual position.", here)
        there = f"about {expected[0]:.0f},{expected[1]:.0f}"
        start = self._place_before(observation.obj)
        if start is None:
            return SuggestionText(f"The {kind} is at an unusual position.", here, there)
        far, wanted = math.dist(start, (x, y)), math.dist(start, expected)
        if abs(far - wanted) <= NEW_DIRECTION_SHARE * max(far, wanted, 1.0):
            message = f"Expected the {kind} in another direction, at {there}."
        else:
            message = f"Expected about {wanted:.0f} px from the object before, found {far:.0f} px."
        return SuggestionText(message, f"{here}, {far:.0f} px away", f"{there}, {wanted:.0f} px away")

    def _place_before(self, index: int) -> tuple[float, float] | None:
        if index == 0:
            return None
        before = self.beatmap.hit_objects[index - 1]
        return end_of_object(before) if isinstance(before, Slider) else (before.x, before.y)

    def _column(self, observation: Observation) -> SuggestionText:
        actual, expected = observation.actual + 1, observation.expected + 1
        kind, obj = self._kind_of(observation), self._object(observation)
        if actual == expected:
            return SuggestionText(f"The {kind} is in an unusual column.", f"column {actual}", "another column")
        message = f"Expected column {expected}, found {actual}."
        fix = None
        if self._column_is_free(obj, observation.expected):
            fix = move_to_column(observation.obj, observation.expected, f"move this {kind} to column {expected}")
        return SuggestionText(message, f"column {actual}", f"column {expected}", fix)

    def _column_is_free(self, obj: HitObject, column: int) -> bool:
        start_ms = obj.time_ms - SAME_TIME_MS
        end_ms = end_time_ms(obj, self.timing, self.beatmap.difficulty) + SAME_TIME_MS
        others = (other for other in self.beatmap.hit_objects if self.names.column(other) == column)
        return not any(
            other.time_ms <= end_ms and end_time_ms(other, self.timing, self.beatmap.difficulty) >= start_ms
            for other in others
        )

    def _colour(self, observation: Observation) -> SuggestionText:
        actual, expected = note_name(observation.actual), note_name(observation.expected)
        if actual == expected:
            return SuggestionText(f"{_a(actual)} is unusual here.", actual)
        fix = set_additions(observation.obj, observation.expected, None, f"make it a {expected}")
        return SuggestionText(f"Expected a {expected}, found a {actual}.", actual, expected, fix)

    def _combo(self, observation: Observation) -> SuggestionText:
        if observation.actual:
            fix = set_new_combo(observation.obj, False, "remove the new combo")
            return SuggestionText("Expected no new combo.", "new combo", "no new combo", fix)
        fix = set_new_combo(observation.obj, True, "start a new combo")
        return SuggestionText("Expected a new combo.", "no new combo", "new combo", fix)

    # ---- sliders ----

    def _anchors(self, observation: Observation) -> SuggestionText:
        expected, kind = observation.expected, self._kind_of(observation)
        is_anchor = observation.actual in ANCHOR_KINDS
        if observation.actual is K.TIME or observation.actual is K.LAST_ANCHOR:
            return SuggestionText(f"Expected a {kind} with more anchors.", "its anchors", "more anchors")
        if expected is K.TIME or expected is K.LAST_ANCHOR or not is_anchor:
            return SuggestionText(f"Expected a {kind} with fewer anchors.", "its anchors", "fewer anchors")
        actual, wanted = ANCHOR_NAMES[observation.actual], ANCHOR_NAMES.get(expected, "other kind of anchor")
        return SuggestionText(f"Expected {_a(wanted).lower()}, found {_a(actual).lower()}.", actual, wanted)

    def _shape(self, observation: Observation) -> SuggestionText:
        where = "" if observation.expected is None else "about {:.0f},{:.0f}".format(*observation.expected)
        at = f"; expected an anchor or end {where}" if where else ""
        return SuggestionText(f"The shape of the {self._kind_of(observation)} is unusual{at}.", "its shape", where)

    def _velocity(self, observation: Observation) -> SuggestionText:
        actual, expected = float(observation.actual), float(observation.expected)
        name = "Slider velocity" if observation.aspect is Aspect.VELOCITY else "Scroll speed"
        if abs(actual - expected) < 0.02:
            return SuggestionText(f"{name} {actual:.2f}x is unusual here.", f"{actual:.2f}x")
        message = f"Expected {name.lower()} {expected:.2f}x, found {actual:.2f}x."
        fix = None
        if observation.obj is not None and 0.1 <= expected <= 10:
            fix = set_velocity(observation.obj, expected, f"set {name.lower()} to {expected:.2f}x")
        return SuggestionText(message, f"{actual:.2f}x", f"{expected:.2f}x", fix)

    _scroll = _velocity

    # ---- sounds, kiai ----

    def _additions(self, observation: Observation) -> SuggestionText:
        actual, expected = additions_name(observation.actual), additions_name(observation.expected)
        at = f" at its {observation.part}" if observation.part else ""
        if actual == expected:
            return SuggestionText(f"{actual.capitalize()}{at} is unusual here.", actual)
        edge = {"": None, "head": 0, "end": -1}.get(observation.part, "other")
        fix = None
        if edge != "other":
            fix = set_additions(observation.obj, observation.expected, edge, f"make it sound with {expected}")
        return SuggestionText(f"Expected {expected}{at}, found {actual}.", actual, expected, fix)

    def _bank(self, observation: Observation) -> SuggestionText:
        actual, expected = bank_name(observation.actual), bank_name(observation.expected)
        at = f" at its {observation.part}" if observation.part else ""
        if actual == expected:
            return SuggestionText(f"Sample set {actual}{at} is unusual here.", actual)
        return SuggestionText(f"Expected sample set {expected}{at}, found {actual}.", actual, expected)

    def _volume(self, observation: Observation) -> SuggestionText:
        actual, expected = f"{observation.actual} %", f"{observation.expected} %"
        return SuggestionText(f"Expected volume {expected}, found {actual}.", actual, expected)

    def _kiai(self, observation: Observation) -> SuggestionText:
        what = "starts" if observation.actual else "ends"
        expected_ms = self.timing.snap(observation.expected, 1)
        here, there = clock(observation.time_ms), clock(expected_ms)
        reach_ms = KIAI_REACH_BEATS * self.timing.beat_length_at(observation.time_ms)
        if SAME_TIME_MS < abs(expected_ms - observation.time_ms) <= reach_ms:
            fix = None
            if self._is_free_of_edges(observation.time_ms, expected_ms):
                fix = move_kiai_edge(observation.time_ms, expected_ms, bool(observation.actual), f"move it to {there}")
            return SuggestionText(f"Kiai time {what} here; expected {there}.", here, there, fix)
        return SuggestionText(f"Kiai time {what} at an unexpected time.", here, "")

    def _is_free_of_edges(self, from_ms: float, to_ms: float) -> bool:
        """Return whether no other edge of kiai time is between two times."""
        first_ms, last_ms = min(from_ms, to_ms), max(from_ms, to_ms)
        edges_ms = [edge_ms for span in self.timing.kiai_spans() for edge_ms in span if edge_ms != from_ms]
        return not any(first_ms <= edge_ms <= last_ms for edge_ms in edges_ms)

    # ---- timing ----

    def _beat(self, observation: Observation) -> SuggestionText:
        if isinstance(observation.actual, BarFit):
            return bar_words(observation.actual)
        actual, expected = BEAT_NAMES.get(observation.actual, "a beat"), BEAT_NAMES.get(observation.expected, "no beat")
        return SuggestionText(f"Expected {expected}, found {actual}.", actual, expected)

    def _offset(self, observation: Observation) -> SuggestionText:
        return stretch_words(observation.actual, self.beatmap)

    def _lines(self, observation: Observation) -> SuggestionText:
        return line_words(observation.actual)


def _a(noun: str) -> str:
    """Return a noun with its article, as a sentence begins."""
    return f"{'An' if noun[0] in 'aeiou' else 'A'} {noun}"


def _fraction(beats: float) -> str:
    """Return a number of beats as mappers write it."""
    for divisor in COARSE_DIVISORS[1:]:
        if abs(beats * divisor - 1) < FRACTION_ERROR:
            return f"1/{divisor} of a beat"
    return f"{beats:.2g} beats" if beats < 1 - FRACTION_ERROR or beats > 1 + FRACTION_ERROR else "a beat"


def nearest_tick_ms(timing: Timing, time_ms: float) -> float | None:
    """Return the nearest tick of the coarsest common divisor.

    The time is known to some ms only.
    """
    ticks_ms = (timing.snap(time_ms, divisor) for divisor in COARSE_DIVISORS)
    return next((tick_ms for tick_ms in ticks_ms if abs(tick_ms - time_ms) <= TICK_REACH_MS), None)


def additions_name(hitsound: int) -> str:
    names = [flag.name.lower() for flag in (HitSound.WHISTLE, HitSound.FINISH, HitSound.CLAP) if hitsound & flag]
    return " and ".join(names) or "no addition"


def bank_name(banks: tuple[int, int]) -> str:
    normal, addition = (SampleSet(bank).name.lower() for bank in banks)
    return normal if normal == addition else f"{normal} with {addition} additions"
