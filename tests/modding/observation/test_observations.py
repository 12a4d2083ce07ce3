"""Observations from scored events."""

from __future__ import annotations

import pytest

from modding.observation.observations import judge_kind
from osuT5.generation.surprisal import ScoredEvent
from osuT5.generation.token_scores import Surprisal
from osuT5.tokens.events import Event, EventKind


def test_the_end_of_a_context_is_a_kind_that_may_be_expected() -> None:
    nothing = Surprisal(0.0, 0.0)
    chances = {EventKind.CIRCLE: 0.2, EventKind.NEW_COMBO: 0.2, None: 0.6}
    event = ScoredEvent(0, 0, Event(EventKind.CIRCLE), nothing, None, chances, nothing, 0)
    surprise, expected = judge_kind(event, EventKind.NEW_COMBO)
    assert expected is None
    assert surprise.bits == pytest.approx(2.0)
