"""The decoder's sequence: one layout for training and for generation.

    [none sos, none eos]  conditions  sos  [context sos  events  context eos] ...

Generation asks for one context at a time: its prompt is the sequence up to the events of that context that are already
decided, and so a prefix of the sequence that training renders from the finished map. A vocabulary without context
tokens (V30) has one context, whose sos is the sos and whose eos is the eos.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from osuT5.encoding.groups import groups_from_events
from osuT5.encoding_spec import EncodingSpec
from osuT5.events import ContextKind, Event, EventGroup, EventKind
from osuT5.vocabulary import SOS_ID, Vocabulary
from osuT5.windows import WindowGrid


@dataclass(frozen=True, slots=True)
class Segment:
    """A context of the sequence: its token ids, whether the model is to learn them, and whether they are all of it.

    Only the last segment of a sequence may be left open; it then has no eos.
    """

    context: ContextKind
    ids: Sequence[int]
    learned: bool = True
    closed: bool = True


@dataclass(frozen=True)
class PromptLayout:
    """Renders sequences and prompts for one vocabulary.

    `marks_empty_input` writes an empty `none` context first, as V28 to V31 do.
    """

    vocabulary: Vocabulary
    conditions: tuple[EventKind, ...]
    marks_empty_input: bool = True

    def head(self, condition_ids: Sequence[int]) -> list[int]:
        """Everything before the first context."""
        empty = [ContextKind.NONE] if self.marks_empty_input else []
        marks = [mark for c in empty for mark in (self.vocabulary.context_sos(c), self.vocabulary.context_eos(c))]
        return [*marks, *condition_ids, *([SOS_ID] if self.vocabulary.contexts else [])]

    def render(self, condition_ids: Sequence[int], segments: Iterable[Segment]) -> tuple[list[int], list[bool]]:
        """The whole sequence, and for each id whether it is a target of the loss.

        The eos of a learned segment is learned, its sos is not: the program chooses which context comes next.
        """
        ids = self.head(condition_ids)
        mask = [False] * len(ids)
        for segment in segments:
            end = [self.vocabulary.context_eos(segment.context)] if segment.closed else []
            ids += [self.vocabulary.context_sos(segment.context), *segment.ids, *end]
            mask += [False, *[segment.learned] * (len(segment.ids) + len(end))]
        return ids, mask

    def prompt(
        self,
        condition_ids: Sequence[int],
        finished: Iterable[Segment],
        context: ContextKind,
        decided_ids: Sequence[int],
    ) -> list[int]:
        """What the decoder is given to continue `context` after the events that are already decided."""
        ids, _ = self.render(condition_ids, finished)
        return [*ids, self.vocabulary.context_sos(context), *decided_ids]


@dataclass(frozen=True)
class WindowText:
    """Event groups of a song <-> token ids of one window."""

    vocabulary: Vocabulary
    encoding: EncodingSpec
    grid: WindowGrid

    def ids_of(self, groups: Iterable[EventGroup], window_start_ms: float) -> list[int]:
        """Token ids of groups that lie in the window; values beyond the vocabulary become the nearest one."""
        return [
            self.vocabulary.encode_clipped(self._relative(event, group.time_ms, window_start_ms))
            for group in groups
            for event in group.events
        ]

    def _relative(self, event: Event, time_ms: float, window_start_ms: float) -> Event:
        if event.kind is not EventKind.TIME:
            return event
        return Event(EventKind.TIME, self.grid.time_value(time_ms, window_start_ms))

    def groups_of(
        self, ids: Iterable[int], window_start_ms: float, last_ms: float | None = None
    ) -> tuple[list[EventGroup], int]:
        """Groups in song time, and the number of events that belonged to none; `last_ms` as in `groups_from_events`."""
        events = []
        for token_id in ids:
            event = self.vocabulary.decode(token_id)
            if event is None:
                continue
            if event.kind is EventKind.TIME:
                event = Event(EventKind.TIME, self.grid.time_ms(event.value, window_start_ms))
            events.append(event)
        return groups_from_events(events, self.encoding, last_ms)
