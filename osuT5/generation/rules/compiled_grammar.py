"""Grammar as tables, which a GPU follows without the host.

A table is made from the grammar itself: a state of a row is a line, with the mask of what is forbidden and the line
after each class of tokens. There are too many states to list them beforehand (columns that are held, anchors of a
slider), so the table grows: a missing line is learned when a row reaches it, with some that follow. Times are not in
the tables, since the allowed ones depend on the window; see `TimeRule`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable

import torch

from osuT5.generation.rules.grammar import GrammarState
from osuT5.generation.rules.logit_rules import GrammarMasks
from osuT5.tokens.events import ContextKind, Event, EventKind
from osuT5.tokens.vocabulary import Vocabulary

UNKNOWN = -1
"""In place of a line that is not learned yet."""

MOST_STATES, MOST_MASKS = 32_768, 2_048
LEARNED_AT_ONCE = 48
"""Number of states learned at a time, since a row waits for the host meanwhile."""


class TableFull(Exception):
    """Error for more states than lines."""


class CompiledGrammar:
    """Tables of a grammar on a device, at fixed addresses for graphs.

    Attributes:
        class_of: Class of each token: its kind, and the value of a column [vocabulary out].
        following: Line after a token of a class, or UNKNOWN [states, classes].
        mask_of: Index of a line's mask [states].
        masks: Forbidden tokens, bool [masks, vocabulary out].
        is_open: Whether an object waits for its end, bool [states].
    """

    def __init__(self, vocabulary: Vocabulary, device: torch.device) -> None:
        self.vocabulary = vocabulary
        self._masks = GrammarMasks(vocabulary)
        self._classes: dict[tuple[EventKind, int] | None, int] = {None: 0}
        classes = [self._classes.setdefault(_grammar_input(event), len(self._classes)) for event in self._events()]
        self._class_of = classes
        self.class_of = torch.tensor(classes, device=device)
        self._first_ids = [classes.index(number) for number in range(len(self._classes))]
        self.following = torch.zeros(MOST_STATES, len(self._classes), dtype=torch.long, device=device)
        self.mask_of = torch.zeros(MOST_STATES, dtype=torch.long, device=device)
        self.is_open = torch.zeros(MOST_STATES, dtype=torch.bool, device=device)
        self.masks = torch.zeros(MOST_MASKS, vocabulary.size_out, dtype=torch.bool, device=device)
        self.forget()

    def forget(self) -> None:
        """Empty the tables; lines that rows have are invalid afterwards."""
        self.following.fill_(UNKNOWN)
        self._lines: dict[Hashable, int] = {}
        self._states: list[tuple[ContextKind, GrammarState | None]] = []
        self._after: dict[int, list[int]] = {}
        self._mask_lines: dict[bytes, int] = {}
        self._news: dict[str, list] = {"states": [], "masks": [], "following": []}

    @property
    def is_half_full(self) -> bool:
        return 2 * len(self._states) > MOST_STATES or 2 * len(self._mask_lines) > MOST_MASKS

    def line_of(self, context: ContextKind, grammar: GrammarState | None) -> int:
        """Return the line of a state.

        `publish` copies new lines to the device.

        Raises:
            TableFull: No line is left.
        """
        key = (context, None if grammar is None else grammar.key())
        if key in self._lines:
            return self._lines[key]
        line = len(self._states)
        if line >= MOST_STATES:
            raise TableFull
        self._lines[key] = line
        self._states.append((context, None if grammar is None else grammar.copy()))
        self._news["states"].append((line, self._mask_of(context, grammar), bool(grammar and grammar.waiting)))
        return line

    def learn(self, line: int) -> None:
        """Learn the lines after a state and after some that follow.

        Raises:
            TableFull: No line is left.
        """
        ahead, count = deque([line]), 0
        while ahead and count < LEARNED_AT_ONCE:
            line = ahead.popleft()
            if line in self._after:
                continue
            self._after[line] = self._lines_after(line)
            self._news["following"].append((line, self._after[line]))
            ahead.extend(after for after in dict.fromkeys(self._after[line]) if after != UNKNOWN)
            count += 1

    def next_line(self, line: int, token_id: int) -> int:
        """Return the line after an allowed token, learning it if necessary.

        Raises:
            TableFull: No line is left.
        """
        self.learn(line)
        return self._after[line][self._class_of[token_id]]

    def publish(self) -> None:
        """Copy to the device what was learned."""
        news, device = self._news, self.masks.device
        if news["states"]:
            lines, masks, are_open = map(list, zip(*news["states"], strict=True))
            where = torch.tensor(lines, device=device)
            self.mask_of[where] = torch.tensor(masks, device=device)
            self.is_open[where] = torch.tensor(are_open, device=device)
        if news["masks"]:
            lines, masks = zip(*news["masks"], strict=True)
            self.masks[torch.tensor(lines, device=device)] = torch.stack(masks).to(device)
        if news["following"]:
            lines, rows = zip(*news["following"], strict=True)
            self.following[torch.tensor(lines, device=device)] = torch.tensor(rows, device=device)
        self._news = {"states": [], "masks": [], "following": []}

    def _lines_after(self, line: int) -> list[int]:
        """Return the line after each class of tokens."""
        context, grammar = self._states[line]
        if grammar is None:  # only the context matters, and that stays
            return [line] * len(self._classes)
        following = [UNKNOWN] * len(self._classes)
        following[0] = line  # marks say nothing to a grammar
        forbidden = self._masks.forbidden_tokens(context, grammar).tolist()
        for seen, number in self._classes.items():
            if seen is None or forbidden[self._first_ids[number]]:
                continue
            after = grammar.copy()
            after.read(Event(*seen))
            following[number] = self.line_of(context, after)
        return following

    def _mask_of(self, context: ContextKind, grammar: GrammarState | None) -> int:
        mask = self._masks.forbidden_tokens(context, grammar)
        key = mask.numpy().tobytes()
        if key not in self._mask_lines:
            if len(self._mask_lines) >= MOST_MASKS:
                raise TableFull
            self._mask_lines[key] = len(self._mask_lines)
            self._news["masks"].append((self._mask_lines[key], mask))
        return self._mask_lines[key]

    def _events(self) -> list[Event | None]:
        return [self.vocabulary.decode(token_id) for token_id in range(self.vocabulary.size_out)]


def _grammar_input(event: Event | None) -> tuple[EventKind, int] | None:
    """Return what a grammar reads of an event."""
    if event is None:
        return None
    return event.kind, event.value if event.kind is EventKind.COLUMN else 0
