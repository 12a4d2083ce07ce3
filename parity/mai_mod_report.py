"""MaiMod's report exactly as the original prints it.

It is made from events with their surprisals and expectations. Differences from `reports`: surprisals are divided by
entropies however small, those from 20 on are listed, divided by ten; every event is a suggestion of its own; of each
category the first ten in order of time are shown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from osu_beatmap.beatmap import Beatmap, GameMode, Spinner
from osu_beatmap.editor_notation import clock
from osuT5.encoding.groups import ANCHOR_KINDS
from osuT5.tokens.events import TYPE_KINDS, Event, EventKind

K = EventKind

LEAST_SURPRISAL = 20.0
SHOWN_PER_CATEGORY = 10
SHOWN_SCALE = 10.0
PAUSE_MS = 10_000.0
"""After so long a gap, combos are counted from 1 again."""

PLACES = frozenset({K.DISTANCE, K.POSITION_X, K.POSITION_Y, K.POSITION})
SOUNDS = frozenset({K.HITSOUND, K.VOLUME})
BEATS = frozenset({K.BEAT, K.MEASURE, K.TIMING_POINT})
OBJECT_PARTS = TYPE_KINDS - BEATS - {K.KIAI, K.SCROLL_SPEED_CHANGE}
END = None
"""In place of an expected kind: the end of the sequence."""

_HEAD = (
    "The first value between parentheses represents the importance of the suggestion. Values above [red]100[/red] are "
    "likely issues, whereas values below 10 are likely subjective"
)
_SWAPS: dict[tuple[EventKind, EventKind], tuple[str, str]] = {
    (K.DISTANCE, K.DISTANCE): ("Compose", "Expected distance {wanted} to the previous {previous} instead of {real}."),
    **{(k, k): ("Compose", "Expected position {wanted} instead of {real}.") for k in PLACES - {K.DISTANCE}},
    (K.COLUMN, K.COLUMN): ("Compose", "Expected column {wanted} instead of {real}."),
    (K.HITSOUND, K.HITSOUND): ("Hit Sounds", "Expected hitsound {wanted} instead of {real}."),
    (K.VOLUME, K.VOLUME): ("Hit Sounds", "Expected volume {wanted} instead of {real}."),
    (K.HITSOUND, K.NEW_COMBO): ("New Combos", "Expected new combo."),
    (K.NEW_COMBO, K.HITSOUND): ("New Combos", "Unexpected new combo."),
    (K.HITSOUND, K.LAST_ANCHOR): ("Rhythm", "Expected end of slider repeats."),
    (K.HITSOUND, K.SLIDER_END): ("Rhythm", "Expected end of slider repeats."),
    **{(K.SNAPPING, beat): ("Timing", "Hit object likely not snapped to a beat.") for beat in BEATS},
    (K.TIME, K.DISTANCE): ("Sliders", "Expected additional anchors."),
    (K.DISTANCE, K.TIME): ("Sliders", "Expected last anchor."),
    (K.BEAT, K.SNAPPING): ("Timing", "Unexpected beat."),
    (K.BEAT, K.MEASURE): ("Timing", "Expected new measure."),
    (K.BEAT, K.TIMING_POINT): ("Timing", "Expected new timing point."),
    (K.MEASURE, K.SNAPPING): ("Timing", "Unexpected new measure."),
    (K.MEASURE, K.BEAT): ("Timing", "Unexpected new measure."),
    (K.MEASURE, K.TIMING_POINT): ("Timing", "Expected new timing point."),
    **{(K.TIMING_POINT, k): ("Timing", "Unexpected new timing point.") for k in (K.SNAPPING, K.BEAT, K.MEASURE)},
}


@dataclass(frozen=True, slots=True)
class JudgedEvent:
    """Event of a song with its relative surprisal.

    TIME values are in ms. The most likely event is included; None stands for the end.
    """

    event: Event
    time_ms: int
    surprisal: float
    expected: Event | None


@dataclass(slots=True)
class _Group:
    kind: EventKind
    time_ms: int
    has_place: bool


class OriginalReport:
    """The report about one map. `position_px`: pixels of a step of positions."""

    def __init__(self, beatmap: Beatmap, judged: Sequence[JudgedEvent], types_first: bool, position_px: int) -> None:
        self.beatmap = beatmap
        self.judged = judged
        self.position_px = position_px
        self.group_of, self.groups = _group_events(judged, types_first)

    def text(self) -> str:
        by_category: dict[str, list[str]] = {}
        chosen = [index for index in range(len(self.judged)) if self._is_listed(index)]
        for index in sorted(chosen, key=lambda each: self.judged[each].time_ms):
            category, line = self._line(index)
            by_category.setdefault(category, []).append(line)
        lines = [_HEAD, f"Found {len(chosen)} suggestions:"]
        for category in sorted(by_category):
            lines += ["", f"{category}:", *by_category[category][:SHOWN_PER_CATEGORY]]
        return "\n".join(lines)

    def said(self, event: Event) -> str:
        """Return a value as the report prints it."""
        value = event.value
        says: dict[EventKind, Callable[[], str]] = {
            K.POSITION_X: lambda: f"x:{value * self.position_px}",
            K.POSITION_Y: lambda: f"y:{value * self.position_px}",
            K.DISTANCE: lambda: str(value),
            K.COLUMN: lambda: str(value + 1),
            K.VOLUME: lambda: f"{value}%",
            K.SNAPPING: lambda: f"1/{value}" if value > 0 else "none",
            K.TIME: lambda: f"[link=osu://edit/{clock(value)}]{clock(value)}[/link]",
            K.SCROLL_SPEED: lambda: f"x{value / 100:.2f}",
            K.HITSOUND: lambda: _sound(value),
        }
        return says[event.kind]() if event.kind in says else f"{event.kind.value}{value}"

    def _is_listed(self, index: int) -> bool:
        each, group = self.judged[index], self.groups[self.group_of[index]]
        kind, expected = each.event.kind, each.expected
        if each.surprisal < LEAST_SURPRISAL or (group.kind is K.SLIDER_END and kind in PLACES):
            return False
        wanted = expected.kind if expected else END
        if kind is K.TIME and wanted is K.TIME and abs(expected.value - each.event.value) <= 10:
            return False
        following = self._next_group(index)
        is_joint = following is not None and abs(each.time_ms - following.time_ms) < 2
        # A beat and an object at one time may come in either order.
        return not (is_joint and ((kind is K.SNAPPING and wanted in BEATS) or (kind in BEATS and wanted is K.SNAPPING)))

    def _next_group(self, index: int) -> _Group | None:
        number = self.group_of[index] + 1
        return self.groups[number] if number < len(self.groups) else None

    def _line(self, index: int) -> tuple[str, str]:
        each = self.judged[index]
        number = self.group_of[index]
        category, template = self._explanation(index)
        wanted = each.expected
        explanation = template.format(
            wanted="End of sequence" if wanted is None else self.said(wanted),
            real=self.said(each.event),
            wanted_kind="Control" if wanted is None else _title(wanted.kind),
            real_kind=_title(each.event.kind),
            previous=self._previous(number),
        )
        stamp = self._stamp(each.time_ms, self.groups[number])
        return category, f" {_importance(each.surprisal)} {stamp} ({self._name(number, index)}) - {explanation}"

    def _explanation(self, index: int) -> tuple[str, str]:
        each, group = self.judged[index], self.groups[self.group_of[index]]
        real, wanted = each.event.kind, each.expected.kind if each.expected else END
        if real is K.TIME and wanted is K.TIME and group.kind not in BEATS and self._is_beat_expected(index):
            return "Rhythm", "Unexpected hit object."
        if wanted is END:
            if real is K.KIAI:
                return "Kiai", f"Unexpected kiai section {'start' if each.event.value == 1 else 'end'}."
            return "Timing", "Expected end of beatmap."
        if real is K.LAST_ANCHOR and wanted in ANCHOR_KINDS:
            return "Sliders", "Expected additional anchors."
        if real in ANCHOR_KINDS and wanted is K.LAST_ANCHOR:
            return "Sliders", "Expected last anchor."
        if real in OBJECT_PARTS and wanted in OBJECT_PARTS:
            both = real in ANCHOR_KINDS and wanted in ANCHOR_KINDS
            return "Sliders" if both else "Rhythm", "Expected a {wanted_kind} instead of a {real_kind}."
        if real in (K.TIME, K.SNAPPING) and wanted is real:
            what = "object at" if real is K.TIME else "snapping"
            return _timed_category(group.kind), f"Expected {what} {{wanted}} instead of {{real}}."
        if real is K.SCROLL_SPEED and wanted is real:
            if self.beatmap.mode is GameMode.STANDARD:
                return "Sliders", "Expected slider velocity {wanted} instead of {real}."
            return "Scroll Speeds", "Expected scroll speed {wanted} instead of {real}."
        default = ("Misc", "Expected {wanted_kind} {wanted} instead of {real_kind} {real}.")
        return _SWAPS.get((real, wanted), default)

    def _is_beat_expected(self, index: int) -> bool:
        """Return whether the expected time is that of the next beat.

        An object before it is then one too many.
        """
        later = self.groups[self.group_of[index] + 1 :]
        beat = next((group for group in later if group.kind in BEATS), None)
        return beat is not None and abs(self.judged[index].expected.value - beat.time_ms) <= 10

    def _previous(self, number: int) -> str:
        before = next((n for n in range(number - 1, -1, -1) if self.groups[n].has_place), None)
        return "None" if before is None else self._name(before, None)

    def _name(self, number: int, index: int | None) -> str:
        """Return the name of a group.

        Anchors are counted from the head; sounds of a path's end belong to its slides.
        """
        kind = self.groups[number].kind
        if kind is K.LAST_ANCHOR and index is not None and self.judged[index].event.kind in SOUNDS:
            repeat = self._repeat(index)
            return f"Slider Repeat #{repeat}" if repeat else "Slider Body"
        if kind in ANCHOR_KINDS:
            count = 2
            for before in range(number - 1, -1, -1):
                if self.groups[before].kind is K.SLIDER_HEAD:
                    break
                count += self.groups[before].kind in ANCHOR_KINDS
            return f"{_title(kind)} #{count}"
        return _title(kind)

    def _repeat(self, index: int) -> int:
        kind, count = self.judged[index].event.kind, 0
        for before in range(index - 1, -1, -1):
            if self.judged[before].event.kind is K.TIME:
                break
            count += self.judged[before].event.kind is kind
        return count

    def _stamp(self, time_ms: int, group: _Group) -> str:
        found = self._combo(time_ms) if group.kind in OBJECT_PARTS else None
        combo, object_ms = found or (None, time_ms)
        brackets = "" if combo is None else f"%20({combo})"
        return f"[link=osu://edit/{clock(object_ms)}{brackets}][green]{clock(time_ms)}[/green][/link]"

    def _combo(self, time_ms: int) -> tuple[int, int] | None:
        """Return combo number and time of the object at a time.

        It is the last object that is not after the time.
        """
        combo, before = 0, None
        for index, obj in enumerate(self.beatmap.hit_objects):
            if index and obj.time_ms - 1 > time_ms:
                return combo, int(before.time_ms + 1e-5)
            combo += 1
            pause = before is not None and obj.time_ms - before.time_ms > PAUSE_MS
            if obj.new_combo or isinstance(obj, Spinner) or isinstance(before, Spinner) or pause:
                combo = 1
            before = obj
        return (combo, int(before.time_ms + 1e-5)) if combo else None


def _group_events(judged: Iterable[JudgedEvent], types_first: bool) -> tuple[list[int], list[_Group]]:
    """Return the group of each event, and the groups.

    A group has the time of its type event.
    """
    judged = list(judged)
    bounds = list(_bounds(judged, types_first))
    group_of: list[int] = []
    groups = []
    for number, (start, stop) in enumerate(bounds):
        own = judged[start:stop]
        group_of += [number] * len(own)
        typed = next(each for each in own if each.event.kind in TYPE_KINDS)
        has_place = any(each.event.kind is K.POSITION_X for each in own)
        groups.append(_Group(typed.event.kind, typed.time_ms, has_place))
    return group_of, groups


def _bounds(judged: Sequence[JudgedEvent], types_first: bool) -> Iterator[tuple[int, int]]:
    types = [index for index, each in enumerate(judged) if each.event.kind in TYPE_KINDS]
    # Where types come last, what is left behind the last one belongs to it.
    inner = types[1:] if types_first else [index + 1 for index in types[:-1]]
    edges = [0, *inner, len(judged)]
    yield from pairwise(edges)


def _importance(surprisal: float) -> str:
    shown = surprisal / SHOWN_SCALE
    for least, pad, style in ((1e4, 0, "bold red"), (1e3, 1, "bold red"), (100, 2, "bold red"), (10, 3, "bold yellow")):
        if shown >= least:
            return f"{' ' * pad}[{style}]({shown:.0f})[/{style}]"
    return f"    [bold]({shown:.0f})[/bold]" if shown >= 1 else f"    ({shown:.0f})"


def _timed_category(kind: EventKind) -> str:
    if kind in OBJECT_PARTS:
        return "Rhythm"
    return {K.SCROLL_SPEED_CHANGE: "Scroll Speeds", K.KIAI: "Kiai"}.get(kind, "Timing")


def _sound(value: int) -> str:
    banks = ("normal", "soft", "drum")
    additions = [name for place, name in enumerate(("whistle", "finish", "clap")) if value >> place & 1]
    return f"{banks[value // 8 % 3]}:{banks[value // 24 % 3]}-{':'.join(additions) or 'none'}"


def _title(kind: EventKind) -> str:
    return kind.value.replace("_", " ").title()
