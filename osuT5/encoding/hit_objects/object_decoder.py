"""The groups of the objects of one beatmap -> drafts, by mode."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from functools import partial

from osu_beatmap.beatmap import GameMode
from osuT5.encoding.groups import TIMELESS_KINDS
from osuT5.encoding.hit_objects import circles as objects
from osuT5.encoding.hit_objects import mania, taiko
from osuT5.encoding.hit_objects.object_drafts import AssemblyReport, Draft, PlaceReader
from osuT5.encoding.hit_objects.sliders import SliderReader
from osuT5.tokens.encoding_spec import EncodingSpec
from osuT5.tokens.events import SUSTAIN_KINDS, EventGroup, EventKind

_SLIDER_KINDS = TIMELESS_KINDS | {EventKind.SLIDER_HEAD, EventKind.SLIDER_END}


class Pairs:
    """Starts that wait for their ends, each under a key of its own (a mania column, say).

    `whole` makes an object of a start and its end, `alone` what is left of a start that has no end or no duration.
    Without `alone` nothing is left.
    """

    def __init__(
        self,
        report: AssemblyReport,
        whole: Callable[[EventGroup, EventGroup], Draft],
        alone: Callable[[EventGroup], Draft] | None = None,
    ) -> None:
        self._report = report
        self._whole = whole
        self._alone = alone
        self._open: dict[Hashable, EventGroup] = {}

    def start(self, group: EventGroup, key: Hashable = None) -> list[Draft]:
        """Remember a start; return what is left of the one that it displaces, which has no end."""
        displaced = self._open.pop(key, None)
        self._open[key] = group
        return self._incomplete(displaced) if displaced else []

    def end(self, group: EventGroup, key: Hashable = None) -> list[Draft]:
        """Return the object that this group ends; nothing where none has started."""
        start = self._open.pop(key, None)
        if start is None:
            self._report.dropped[group.kind] += 1
            return []
        if group.time_ms > start.time_ms:
            return [self._whole(start, group)]
        self._report.invalid[start.kind] += 1
        return [self._alone(start)] if self._alone else []

    def close(self) -> list[Draft]:
        """Return what is left of the starts that nothing ended."""
        return [draft for start in self._open.values() for draft in self._incomplete(start)]

    def _incomplete(self, start: EventGroup) -> list[Draft]:
        self._report.incomplete[start.kind] += 1
        return [self._alone(start)] if self._alone else []


def decode_objects(
    groups: Iterable[EventGroup], mode: GameMode, key_count: int, spec: EncodingSpec, report: AssemblyReport
) -> list[Draft]:
    """The objects that the groups make, in the order in which they became complete."""
    groups = [group for group in groups if group.kind not in SUSTAIN_KINDS]
    if mode is GameMode.TAIKO:
        return _decode_taiko(groups, spec, report)
    if mode is GameMode.MANIA:
        return _decode_mania(groups, key_count, report)
    return _decode_standard(groups, spec, report)


def _decode_standard(groups: list[EventGroup], spec: EncodingSpec, report: AssemblyReport) -> list[Draft]:
    places = PlaceReader(spec, report)
    sliders = SliderReader(spec, places, report)
    spinners = Pairs(report, objects.decode_spinner)
    drafts: list[Draft] = []
    for group in groups:
        kind = group.kind
        if kind is EventKind.CIRCLE:
            drafts.append(objects.decode_circle(group, places.read(group)))
        elif kind in _SLIDER_KINDS:
            drafts += sliders.read(group)
        elif kind is EventKind.SPINNER:
            spinners.start(group)
        elif kind is EventKind.SPINNER_END:
            places.forget()
            drafts += spinners.end(group)
        else:
            report.dropped[kind] += 1
    spinners.close()
    return drafts + sliders.close()


def _decode_taiko(groups: list[EventGroup], spec: EncodingSpec, report: AssemblyReport) -> list[Draft]:
    """Drum rolls without an end or a duration stay as notes; dendens do not."""
    note = partial(taiko.decode_note, spec=spec)
    rolls = Pairs(report, partial(taiko.decode_drumroll, spec=spec), note)
    dendens = Pairs(report, partial(taiko.decode_denden, spec=spec))
    drafts: list[Draft] = []
    for group in groups:
        kind = group.kind
        if kind is EventKind.CIRCLE:
            drafts.append(note(group))
        elif kind is EventKind.DRUMROLL:
            drafts += rolls.start(group)
        elif kind is EventKind.DRUMROLL_END:
            drafts += rolls.end(group)
        elif kind is EventKind.DENDEN:
            dendens.start(group)
        elif kind is EventKind.DENDEN_END:
            drafts += dendens.end(group)
        else:
            report.dropped[kind] += 1
    dendens.close()
    return drafts + rolls.close()


def _decode_mania(groups: list[EventGroup], key_count: int, report: AssemblyReport) -> list[Draft]:
    """Hold notes without an end or a duration stay as notes."""
    note = partial(mania.decode_note, key_count=key_count)
    holds = Pairs(report, partial(mania.decode_hold, key_count=key_count), note)
    drafts: list[Draft] = []
    for group in groups:
        kind = group.kind
        if kind is EventKind.CIRCLE:
            drafts.append(note(group))
        elif kind is EventKind.HOLD_NOTE:
            drafts += holds.start(group, mania.column_of(group))
        elif kind is EventKind.HOLD_NOTE_END:
            drafts += holds.end(group, mania.column_of(group))
        else:
            report.dropped[kind] += 1
    return drafts + holds.close()
