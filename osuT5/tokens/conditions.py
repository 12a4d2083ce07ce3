"""Condition tokens of map attributes, at the head of a prompt.

The classes are those of the published models, so a real map and an equal request give the same tokens.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from osu_beatmap.attributes import WITH_CIRCLES, WITH_SCROLL_SPEED, Attributes
from osu_beatmap.beatmap import GameMode
from osuT5.tokens.class_tables import NO_TABLES, ClassTables
from osuT5.tokens.events import ContextKind, Event, EventKind
from osuT5.tokens.vocabulary import EventRange, Vocabulary

MANIA = frozenset({GameMode.MANIA})
ALL_MODES = frozenset(GameMode)

MAX_DIFFICULTY_STARS = 12
DIFFICULTY_CLASSES = 24
RATIO_STEPS = 10

STATE_HOLDERS = {
    EventKind.KIAI: (ContextKind.KIAI,),
    EventKind.SCROLL_SPEED: (ContextKind.SV, ContextKind.MAP),
}
"""The contexts that tell of what holds from a time on; the first that there is counts."""

PLAIN_SPEED_PERCENT = 100


@dataclass(frozen=True, slots=True)
class SongPlace:
    """Place of a window in its song, and the state there.

    The state is the last kiai and scroll speed before its start.
    """

    song_ms: float
    window_start_ms: float
    kiai: bool = False
    scroll_speed_percent: int = 100


def _ratio_class(ratio: float) -> int:
    """Return 0 for none, 12 for all, or the nearest tenth."""
    if ratio <= 0:
        return 0
    return RATIO_STEPS + 2 if ratio >= 1 else 1 + round(ratio * RATIO_STEPS)


def _position_class(place: SongPlace) -> int:
    """Return 0 at the start, 102 after the end, else percents."""
    if place.window_start_ms <= 0:
        return 0
    if place.window_start_ms >= place.song_ms:
        return 102
    return 1 + round(100 * place.window_start_ms / place.song_ms)


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition: range of classes, modes, and conversion of an attribute.

    `value` returns None where the attribute is unknown; the class after `high` stands for that. Some published
    vocabularies have no such class; then `otherwise` is taken, as the original program does.
    """

    kind: EventKind
    low: int
    high: int
    modes: frozenset[GameMode]
    value: Callable[[Attributes, SongPlace], int | None]
    otherwise: int | None = None

    @property
    def unknown(self) -> Event:
        return Event(self.kind, self.high + 1)

    @property
    def event_range(self) -> EventRange:
        return EventRange(self.kind, self.low, self.high + 1)


def _optional(name: str, to_class: Callable[[float], int]) -> Callable[[Attributes, SongPlace], int | None]:
    def value(attributes: Attributes, _: SongPlace) -> int | None:
        given = getattr(attributes, name)
        return None if given is None else to_class(given)

    return value


def _sv_class(slider_multiplier: float) -> int:
    return round(100 * slider_multiplier)


def _difficulty_class(stars: float) -> int:
    return int(stars * DIFFICULTY_CLASSES / MAX_DIFFICULTY_STARS)


CONDITIONS: dict[EventKind, Condition] = {
    condition.kind: condition
    for condition in (
        Condition(EventKind.GAMEMODE, 0, 3, ALL_MODES, lambda attributes, _: int(attributes.mode)),
        Condition(EventKind.DIFFICULTY, 0, 23, ALL_MODES, _optional("difficulty", _difficulty_class)),
        Condition(EventKind.HITSOUNDED, 0, 1, ALL_MODES, _optional("hitsounded", int), otherwise=1),
        Condition(EventKind.SONG_LENGTH, 0, 60, ALL_MODES, lambda _, place: int(place.song_ms // 10_000)),
        Condition(EventKind.GLOBAL_SV, 40, 360, WITH_CIRCLES, _optional("slider_multiplier", _sv_class), otherwise=140),
        Condition(EventKind.CIRCLE_SIZE, 0, 20, WITH_CIRCLES, _optional("circle_size", lambda cs: int(2 * cs))),
        Condition(EventKind.KEY_COUNT, 1, 18, MANIA, _optional("key_count", int), otherwise=4),
        Condition(EventKind.HOLD_NOTE_RATIO, 0, 12, MANIA, _optional("hold_note_ratio", _ratio_class)),
        Condition(
            EventKind.SCROLL_SPEED_RATIO, 0, 12, WITH_SCROLL_SPEED, _optional("scroll_speed_ratio", _ratio_class)
        ),
        Condition(EventKind.YEAR, 2007, 2076, ALL_MODES, _optional("year", int)),
        Condition(EventKind.KIAI, 0, 1, ALL_MODES, lambda _, place: int(place.kiai)),
        Condition(EventKind.SCROLL_SPEED, 0, 1000, ALL_MODES, lambda _, place: place.scroll_speed_percent),
        Condition(EventKind.SONG_POSITION, 0, 102, ALL_MODES, lambda _, place: _position_class(place)),
    )
}

ALWAYS_KNOWN = frozenset(
    {EventKind.GAMEMODE, EventKind.SONG_LENGTH, EventKind.SONG_POSITION, EventKind.KIAI, EventKind.SCROLL_SPEED}
)
"""Conditions that no map lacks."""

TABLE_KINDS = frozenset({EventKind.MAPPER, EventKind.DESCRIPTOR})
"""Conditions whose classes stand in the tables of a model; their last class is the unknown one."""


def condition_events(
    kinds: tuple[EventKind, ...], attributes: Attributes, place: SongPlace, forget: frozenset[EventKind] = frozenset()
) -> list[Event]:
    """Return a prompt's condition events, in the order of `kinds`.

    Those in `forget` are unknown. A condition that a mode does not have is omitted, as in the published models.
    """
    events = []
    for kind in kinds:
        condition = CONDITIONS[kind]
        if attributes.mode not in condition.modes:
            continue
        value = None if kind in forget else condition.value(attributes, place)
        if value is None:
            events.append(condition.unknown)
        else:
            events.append(Event(kind, min(max(value, condition.low), condition.high)))
    return events


def condition_ids(
    vocabulary: Vocabulary,
    kinds: tuple[EventKind, ...],
    attributes: Attributes,
    place: SongPlace,
    forget: frozenset[EventKind] = frozenset(),
    tables: ClassTables = NO_TABLES,
) -> list[int]:
    """Return the condition ids of a prompt.

    They are as in `condition_events`, with the conditions whose classes are in `tables`.
    """
    ids = []
    for kind in kinds:
        if kind in TABLE_KINDS:
            known = Attributes(attributes.mode) if kind in forget else attributes
            classes = _table_classes(kind, known, tables) or [vocabulary.range_of(kind).high]
            ids += [vocabulary.encode(Event(kind, value)) for value in classes]
        else:
            events = condition_events((kind,), attributes, place, forget)
            ids += [vocabulary.encode(_expressible(event, vocabulary)) for event in events]
    return ids


def _table_classes(kind: EventKind, attributes: Attributes, tables: ClassTables) -> list[int]:
    """Return the classes of a kind in the tables, possibly none."""
    if kind is EventKind.MAPPER:
        return [tables.mapper_index[i] for i in (attributes.mapper_id,) if i in tables.mapper_index]
    return [tables.descriptor_index[name] for name in attributes.descriptors if name in tables.descriptor_index]


def _expressible(event: Event, vocabulary: Vocabulary) -> Event:
    """Return an event of the vocabulary for a condition.

    An unknown condition gets a substitute if the vocabulary has no class for it.
    """
    condition = CONDITIONS[event.kind]
    if event == condition.unknown and event.value > vocabulary.range_of(event.kind).high:
        assert condition.otherwise is not None, f"{event.kind.value} must be known"
        return Event(event.kind, condition.otherwise)
    return event
