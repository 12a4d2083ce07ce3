"""The groups of the objects of one beatmap -> drafts, by mode."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from functools import partial

from osu_beatmap.beatmap import GameMode
from osuT5.encoding.groups import TIMELESS_KINDS
from osuT5.encoding.hit_objects import circles as objects
from osuT5.encoding.hit_objects import mania, taiko
from osuT5.encoding.hit_objects.object_drafts import AssemblyReport, Draft, PlaceReader
from osuT5.encoding.hit_objects.sliders import SliderReader
from osuT5.tokens.encoding_spec import EncodingSpec
from osuT5.tokens.events import SUSTAIN_KINDS, EventGroup, EventKind

Readers = tuple[dict[EventKind, Callable[[EventGroup], list[Draft]]], Sequence[Callable[[], list[Draft]]]]
"""What reads each kind of group, and what returns the drafts that are left when all groups are read."""

_SLIDER_KINDS = TIMELESS_KINDS | {EventKind.SLIDER_HEAD, EventKind.SLIDER_END}


class Pairs:
    """Starts of objects without ends yet, by key.

    A key is a mania column, for example.

    `whole` makes an object of a start and its end, `alone` an object of a start without an end or a duration. Without
    `alone` nothing remains of it.
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
        """Store a start; return the rest of the one that it displaces.

        That has no end.
        """
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
    """Decode objects from groups, in order of their completion."""
    if mode is GameMode.TAIKO:
        readers, closers = _taiko_readers(spec, report)
    elif mode is GameMode.MANIA:
        readers, closers = _mania_readers(key_count, report)
    else:
        readers, closers = _standard_readers(spec, report)
    drafts: list[Draft] = []
    for group in groups:
        if group.kind in readers:
            drafts += readers[group.kind](group)
        elif group.kind not in SUSTAIN_KINDS:
            report.dropped[group.kind] += 1
    return drafts + [draft for close in closers for draft in close()]


def _standard_readers(spec: EncodingSpec, report: AssemblyReport) -> Readers:
    places = PlaceReader(spec, report)
    sliders = SliderReader(spec, places, report)
    spinners = Pairs(report, objects.decode_spinner)

    def end_spinner(group: EventGroup) -> list[Draft]:
        places.forget()
        return spinners.end(group)

    return {
        EventKind.CIRCLE: lambda group: [objects.decode_circle(group, places.read(group))],
        **dict.fromkeys(_SLIDER_KINDS, sliders.read),
        EventKind.SPINNER: spinners.start,
        EventKind.SPINNER_END: end_spinner,
    }, (spinners.close, sliders.close)


def _taiko_readers(spec: EncodingSpec, report: AssemblyReport) -> Readers:
    """Return the readers of taiko objects.

    Drumrolls without an end or a duration stay as notes; swells do not.
    """
    note = partial(taiko.decode_note, spec=spec)
    rolls = Pairs(report, partial(taiko.decode_drumroll, spec=spec), note)
    dendens = Pairs(report, partial(taiko.decode_denden, spec=spec))
    return {
        EventKind.CIRCLE: lambda group: [note(group)],
        EventKind.DRUMROLL: rolls.start,
        EventKind.DRUMROLL_END: rolls.end,
        EventKind.DENDEN: dendens.start,
        EventKind.DENDEN_END: dendens.end,
    }, (dendens.close, rolls.close)


def _mania_readers(key_count: int, report: AssemblyReport) -> Readers:
    """Return the mania decoders; hold notes without an end become notes."""
    note = partial(mania.decode_note, key_count=key_count)
    holds = Pairs(report, partial(mania.decode_hold, key_count=key_count), note)
    return {
        EventKind.CIRCLE: lambda group: [note(group)],
        EventKind.HOLD_NOTE: lambda group: holds.start(group, mania.column_of(group)),
        EventKind.HOLD_NOTE_END: lambda group: holds.end(group, mania.column_of(group)),
    }, (holds.close,)
