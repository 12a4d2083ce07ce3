"""Hit sounds and volumes <-> events.

A HITSOUND value packs the additions and the two sample banks, which are always explicit here: what a chart
leaves to its timing lines is looked up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from osu_beatmap.beatmap import HitSound, SampleSet
from osu_beatmap.timing.active_point import Timing
from osuT5.tokens.encoding_spec import EncodingSpec
from osuT5.tokens.events import Event, EventKind

LENIENCE_MS = 5.0
"""osu! lets a line that comes this shortly after an object decide how the object sounds."""

FALLBACK_SET = SampleSet.SOFT
"""The bank where neither the object nor its line names one, as the published models have it."""

_ADDITIONS = HitSound.WHISTLE | HitSound.FINISH | HitSound.CLAP
BANKS = 3

ADDITION_VALUES, BANK_VALUES = 8, BANKS**2
"""A HITSOUND value is that of its additions plus this times that of its banks."""


@dataclass(frozen=True, slots=True)
class Sound:
    """Sound of one edge of an object.

    Fields that are 0, and a volume of None, are left to the timing line.
    """

    hitsound: int = HitSound.NONE
    normal_set: int = SampleSet.AUTO
    addition_set: int = SampleSet.AUTO
    volume: int | None = None


def resolve(sound: Sound, time_ms: float, timing: Timing) -> Sound:
    """Return the sound with explicit values.

    The line active at its time supplies them.
    """
    line_ms = time_ms + LENIENCE_MS
    normal = sound.normal_set or timing.sample_set_at(line_ms) or FALLBACK_SET
    volume = sound.volume or timing.volume_at(line_ms)
    return Sound(
        hitsound=int(sound.hitsound) & _ADDITIONS,
        normal_set=_known_bank(normal),
        addition_set=_known_bank(sound.addition_set or normal),
        volume=min(max(volume, 0), 100),
    )


def sound_value(sound: Sound, time_ms: float, timing: Timing) -> int:
    """Return the HITSOUND value of one edge at `time_ms`."""
    return _pack(resolve(sound, time_ms, timing))


def sound_events(sound: Sound, time_ms: float, timing: Timing, spec: EncodingSpec) -> list[Event]:
    """Return the events of one edge at `time_ms`."""
    if not spec.hitsounds:
        return []
    sound = resolve(sound, time_ms, timing)
    events = [Event(EventKind.HITSOUND, _pack(sound))]
    if spec.volumes:
        events.append(Event(EventKind.VOLUME, int(sound.volume)))
    return events


def _pack(sound: Sound) -> int:
    banks = (sound.normal_set - 1) + BANKS * (sound.addition_set - 1)
    return sound.hitsound // 2 + ADDITION_VALUES * banks


def read_sounds(events: Sequence[Event]) -> list[Sound]:
    """Return the sounds of a group in its order.

    A volume belongs to the hitsound before it.
    """
    sounds: list[Sound] = []
    for event in events:
        if event.kind is EventKind.HITSOUND:
            sounds.append(sound_of(event.value))
        elif event.kind is EventKind.VOLUME and sounds:
            last = sounds[-1]
            sounds[-1] = Sound(last.hitsound, last.normal_set, last.addition_set, event.value)
    return sounds


def sound_of(value: int) -> Sound:
    """Return the sound of a HITSOUND value."""
    banks, additions = divmod(value, ADDITION_VALUES)
    addition_bank, normal_bank = divmod(banks, BANKS)
    return Sound(2 * additions, normal_bank + 1, _known_bank(addition_bank + 1))


def _known_bank(bank: int) -> int:
    return bank if SampleSet.NORMAL <= bank <= SampleSet.DRUM else SampleSet.NORMAL
