"""Faulty copies of maps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from evaluation.faults import object_faults
from evaluation.faults.faulty_copy import FaultyCopy
from evaluation.faults.object_faults import Shown
from evaluation.faults.section_faults import STRETCH_FAULTS
from osu_beatmap.beatmap import Beatmap, HitObject

MIN_APART_MS = 3_000.0
"""Each fault of an object has surroundings that are right."""

EDGE_OBJECTS = 3
"""So many objects at either end of a map are left alone."""

OBJECT_FAULTS: dict[str, Callable[[FaultyCopy, HitObject], Shown]] = {
    fault.__name__: fault
    for fault in (
        object_faults.quarter_beat,
        object_faults.third_beat,
        object_faults.moved_place,
        object_faults.deleted,
        object_faults.added,
        object_faults.combo_moved,
        object_faults.sv_changed,
        object_faults.sound_changed,
    )
}

KINDS = (*OBJECT_FAULTS, *STRETCH_FAULTS)


@dataclass(frozen=True, slots=True)
class Fault:
    """Fault: the span in which a reviewer should find it.

    A fault of an object has equal ends. `obj` is the index in the faulty map of the object that shows it; None for a
    fault of a section.
    """

    start_ms: float
    end_ms: float
    obj: int | None = None


@dataclass(frozen=True, slots=True)
class FaultyMap:
    """Map with faults.

    `faults` is empty if a kind of fault does not apply to it.
    """

    beatmap: Beatmap
    faults: tuple[Fault, ...]


def inject(
    beatmap: Beatmap, kind: str, rng: np.random.Generator, span_ms: tuple[float, float], count: int = 1
) -> FaultyMap:
    """Return a copy with faults of a kind in a span.

    There are up to `count` of objects, `MIN_APART_MS` apart, or one of a section.
    """
    work = FaultyCopy(beatmap, rng)
    if kind in STRETCH_FAULTS:
        stretch = STRETCH_FAULTS[kind](work, span_ms)
        return FaultyMap(work.beatmap, () if stretch is None else (Fault(*stretch),))
    shown: list[tuple[float, HitObject]] = []
    for obj in _choices(work, span_ms):
        if len(shown) == count:
            break
        if all(abs(obj.time_ms - time_ms) >= MIN_APART_MS for time_ms, _ in shown):
            fault = OBJECT_FAULTS[kind](work, obj)
            shown += [fault] if fault else []
    places = sorted((time_ms, work.index_of(obj)) for time_ms, obj in shown)
    return FaultyMap(work.beatmap, tuple(Fault(time_ms, time_ms, index) for time_ms, index in places))


def _choices(work: FaultyCopy, span_ms: tuple[float, float]) -> list[HitObject]:
    """Return the objects of a span in random order."""
    inner = work.objects[EDGE_OBJECTS:-EDGE_OBJECTS]
    chosen = [obj for obj in inner if span_ms[0] <= obj.time_ms < span_ms[1]]
    return [chosen[index] for index in work.rng.permutation(len(chosen))]
