"""Groups of events as the original uses them.

Only some events of a group are read. The module also places the groups.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from osu_beatmap.beatmap import PLAYFIELD_HEIGHT_PX, PLAYFIELD_WIDTH_PX, GameMode, Point
from osuT5.encoding.groups import ANCHOR_KINDS, has_time
from osuT5.encoding.hit_objects.hitsounds import Sound, read_sounds
from osuT5.encoding.hit_objects.mania import column_of
from osuT5.encoding.hit_objects.object_drafts import first_sound, has_new_combo
from osuT5.encoding.hit_objects.positions import read_position_as_published
from osuT5.tokens.encoding_spec import EncodingSpec
from osuT5.tokens.events import Event, EventGroup, EventKind

SAME_PLACE_PX, SAME_PLACE_MS = 3.8, 1000.0
CIRCLE_PLACES = 500

MERGED_KINDS = frozenset(
    {
        EventKind.CIRCLE,
        EventKind.SLIDER_HEAD,
        EventKind.RED_ANCHOR,
        EventKind.LAST_ANCHOR,
        EventKind.SLIDER_END,
    }
)
PLACED_KINDS = MERGED_KINDS | ANCHOR_KINDS
_COORDINATES = frozenset({EventKind.POSITION, EventKind.POSITION_X, EventKind.POSITION_Y, EventKind.COLUMN})


@dataclass(slots=True)
class Part:
    """Group with its used events.

    `time_ms` is 0 if the group states no time.
    """

    kind: EventKind
    time_ms: float
    place: Point | None
    distance_px: int | None
    new_combo: bool
    sounds: list[Sound]
    volumes: list[int]
    speed: float | None
    value: int

    @property
    def start_ms(self) -> int:
        return round(self.time_ms)

    @property
    def sound(self) -> Sound:
        return first_sound(self.sounds)

    @property
    def volume(self) -> int | None:
        return self.volumes[0] if self.volumes else None


def part_of(group: EventGroup, mode: GameMode, key_count: int, spec: EncodingSpec) -> Part:
    place = read_position_as_published(group.events, spec)
    if mode is GameMode.MANIA and (column := column_of(group)) is not None:
        place = (int((column + 0.5) * PLAYFIELD_WIDTH_PX / key_count), PLAYFIELD_HEIGHT_PX // 2)
    steps = next((event.value for event in group.events if event.kind is EventKind.SCROLL_SPEED), None)
    return Part(
        kind=group.kind,
        time_ms=group.time_ms if has_time(group) else 0.0,
        place=place,
        distance_px=_lone_distance(group.events),
        new_combo=has_new_combo(group),
        sounds=read_sounds(group.events),
        volumes=[event.value for event in group.events if event.kind is EventKind.VOLUME],
        speed=None if steps is None else steps * spec.scroll_speed_step_percent / 100,
        value=next(event.value for event in group.events if event.kind is group.kind),
    )


def _lone_distance(events: Sequence[Event]) -> int | None:
    """Return the distance of a group without any other position."""
    distance = next((event.value for event in events if event.kind is EventKind.DISTANCE), None)
    return None if any(event.kind in _COORDINATES for event in events) else distance


class RandomPlaces:
    """Random positions on a circle and in the playfield.

    numpy's legacy generator draws them from 500.
    """

    def __init__(self, seed: int) -> None:
        self._random = np.random.RandomState(seed)

    def place_at(self, centre: Point, distance_px: float) -> Point:
        """Return a position at a distance from another.

        If the whole circle is outside, it is a corner of the playfield.
        """
        angles = np.linspace(0, 2 * np.pi, CIRCLE_PLACES)
        x, y = centre[0] + distance_px * np.cos(angles), centre[1] + distance_px * np.sin(angles)
        inside = np.flatnonzero((x >= 0) & (x <= PLAYFIELD_WIDTH_PX) & (y >= 0) & (y <= PLAYFIELD_HEIGHT_PX))
        index = self._random.randint(max(1, len(inside)))
        if len(inside):
            return float(x[inside[index]]), float(y[inside[index]])
        is_low = centre[0] + centre[1] > (PLAYFIELD_WIDTH_PX + PLAYFIELD_HEIGHT_PX) / 2
        return (float(PLAYFIELD_WIDTH_PX), float(PLAYFIELD_HEIGHT_PX)) if is_low else (0.0, 0.0)


def join_near_places(parts: Sequence[Part]) -> None:
    """Move each place that is near an earlier one onto it.

    A group without a time counts as at 0 ms, so places over a second from there are forgotten after it.
    """
    earlier: list[Part] = []
    for part in parts:
        if part.kind not in MERGED_KINDS or part.place is None:
            continue
        earlier = [other for other in earlier if abs(part.time_ms - other.time_ms) <= SAME_PLACE_MS]
        for other in earlier:
            if np.hypot(part.place[0] - other.place[0], part.place[1] - other.place[1]) < SAME_PLACE_PX:
                part.place = other.place
                break
        earlier.append(part)
