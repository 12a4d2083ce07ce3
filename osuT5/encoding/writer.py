"""Writer of event groups for one beatmap, shared by all encoders."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from osu_beatmap.beatmap import Beatmap, GameMode, Point
from osu_beatmap.quirks import NO_QUIRKS, Quirks
from osu_beatmap.timing.active_point import Timing
from osu_beatmap.timing.beat_grid import UNSNAPPED_MS
from osuT5.encoding.file_order_timing import FileOrderTiming, own_divisor
from osuT5.encoding.hit_objects.hitsounds import Sound, sound_events
from osuT5.encoding.hit_objects.positions import CENTRE, column_event, position_events
from osuT5.tokens.encoding_spec import EncodingSpec
from osuT5.tokens.events import Event, EventGroup, EventKind

SNAP_DIVISORS = range(1, 17)
"""The divisors that a SNAPPING event can name; its value 0 means off the grid."""

SUSTAIN_CLEARANCE_MS = 10.0
"""No sustain marker is nearer than this to the end of what it sustains."""

_TRUNCATION_SLACK_MS = 1e-5

_POSITIONED_MODES = (GameMode.STANDARD, GameMode.CATCH)


def whole_ms(time_ms: float) -> int:
    """Return a time as whole milliseconds, as in TIME events.

    The fraction is dropped, but not to rounding noise.
    """
    return int(time_ms + _TRUNCATION_SLACK_MS)


class GroupWriter:
    """Builds the groups of one beatmap.

    It remembers the last position, from which distances count.

    Raises ValueError when the beatmap has no usable red line.
    """

    def __init__(self, beatmap: Beatmap, spec: EncodingSpec, quirks: Quirks = NO_QUIRKS) -> None:
        self.beatmap = beatmap
        self.spec = spec
        self.quirks = quirks
        self.timing = (FileOrderTiming if quirks.lines_in_file_order else Timing)(beatmap.timing_points)
        self._last_point = CENTRE

    def group(self, kind: EventKind, time_ms: float, *parts: Sequence[Event], value: int = 0) -> EventGroup:
        """Return a group of a kind with its parts in order."""
        type_event = Event(kind, value)
        events = [event for part in parts for event in part]
        events = [type_event, *events] if self.spec.types_first else [*events, type_event]
        return EventGroup(time_ms, tuple(events))

    def time(self, time_ms: float) -> list[Event]:
        """Return the events of a time and its beat snap divisor."""
        events = self.time_alone(time_ms)
        if self.spec.snapping:
            events.append(Event(EventKind.SNAPPING, self._divisor(time_ms)))
        return events

    def _divisor(self, time_ms: float) -> int:
        if self.quirks.own_ticks:
            return own_divisor(time_ms, self.timing.red_at(time_ms), SNAP_DIVISORS)
        return self.timing.best_divisor(time_ms, UNSNAPPED_MS, SNAP_DIVISORS)

    def time_alone(self, time_ms: float) -> list[Event]:
        return [Event(EventKind.TIME, whole_ms(time_ms))]

    def place(self, point: Point) -> list[Event]:
        """Return the events of a position.

        It is a cell, or a column in mania; nothing in taiko.
        """
        mode = self.beatmap.mode
        if mode is GameMode.MANIA:
            return [column_event(point[0], self.beatmap.key_count)]
        if mode not in _POSITIONED_MODES:
            return []
        events = position_events(point, self._last_point, self.spec)
        self._last_point = point
        return events

    def forget_place(self) -> None:
        """Reset the last position to the centre, as after a spinner."""
        self._last_point = CENTRE

    def combo(self, new_combo: bool) -> list[Event]:
        if not (new_combo and self.spec.new_combos and self.beatmap.mode in _POSITIONED_MODES):
            return []
        return [Event(EventKind.NEW_COMBO)]

    def sound(self, sound: Sound, time_ms: float) -> list[Event]:
        return sound_events(sound, time_ms, self.timing, self.spec)

    def sustains(
        self, kind: EventKind, start_ms: float, end_ms: float, part: Sequence[Event] = ()
    ) -> Iterator[EventGroup]:
        """Yield markers during a long object.

        A window that starts inside the object thus has a sign of it.
        """
        if self.spec.sustain_ms <= 0:
            return
        count = 1
        while (time_ms := start_ms + count * self.spec.sustain_ms) < end_ms - SUSTAIN_CLEARANCE_MS:
            yield self.group(kind, time_ms, self.time_alone(time_ms), part)
            count += 1
