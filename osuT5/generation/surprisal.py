"""Surprisal of a map's events, given earlier events and the audio.

The windows, prompts and spans are those of generation, so an event is scored where generation would have decided it:
after all of a lookback, and with the lookahead encoded.

The windows, prompts and spans are those of generation, so an event is scored where generation would have decided it:
after all of a lookback and with the lookahead heard. No other window has more on both sides of it. The audio is encoded
once, and windows are scored in batches, since nothing has to be written.

When an object comes is a choice among all later times. It is told apart into what it leaves out (the chance of an
object before it: `Absence`) and its own chance of coming then, given that none came before.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from feedback.progress import Stage
from osuT5.encoding.groups import ANCHOR_KINDS
from osuT5.generation.chart_state import ChartState, groups_between
from osuT5.generation.rules.grammar import FOLLOWS
from osuT5.generation.token_scores import REACH_STEPS, Answer, Surprisal, TokenScorer, TokenScores, sound_answers
from osuT5.generation.window_schedule import SongGenerator
from osuT5.tokens.events import ContextKind, Event, EventGroup, EventKind
from osuT5.tokens.vocabulary import IGNORED_LABEL, PAD_ID
from osuT5.tokens.windows import Window

BATCH_WINDOWS = 8
OPEN_KINDS = frozenset(FOLLOWS) | ANCHOR_KINDS
"""Groups after which an object still has to end."""


@dataclass(frozen=True, slots=True)
class Absence:
    """Nothing where something was expected.

    `bits`: surprise of there being nothing; `time_ms`: the likeliest place.
    """

    bits: float
    time_ms: float


@dataclass(frozen=True, slots=True)
class TimeAnswer:
    """Scores of a group's time.

    Attributes:
        absence: Absence of a group before it; None if there was no room for one.
        presence: Surprisal of the group here, given that none came before.
        likeliest_ms: Most likely time of all.
    """

    absence: Absence | None
    presence: Surprisal
    likeliest_ms: float


@dataclass(slots=True)
class ScoredEvent:
    """An event that is there, and what the model made of it.

    Expected values are values of the actual kind.

    group, place  the group's place in its context, and the event's in its group
    token         of the very token among all; `expected` is the likeliest, None for the end of the context
    kinds         the chance of each kind of event that could be here; None stands for the end of the context
    value         of the value given the kind; neighbouring values count as one
    time          of TIME events
    sound         of HITSOUND events: the additions and the banks
    """

    group: int
    place: int
    event: Event
    token: Surprisal
    expected: Event | None
    kinds: dict[EventKind | None, float]
    value: Surprisal
    expected_value: int
    time: TimeAnswer | None = None
    sound: tuple[Answer, Answer] | None = None


@dataclass(slots=True)
class ScoredContext:
    """Events in order, and absences in empty spans.

    Absences are listed by the group that ends them.

    The group after the last one stands for the end of the song.
    """

    groups: Sequence[EventGroup]
    events: list[ScoredEvent] = field(default_factory=list)
    absences: dict[int, list[Absence]] = field(default_factory=dict)


@dataclass(slots=True)
class _Passage:
    """Ids that a window scores, from `start` on.

    For each of these: its group and place, and the lowest time open to it. The last ones score the end of the window,
    an event of a later group or the end of the context; they have no place. Later windows decide times from `end_value`
    on.
    """

    window: Window
    ids: list[int]
    start: int
    end_value: int
    origins: list[tuple[int, int | None]] = field(default_factory=list)
    first_values: list[int] = field(default_factory=list)

    @property
    def scored_ids(self) -> list[int]:
        return self.ids[self.start :]

    def add(self, token_id: int, group: int, place: int | None, first_value: int) -> None:
        self.ids.append(token_id)
        self.origins.append((group, place))
        self.first_values.append(first_value)


class ContextScorer:
    """Scores one context of a chart that is there as a whole."""

    def __init__(self, writer: SongGenerator, chart: ChartState, context: ContextKind) -> None:
        self.writer = writer
        self.chart = chart
        self.context = context
        self.groups = chart.contexts[context]
        self.grid = writer.spec.grid
        self.vocabulary = writer.spec.vocabulary
        self.times = self.vocabulary.ids_of(EventKind.TIME)
        self.scorer = TokenScorer(writer.spec)

    def score(self, start_ms: float = -math.inf, end_ms: float = math.inf) -> ScoredContext:
        """Score the windows that decide something between two times.

        Everything else stays unscored.
        """
        scored = ScoredContext(self.groups)
        windows = [window for window in self.writer.windows if window.from_ms < end_ms and window.to_ms > start_ms]
        for first in range(0, len(windows), BATCH_WINDOWS):
            passages = [self._passage(window) for window in windows[first : first + BATCH_WINDOWS]]
            self._take(scored, passages)
            done = min(first + BATCH_WINDOWS, len(windows))
            self.writer.progress(Stage(f"reading {self.context.value}"), done, len(windows))
        return scored

    def _passage(self, window: Window) -> _Passage:
        before = groups_between(self.groups, -math.inf, window.from_ms)
        is_last = window is self.writer.windows[-1]
        own_end_ms = window.start_ms + self.grid.window_ms if is_last else window.to_ms
        own = groups_between(self.groups, window.from_ms, own_end_ms)
        row = self.writer.row(window, self.context, self.chart, before)
        passage = _Passage(window, list(row.prompt_ids), len(row.prompt_ids), row.end_value)
        last = before[-1] if before else None
        last_value = 0 if last is None else self.grid.time_value(last.time_ms, window.start_ms)
        for number, group in enumerate(own, start=len(before)):
            first_value = self._first_value(row.first_value, last_value, last)
            for place, token_id in enumerate(self._ids_of(group, window)):
                passage.add(token_id, number, place, first_value)
            last, last_value = group, max(last_value, self.grid.time_value(group.time_ms, window.start_ms))
        first_value = self._first_value(row.first_value, last_value, last)
        for token_id in self._end_ids(len(before) + len(own), window):
            passage.add(token_id, len(before) + len(own), None, first_value)
        self._cut(passage)
        return passage

    @staticmethod
    def _first_value(first_value: int, last_value: int, last: EventGroup | None) -> int:
        """Return the lowest value open to an event, as `TimeRunsForward` does.

        An open object may end before the window's own span.
        """
        is_open = last is not None and last.kind in OPEN_KINDS
        return max(0, last_value if is_open else max(first_value, last_value))

    def _ids_of(self, group: EventGroup, window: Window) -> list[int]:
        return self.writer.spec.text.ids_of([group], window.start_ms)

    def _end_ids(self, number: int, window: Window) -> list[int]:
        """Return the ids after a window's own groups.

        They are the next group up to its time, or the end of the context.
        """
        if number < len(self.groups):
            group = self.groups[number]
            stop = next((place for place, event in enumerate(group.events) if event.kind is EventKind.TIME), None)
            if stop is not None and group.time_ms < window.start_ms + self.grid.window_ms:
                return self._ids_of(EventGroup(group.time_ms, group.events[: stop + 1]), window)
        return [self.vocabulary.context_eos(self.context)]

    def _cut(self, passage: _Passage) -> None:
        """Cut a passage too dense for the decoder.

        Its end is then not scored.
        """
        longest = self.writer.model.config.max_target_positions
        kept = max(0, longest - passage.start)
        passage.ids, passage.origins = passage.ids[:longest], passage.origins[:kept]
        passage.first_values = passage.first_values[:kept]

    @torch.inference_mode()
    def _logits(self, passages: Sequence[_Passage]) -> Tensor:
        """Compute logits [ids, vocabulary out] of the scored ids, passage by passage."""
        model = self.writer.model
        longest = max(len(passage.ids) for passage in passages)
        inputs = torch.full((len(passages), longest - 1), PAD_ID)
        labels = torch.full((len(passages), longest - 1), IGNORED_LABEL)
        for row, passage in enumerate(passages):
            ids = torch.tensor(passage.ids)
            inputs[row, : len(ids) - 1] = ids[:-1]
            labels[row, passage.start - 1 : len(ids) - 1] = ids[passage.start :]
        states = [self.writer.states_of_charts(passage.window, [self.chart])[0] for passage in passages]
        output = model(
            encoder_states=torch.cat(states),
            decoder_input_ids=inputs.to(model.device),
            labels=labels.to(model.device),
            mode_ids=torch.full((len(passages),), int(self.chart.attributes.mode), device=model.device),
        )
        return output.label_logits

    def _take(self, scored: ScoredContext, passages: Sequence[_Passage]) -> None:
        logits = self._logits(passages)
        ids = torch.tensor([i for passage in passages for i in passage.scored_ids], device=logits.device)
        lows = torch.tensor([v for passage in passages for v in passage.first_values], device=logits.device)
        scores = self.scorer.score(logits, ids, lows)
        asked = ((passage, number) for passage in passages for number in range(len(passage.origins)))
        for index, (passage, number) in enumerate(asked):
            group, place = passage.origins[number]
            if place is not None:
                scored.events.append(self._event(passage, number, scores, index))
            elif number == len(passage.origins) - 1:
                absence = self._absence(passage, passage.ids[-1], scores.probabilities[index], passage.end_value)
                if absence is not None:
                    scored.absences.setdefault(group, []).append(absence)

    def _event(self, passage: _Passage, number: int, scores: TokenScores, index: int) -> ScoredEvent:
        group, place = passage.origins[number]
        event = self.groups[group].events[place]
        token_id = passage.scored_ids[number]
        token, value = scores.token[index], scores.value[index]
        scored = ScoredEvent(
            group=group,
            place=place,
            event=event,
            token=token.surprise,
            expected=self._song_event(token.likeliest, passage.window),
            kinds=dict(zip(self.scorer.kinds, scores.kinds[index].tolist(), strict=True)),
            value=value.surprise,
            expected_value=event.value,
        )
        if value.likeliest:
            scored.expected_value = self._song_event(value.likeliest, passage.window).value
        if event.kind is EventKind.TIME:
            scored.time = self._time_answer(passage, token_id, scores.probabilities[index])
        elif event.kind is EventKind.HITSOUND:
            sounds = self.vocabulary.ids_of(EventKind.HITSOUND)
            scored.sound = sound_answers(
                scores.probabilities[index, sounds.start : sounds.stop], token_id - sounds.start
            )
        return scored

    def _song_event(self, token_id: int, window: Window) -> Event | None:
        """Return an event with a TIME value in ms of the song.

        It is None for the end of a context.
        """
        event = self.vocabulary.decode(token_id)
        if event is not None and event.kind is EventKind.TIME:
            return event._replace(value=int(self.grid.time_ms(event.value, window.start_ms)))
        return event

    def _chances(self, probabilities: np.ndarray) -> np.ndarray:
        """Return the probabilities of times and of the end [times + 1].

        The token is a time or an end.
        """
        end = probabilities[self.vocabulary.context_eos(self.context)]
        chances = np.append(probabilities[self.times.start : self.times.stop], end).astype(np.float64)
        return chances / max(float(chances.sum()), 1e-12)

    def _absence(self, passage: _Passage, token_id: int, p: np.ndarray, end_value: int) -> Absence | None:
        """Return the absence of anything before `token_id`.

        The token is a time or an end; only times that the window decides count.
        """
        actual = token_id - self.times.start if token_id in self.times else len(self.times)
        before = self._chances(p)[: max(0, min(actual - REACH_STEPS, end_value))]
        missed = float(before.sum())
        if missed <= 0:
            return None
        time_ms = self.grid.time_ms(int(before.argmax()), passage.window.start_ms)
        return Absence(-math.log2(max(1e-9, 1 - missed)), time_ms)

    def _time_answer(self, passage: _Passage, token_id: int, p: np.ndarray) -> TimeAnswer:
        chances = self._chances(p)
        actual = token_id - self.times.start
        first = max(0, actual - REACH_STEPS)
        left = max(1e-9, float(chances[first:].sum()))
        here = min(1.0, float(chances[first : min(actual + REACH_STEPS + 1, len(self.times))].sum()) / left)
        entropy = -sum(q * math.log2(q) for q in (here, 1 - here) if q > 0)
        return TimeAnswer(
            absence=self._absence(passage, token_id, p, len(self.times)),
            presence=Surprisal(-math.log2(max(here, 1e-9)), entropy),
            likeliest_ms=self.grid.time_ms(int(chances[:-1].argmax()), passage.window.start_ms),
        )
