"""Ratios requested of a chart: hold notes, and scroll speed changes.

They are counted during decoding.

Guidance by two prompts amplifies what a model knows of a request. Of shares a small one knows little, since it copies
what the chart has had so far. But a share can be counted: a chart that is some objects behind the request makes those
objects likelier, and one that is ahead less likely. That is guidance by a classifier (Dhariwal and Nichol 2021), with a
count in the place of the classifier; where such an object goes is still for the model to say.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from osu_beatmap.attributes import Attributes
from osu_beatmap.beatmap import GameMode
from osuT5.generation.decode_row import DecodeRow, RatioTarget
from osuT5.tokens.conditions import PLAIN_SPEED_PERCENT
from osuT5.tokens.encoding_spec import EncodingSpec
from osuT5.tokens.events import ContextKind, Event, EventGroup, EventKind
from osuT5.tokens.vocabulary import Vocabulary
from osuT5.tokens.windows import Window, WindowGrid

LOG_ODDS_PER_OBJECT = 0.25
"""At a guidance scale of 1 or less, and more by `LOG_ODDS_PER_SCALE` for each 1 above it."""

LOG_ODDS_PER_SCALE = 2.0

MOST_BEHIND = 10.0
"""In objects; what was missed long ago is not made up for at once."""

OBJECT_KINDS = frozenset({EventKind.CIRCLE, EventKind.HOLD_NOTE, EventKind.DRUMROLL, EventKind.DENDEN})


class TowardsRatioTargets:
    """Rule that leans towards the ratios requested of a row.

    A higher guidance scale strengthens it.
    """

    def __init__(self, vocabulary: Vocabulary, guidance_scale: float) -> None:
        self.vocabulary = vocabulary
        self.strength = LOG_ODDS_PER_OBJECT + LOG_ODDS_PER_SCALE * max(0.0, guidance_scale - 1)

    def __call__(self, scores: Tensor, row: DecodeRow) -> None:
        for share in row.shares:
            share.lean(scores, self.vocabulary, self.strength)


def count(shares: Iterable[RatioTarget], groups: Iterable[EventGroup]) -> None:
    """Count the events of groups towards ratios."""
    for event in (event for group in groups for event in group.events):
        for share in shares:
            share.read(event)


@dataclass(slots=True)
class HoldNoteRatio:
    """The share of hold notes in mania."""

    target: float
    objects: int = 0
    held: int = 0

    def read(self, event: Event) -> None:
        self.objects += event.kind in OBJECT_KINDS
        self.held += event.kind is EventKind.HOLD_NOTE

    def lean(self, scores: Tensor, vocabulary: Vocabulary, strength: float) -> None:
        kinds = [vocabulary.encode(Event(kind)) for kind in (EventKind.HOLD_NOTE, EventKind.CIRCLE)]
        more = strength * _limit(self.target * (self.objects + 1) - self.held - 0.5)
        _shift(scores, torch.tensor(kinds), torch.tensor([more, 0.0]))


@dataclass(slots=True)
class SpeedChangeRatio:
    """Scroll speed changes per object in taiko.

    Every object carries its speed. `plain` is the speed before the first object.
    """

    target: float
    plain: int
    objects: int = 0
    changes: int = 0
    last: int | None = None

    def read(self, event: Event) -> None:
        self.objects += event.kind in OBJECT_KINDS
        if event.kind is EventKind.SCROLL_SPEED:
            self.changes += event.value != (self.plain if self.last is None else self.last)
            self.last = event.value

    def lean(self, scores: Tensor, vocabulary: Vocabulary, strength: float) -> None:
        self._lean_speed(scores, vocabulary, strength * _limit(self.target * (self.objects + 1) - self.changes - 0.5))

    def _lean_speed(self, scores: Tensor, vocabulary: Vocabulary, more: float) -> None:
        """Make a speed other than the last one more likely.

        Negative values make it less likely.
        """
        speeds = vocabulary.ids_of(EventKind.SCROLL_SPEED)
        shifts = torch.full((len(speeds),), more)
        shifts[min(self.plain if self.last is None else self.last, len(speeds) - 1)] = 0.0
        _shift(scores, torch.tensor(speeds), shifts)


@dataclass(slots=True)
class TimedSpeedChangeRatio(SpeedChangeRatio):
    """Scroll speed changes per object in mania.

    They have a context of their own, after that of the objects. `due` is the number of changes due by each time of the
    window [times].
    """

    due: Tensor = field(default_factory=lambda: torch.zeros(0))

    def lean(self, scores: Tensor, vocabulary: Vocabulary, strength: float) -> None:
        times = vocabulary.ids_of(EventKind.TIME)
        end = vocabulary.context_eos(ContextKind.SV)
        # A line that changes nothing is none.
        self._lean_speed(scores, vocabulary, strength * MOST_BEHIND * (1 if self.target > 0 else -1))
        early = (self.changes + 1 - self.due[: len(times)]).clamp(-MOST_BEHIND, MOST_BEHIND)
        shifts = -strength * torch.cat([early.abs(), (-early[-1:]).clamp(min=0.0)])
        _shift(scores, torch.tensor([*times[: len(early)], end]), shifts)


def find_ratio_targets(
    context: ContextKind,
    attributes: Attributes,
    objects: Sequence[EventGroup],
    window: Window,
    grid: WindowGrid,
    encoding: EncodingSpec,
) -> tuple[RatioTarget, ...]:
    """Return the ratios requested of a context in a window.

    Nothing is counted yet.

    Args:
        objects: Objects of the chart if they precede the context, as in mania before the speeds.
    """
    plain = PLAIN_SPEED_PERCENT // encoding.scroll_speed_step_percent
    holds, speeds = attributes.hold_note_ratio, attributes.scroll_speed_ratio
    if context is ContextKind.MAP and attributes.mode is GameMode.MANIA and holds is not None:
        return (HoldNoteRatio(holds),)
    if context is ContextKind.MAP and attributes.mode is GameMode.TAIKO and speeds is not None:
        return (SpeedChangeRatio(speeds, plain),)
    if context is ContextKind.SV and speeds is not None:
        steps = [grid.time_value(group.time_ms, window.start_ms) for group in objects if group.kind in OBJECT_KINDS]
        heard = torch.tensor([max(0, step) for step in steps if step < grid.time_tokens], dtype=torch.long)
        return (
            TimedSpeedChangeRatio(
                speeds, plain, due=speeds * torch.bincount(heard, minlength=grid.time_tokens).cumsum(0)
            ),
        )
    return ()


def _shift(scores: Tensor, ids: Tensor, by: Tensor) -> None:
    """Add log odds to some ids' scores in place.

    The total probability of these ids stays.
    """
    before = scores[ids]
    if before.isfinite().any():
        after = before + by
        scores[ids] = after + (before.logsumexp(0) - after.logsumexp(0))


def _limit(missing: float) -> float:
    return min(MOST_BEHIND, max(-MOST_BEHIND, missing))
