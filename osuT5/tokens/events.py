"""Tokens of the model: event kinds, contexts, and groups of events.

An event is a kind and an integer value. The names are those of the published vocabularies, so that a published
tokenizer file can be read as it is. What the values mean is decided in `osuT5.encoding`; how events become token ids,
in `osuT5.tokens.vocabulary`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple


class EventKind(Enum):
    """Every kind of event, by its name in a vocabulary file."""

    # Parts of a group
    TIME = "t"
    SNAPPING = "snap"
    DISTANCE = "dist"
    POSITION = "pos"
    POSITION_X = "pos_x"
    POSITION_Y = "pos_y"
    POSITION_REFINE = "pos_refine"
    COLUMN = "column"
    SCROLL_SPEED = "scroll_speed"
    NEW_COMBO = "new_combo"
    HITSOUND = "hitsound"
    VOLUME = "volume"
    # What a group is
    CIRCLE = "circle"
    SPINNER = "spinner"
    SPINNER_END = "spinner_end"
    SLIDER_HEAD = "slider_head"
    BEZIER_ANCHOR = "bezier_anchor"
    PERFECT_ANCHOR = "perfect_anchor"
    CATMULL_ANCHOR = "catmull_anchor"
    RED_ANCHOR = "red_anchor"
    LAST_ANCHOR = "last_anchor"
    SLIDER_END = "slider_end"
    HOLD_NOTE = "hold_note"
    HOLD_NOTE_END = "hold_note_end"
    DRUMROLL = "drumroll"
    DRUMROLL_END = "drumroll_end"
    DENDEN = "denden"
    DENDEN_END = "denden_end"
    BEAT = "beat"
    MEASURE = "measure"
    TIMING_POINT = "timing_point"
    KIAI = "kiai"
    SCROLL_SPEED_CHANGE = "scroll_speed_change"
    SLIDER_SUSTAIN = "slider_sustain"
    SLIDER_REPEAT_SUSTAIN = "slider_repeat_sustain"
    SPINNER_SUSTAIN = "spinner_sustain"
    HOLD_NOTE_SUSTAIN = "hold_note_sustain"
    DRUMROLL_SUSTAIN = "drumroll_sustain"
    DENDEN_SUSTAIN = "denden_sustain"
    # Conditions of the prompt
    GAMEMODE = "gamemode"
    STYLE = "style"
    DIFFICULTY = "difficulty"
    MAPPER = "mapper"
    CIRCLE_SIZE = "cs"
    YEAR = "year"
    HITSOUNDED = "hitsounded"
    SONG_LENGTH = "song_length"
    SONG_POSITION = "song_position"
    GLOBAL_SV = "global_sv"
    KEY_COUNT = "keycount"
    HOLD_NOTE_RATIO = "hold_note_ratio"
    SCROLL_SPEED_RATIO = "scroll_speed_ratio"
    DESCRIPTOR = "descriptor"
    CONTROL = "control"

    # Each member exists once. That of Enum hashes the name, in Python, and kinds are looked up for every token.
    __hash__ = object.__hash__


class ContextKind(Enum):
    """Parts of a beatmap that are given or decoded, each a segment."""

    NONE = "none"
    TIMING = "timing"
    KIAI = "kiai"
    MAP = "map"
    SV = "sv"
    NO_HS = "no_hs"
    GD = "gd"

    __hash__ = object.__hash__


_KINDS = list(EventKind)
PART_KINDS = frozenset(_KINDS[: _KINDS.index(EventKind.CIRCLE)])
"""Kinds that say more of a group: when, where, how it sounds."""

TYPE_KINDS = frozenset(_KINDS[_KINDS.index(EventKind.CIRCLE) : _KINDS.index(EventKind.DENDEN_SUSTAIN) + 1])
"""Kinds that say what a group is; every group has exactly one of them."""

SUSTAIN_KINDS = frozenset(kind for kind in TYPE_KINDS if kind.value.endswith("_sustain"))
"""Markers during long objects, which help the model and carry no new information."""


class Event(NamedTuple):
    """One word.

    A TIME value is milliseconds from the start of the song until it is tokenised.
    """

    kind: EventKind
    value: int = 0


@dataclass(frozen=True, slots=True)
class EventGroup:
    """Events that belong together: one object, or part of a slider.

    `time_ms` is the exact time, also of groups that carry no TIME event (slider anchors take the time of their slider's
    head). Groups are in the order in which the model writes them.
    """

    time_ms: float
    events: tuple[Event, ...]

    @property
    def kind(self) -> EventKind:
        """Kind of this group."""
        return next(event.kind for event in self.events if event.kind in TYPE_KINDS)
