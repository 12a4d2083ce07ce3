"""The groups of the objects of one beatmap -> drafts, by mode."""

from __future__ import annotations

from collections.abc import Hashable, Iterable

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
    """Starts that wait for their ends, each under a key of its own (a mania column, say)."""

    def __init__(self, report: AssemblyReport) -> None:
        self._report = report
        self._open: dict[Hashable, EventGroup] = {}

    def start(self, key: Hashable, group: EventGroup) -> EventGroup | None:
        """Remembers a start; gives the one that it displaces, which has no end."""
        displaced = self._open.pop(key, None)
        if displaced is not None:
            self._report.incomplete[displaced.kind] += 1
        self._open[key] = group
        return displaced

    def end(self, key: Hashable, group: EventGroup) -> EventGroup | None:
        """The start that this group ends; None where there is none."""
        start = self._open.pop(key, None)
        if start is None:
            self._report.dropped[group.kind] += 1
        return start

    def close(self) -> list[EventGroup]:
        """The starts that nothing ended."""
        left = list(self._open.values())
        self._open.clear()
        for group in left:
            self._report.incomplete[group.kind] += 1
        return left


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
    spinners = Pairs(report)
    drafts: list[Draft] = []
    for group in groups:
        kind = group.kind
        if kind is EventKind.CIRCLE:
            drafts.append(objects.decode_circle(group, places.read(group)))
        elif kind in _SLIDER_KINDS:
            drafts += sliders.read(group)
        elif kind is EventKind.SPINNER:
            spinners.start(None, group)
        elif kind is EventKind.SPINNER_END:
            start = spinners.end(None, group)
            places.forget()
            if start is not None and _lasts(start, group, report):
                drafts.append(objects.decode_spinner(start, group))
        else:
            report.dropped[kind] += 1
    spinners.close()
    return drafts + sliders.close()


def _decode_taiko(groups: list[EventGroup], spec: EncodingSpec, report: AssemblyReport) -> list[Draft]:
    """Drum rolls without an end or a duration stay as notes; dendens do not."""
    rolls, dendens = Pairs(report), Pairs(report)
    drafts: list[Draft] = []
    for group in groups:
        kind = group.kind
        if kind is EventKind.CIRCLE:
            drafts.append(taiko.decode_note(group, spec))
        elif kind is EventKind.DRUMROLL:
            if (displaced := rolls.start(None, group)) is not None:
                drafts.append(taiko.decode_note(displaced, spec))
        elif kind is EventKind.DRUMROLL_END:
            if (start := rolls.end(None, group)) is not None:
                whole = _lasts(start, group, report)
                drafts.append(taiko.decode_drumroll(start, group, spec) if whole else taiko.decode_note(start, spec))
        elif kind is EventKind.DENDEN:
            dendens.start(None, group)
        elif kind is EventKind.DENDEN_END:
            start = dendens.end(None, group)
            if start is not None and _lasts(start, group, report):
                drafts.append(taiko.decode_denden(start, group, spec))
        else:
            report.dropped[kind] += 1
    dendens.close()
    return drafts + [taiko.decode_note(start, spec) for start in rolls.close()]


def _decode_mania(groups: list[EventGroup], key_count: int, report: AssemblyReport) -> list[Draft]:
    """Hold notes without an end or a duration stay as notes."""
    holds = Pairs(report)
    drafts: list[Draft] = []
    for group in groups:
        kind = group.kind
        if kind is EventKind.CIRCLE:
            drafts.append(mania.decode_note(group, key_count))
        elif kind is EventKind.HOLD_NOTE:
            if (displaced := holds.start(mania.column_of(group), group)) is not None:
                drafts.append(mania.decode_note(displaced, key_count))
        elif kind is EventKind.HOLD_NOTE_END:
            if (start := holds.end(mania.column_of(group), group)) is not None:
                whole = _lasts(start, group, report)
                drafts.append(
                    mania.decode_hold(start, group, key_count) if whole else mania.decode_note(start, key_count)
                )
        else:
            report.dropped[kind] += 1
    return drafts + [mania.decode_note(start, key_count) for start in holds.close()]


def _lasts(start: EventGroup, end: EventGroup, report: AssemblyReport) -> bool:
    """Whether there is time between start and end."""
    if end.time_ms > start.time_ms:
        return True
    report.invalid[start.kind] += 1
    return False
