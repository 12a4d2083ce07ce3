"""Interface of object decoders and assembly, with a report of losses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from osu_beatmap.beatmap import HitObject, HitSample, Point, SampleSet, Slider
from osuT5.encoding.hit_objects.hitsounds import Sound
from osuT5.encoding.hit_objects.positions import CENTRE, read_position
from osuT5.tokens.encoding_spec import EncodingSpec
from osuT5.tokens.events import EventGroup, EventKind


@dataclass
class AssemblyReport:
    """Events that did not become part of the beatmap unchanged, by kind.

    Attributes:
        invalid: Objects with impossible values: an end at the start, or no position.
        dropped: Groups that belong to nothing: an end without a start, an object of another mode.
        incomplete: Objects without their end; those that make sense as a circle or note are kept as one.
    """

    invalid: Counter[EventKind] = field(default_factory=Counter)
    dropped: Counter[EventKind] = field(default_factory=Counter)
    incomplete: Counter[EventKind] = field(default_factory=Counter)

    @property
    def total(self) -> int:
        return self.invalid.total() + self.dropped.total() + self.incomplete.total()

    def counts(self) -> dict[str, dict[str, int]]:
        """Return "invalid", "dropped", "incomplete" with counts by kind.

        The most frequent kinds come first.
        """
        parts = (("invalid", self.invalid), ("dropped", self.dropped), ("incomplete", self.incomplete))
        return {name: {kind.value: count for kind, count in part.most_common()} for name, part in parts}

    def describe(self) -> str:
        """Return a one-line report for the user, empty without losses."""
        parts = []
        for name, counts in self.counts().items():
            if counts:
                parts.append(f"{name}: " + ", ".join(f"{count} {kind}" for kind, count in counts.items()))
        return "; ".join(parts)


@dataclass(slots=True)
class Draft:
    """An object before the timing lines are known.

    `slide_ms` is the duration of one slide of a slider, whose length follows from it. `volumes` are
    (time_ms, volume) changes that the object asks for.
    """

    obj: HitObject
    speed: float | None = None
    slide_ms: float = 0.0
    volumes: list[tuple[float, int]] = field(default_factory=list)

    @property
    def end_ms(self) -> float:
        if isinstance(self.obj, Slider):
            return self.obj.time_ms + self.obj.slides * self.slide_ms
        return getattr(self.obj, "end_ms", self.obj.time_ms)


class PlaceReader:
    """Reader of positions.

    An object without one gets the position of the one before it.
    """

    def __init__(self, spec: EncodingSpec, report: AssemblyReport) -> None:
        self._spec = spec
        self._report = report
        self._last_point = CENTRE

    def read(self, group: EventGroup) -> Point:
        point = read_position(group.events, self._spec)
        if point is None:
            if self._spec.positions:
                self._report.invalid[group.kind] += 1
            return self._last_point
        self._last_point = point
        return point

    def forget(self) -> None:
        """Reset the last position to the centre, as after a spinner."""
        self._last_point = CENTRE


def first_sound(sounds: Iterable[Sound]) -> Sound:
    return next(iter(sounds), Sound())


def sample_of(sound: Sound, volume: int = 0) -> HitSample:
    return HitSample(SampleSet(sound.normal_set), SampleSet(sound.addition_set), volume=volume)


def volume_change(time_ms: float, sound: Sound) -> list[tuple[float, int]]:
    return [] if sound.volume is None else [(time_ms, sound.volume)]


def has_new_combo(group: EventGroup) -> bool:
    return any(event.kind is EventKind.NEW_COMBO for event in group.events)
