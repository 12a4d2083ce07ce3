"""The decoder's sequence: one layout for training and for generation.

    [input sos  (conditions of it)  events  input eos] ...  conditions  sos  [context sos  events  context eos] ...

An input is what a map is made from, such as a guest difficulty; where there is none, an empty `none` stands for it.

Generation asks for one context at a time: its prompt is the sequence up to the events of that context that are already
decided, and so a prefix of the sequence that training renders from the finished map. A vocabulary without context
tokens (V30) has one context, whose sos is the sos and whose eos is the eos.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from osuT5.encoding.groups import groups_from_events
from osuT5.tokens.encoding_spec import EncodingSpec
from osuT5.tokens.events import ContextKind, Event, EventGroup, EventKind
from osuT5.tokens.vocabulary import EOS_ID, SOS_ID, Vocabulary
from osuT5.tokens.windows import WindowGrid


@dataclass(frozen=True, slots=True)
class Segment:
    """Segment of a sequence: context, token ids, and whether it is learned.

    It also states whether the ids are complete.

    Only the last segment of a sequence may be left open; it then has no eos. The first `known` ids are not learned.
    """

    context: ContextKind
    ids: Sequence[int]
    learned: bool = True
    closed: bool = True
    known: int = 0


@dataclass(frozen=True, slots=True)
class InputSegment:
    """A context that a map is made from.

    A guest difficulty has conditions of its own.
    """

    context: ContextKind
    ids: Sequence[int]
    condition_ids: Sequence[int] = ()


@dataclass(frozen=True)
class PromptLayout:
    """Renders sequences and prompts for one vocabulary.

    `marks_empty_input` writes an empty `none` context where there is no input, as V28 to V31 do.
    """

    vocabulary: Vocabulary
    conditions: tuple[EventKind, ...]
    marks_empty_input: bool = True

    def head(self, condition_ids: Sequence[int], inputs: Sequence[InputSegment] = ()) -> list[int]:
        """Return the token ids before the first context."""
        if not inputs and self.marks_empty_input:
            inputs = (InputSegment(ContextKind.NONE, ()),)
        ids: list[int] = []
        for given in inputs:
            sos, eos = self.vocabulary.context_sos(given.context), self.vocabulary.context_eos(given.context)
            ids += [sos, *given.condition_ids, *given.ids, eos]
        return [*ids, *condition_ids, *([SOS_ID] if self.vocabulary.contexts else [])]

    def render(
        self,
        condition_ids: Sequence[int],
        segments: Iterable[Segment],
        inputs: Sequence[InputSegment] = (),
        learn_marks: bool = False,
    ) -> tuple[list[int], list[bool]]:
        """Return the whole sequence, and the mask of loss targets.

        The eos of a learned segment is learned, its sos is not: the program chooses which context comes next. With
        `learn_marks` the sos are, and an eos at the very end, as the published models were trained.
        """
        ids = self.head(condition_ids, inputs)
        mask = [False] * len(ids)
        ends = learn_marks and bool(self.vocabulary.contexts)
        for segment in segments:
            end = [self.vocabulary.context_eos(segment.context)] if segment.closed else []
            ids += [self.vocabulary.context_sos(segment.context), *segment.ids, *end]
            learned = [segment.learned] * (len(segment.ids) - segment.known + len(end))
            mask += [segment.learned and learn_marks, *[False] * segment.known, *learned]
            ends = ends and segment.closed
        if ends:
            ids.append(EOS_ID)
            mask.append(True)
        return ids, mask

    def prompt(
        self,
        condition_ids: Sequence[int],
        finished: Iterable[Segment],
        context: ContextKind,
        decided_ids: Sequence[int],
        inputs: Sequence[InputSegment] = (),
    ) -> list[int]:
        """Return the decoder input to continue `context`.

        It follows the events that are already decided.
        """
        ids, _ = self.render(condition_ids, finished, inputs)
        return [*ids, self.vocabulary.context_sos(context), *decided_ids]


@dataclass(frozen=True)
class WindowText:
    """Event groups of a song <-> token ids of one window."""

    vocabulary: Vocabulary
    encoding: EncodingSpec
    grid: WindowGrid

    def ids_of(self, groups: Iterable[EventGroup], window_start_ms: float) -> list[int]:
        """Return token ids of groups in the window.

        Values beyond the vocabulary become the nearest one.
        """
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
        """Return groups in song time, and the number of lost events.

        `last_ms` is as in `groups_from_events`.
        """
        events = []
        for token_id in ids:
            event = self.vocabulary.decode(token_id)
            if event is None:
                continue
            if event.kind is EventKind.TIME:
                event = Event(EventKind.TIME, self.grid.time_ms(event.value, window_start_ms))
            events.append(event)
        return groups_from_events(events, self.encoding, last_ms)
