"""Chart in progress, and lookup of its groups by time."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import takewhile

import numpy as np

from osu_beatmap.attributes import Attributes
from osu_beatmap.beatmap import Beatmap
from osuT5.encoding.hit_objects.object_drafts import Draft
from osuT5.tokens.contract import Contract
from osuT5.tokens.events import ContextKind, EventGroup, EventKind


@dataclass(frozen=True, slots=True)
class ContextInput:
    """A context that a chart is made from, throughout the song.

    A guest difficulty has attributes of its own.
    """

    context: ContextKind
    groups: Sequence[EventGroup]
    attributes: Attributes | None = None


@dataclass(slots=True)
class ChartState:
    """Chart in progress: its target, and its contexts so far.

    Attributes:
        inputs: Contexts that it follows from, in the order of the prompt.
        begun: Of contexts that are still to be generated, what is before the generated part.
        object_times_ms: Times at which objects begin, in order, if the rhythm is given.
        guide: Map whose object times are likely times of this one, such as another difficulty.
        before: The map before the generated part.
        drafts: Its objects, if another model generates them than the one of the contexts.
        spacing: Factor of their distances.
        rating: Star rating of the objects so far, None for too few. Guidance then leads away from it.
    """

    attributes: Attributes
    seed: int
    contexts: dict[ContextKind, Sequence[EventGroup]] = field(default_factory=dict)
    negative: Attributes | None = None
    inputs: tuple[ContextInput, ...] = ()
    begun: dict[ContextKind, Sequence[EventGroup]] = field(default_factory=dict)
    object_times_ms: np.ndarray | None = None
    guide: Beatmap | None = None
    before: Beatmap | None = None
    drafts: Sequence[Draft] | None = None
    spacing: float = 1.0
    rating: Callable[[Sequence[EventGroup]], float | None] | None = None

    def unlike(self, written: Sequence[EventGroup]) -> Attributes | None:
        """Return the negative conditions of guidance, given the objects so far.

        An unknown difficulty would lead to charts that are harder or easier than what was asked for: away from the
        average, however far the chart is from it. So it is that of the chart so far, which leads towards the request
        from either side, and nowhere from there. Where no difficulty is asked for there is nothing to lead to.
        """
        if self.negative is None or self.negative.difficulty is not None or self.rating is None:
            return self.negative
        if self.attributes.difficulty is None:
            return self.negative
        stars = self.rating(written)
        return replace(self.negative, difficulty=self.attributes.difficulty if stars is None else stars)

    def contexts_before(
        self, context: ContextKind, contract: Contract
    ) -> list[tuple[ContextKind, Sequence[EventGroup]]]:
        order = takewhile(lambda c: c is not context, contract.contexts_of(self.attributes.mode))
        return [(c, self.contexts[c]) for c in order if c in self.contexts]


def groups_between(groups: Sequence[EventGroup], start_ms: float, end_ms: float) -> Sequence[EventGroup]:
    """Return the groups with times in [start_ms, end_ms).

    Groups are in time order.
    """
    low = bisect_left(groups, start_ms, key=lambda group: group.time_ms)
    high = bisect_left(groups, end_ms, key=lambda group: group.time_ms)
    return groups[low:high]


def last_value(kind: EventKind, groups: Sequence[EventGroup], end_ms: float) -> int | None:
    """Return the last value of a kind before a time, or None."""
    before = groups[: bisect_left(groups, end_ms, key=lambda group: group.time_ms)]
    events = (event for group in reversed(before) for event in group.events)
    return next((event.value for event in events if event.kind is kind), None)
