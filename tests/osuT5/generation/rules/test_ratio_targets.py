"""Shares are counted, and what is missing becomes likelier: literal scores in, scores out."""

import pytest
import torch

from osu_beatmap.attributes import Attributes
from osu_beatmap.beatmap import GameMode
from osuT5.generation.decode_row import DecodeRow
from osuT5.generation.rules.ratio_targets import (
    LOG_ODDS_PER_OBJECT,
    LOG_ODDS_PER_SCALE,
    MOST_BEHIND,
    HoldNoteRatio,
    SpeedChangeRatio,
    TimedSpeedChangeRatio,
    TowardsRatioTargets,
    count,
    find_ratio_targets,
)
from osuT5.tokens.contract import mini_spec
from osuT5.tokens.events import ContextKind, Event, EventGroup, EventKind

K = EventKind
SPEC = mini_spec()
VOCABULARY = SPEC.vocabulary
PLAIN = 100 // SPEC.encoding.scroll_speed_step_percent
SCALE = 1.25
STRENGTH = LOG_ODDS_PER_OBJECT + LOG_ODDS_PER_SCALE * (SCALE - 1)


def group(kind: EventKind, *parts: Event, time_ms: float = 0.0) -> EventGroup:
    return EventGroup(time_ms, (*parts, Event(kind)))


def scores_of(chances: dict[Event | int, float]) -> torch.Tensor:
    scores = torch.full((VOCABULARY.size_out,), -30.0)
    for event, chance in chances.items():
        scores[event if isinstance(event, int) else VOCABULARY.encode(event)] = torch.log(torch.tensor(chance))
    return scores


def leant(share, chances: dict[Event | int, float], scale: float = SCALE) -> torch.Tensor:
    """The log odds that were added to each token, forbidden ones included."""
    scores = scores_of(chances)
    row = DecodeRow(ContextKind.MAP, [], shares=(share,))
    before = scores.clone()
    TowardsRatioTargets(VOCABULARY, scale)(scores, row)
    assert scores.exp().sum() == pytest.approx(float(before.exp().sum()), rel=1e-4), "a question became likelier"
    return scores - before


NOTE, HOLD = Event(K.CIRCLE), Event(K.HOLD_NOTE)


@pytest.mark.parametrize(("held", "sign"), [(0, 1), (3, 0), (8, -1)])
def test_hold_notes_that_are_missing_become_likelier(held, sign):
    share = HoldNoteRatio(0.3)
    count([share], [group(K.HOLD_NOTE)] * held + [group(K.HOLD_NOTE_END)] * held + [group(K.CIRCLE)] * (10 - held))
    missing = 0.3 * 11 - held - 0.5
    for scale, strength in ((SCALE, STRENGTH), (1.0, LOG_ODDS_PER_OBJECT)):
        added = leant(share, {NOTE: 0.95, HOLD: 0.05, Event(K.HITSOUND, 0): 0.9}, scale)
        odds = added[VOCABULARY.encode(HOLD)] - added[VOCABULARY.encode(NOTE)]
        assert float(odds) == pytest.approx(strength * missing, abs=1e-5)
    assert abs(missing) < 1 if sign == 0 else missing * sign > 1
    assert added.count_nonzero() == 2


def test_misses_of_long_ago_count_little_and_what_is_forbidden_stays_so():
    share = HoldNoteRatio(1.0)
    count([share], [group(K.CIRCLE)] * 500)
    added = leant(share, {NOTE: 0.5, HOLD: 0.5})
    odds = added[VOCABULARY.encode(HOLD)] - added[VOCABULARY.encode(NOTE)]
    assert float(odds) == pytest.approx(STRENGTH * MOST_BEHIND, abs=1e-5)
    share = HoldNoteRatio(1.0)
    count([share], [group(K.CIRCLE)] * 50)
    scores = scores_of({NOTE: 0.5})
    scores[VOCABULARY.encode(HOLD)] = float("-inf")
    before = scores.clone()
    TowardsRatioTargets(VOCABULARY, SCALE)(scores, DecodeRow(ContextKind.MAP, [], shares=(share,)))
    torch.testing.assert_close(scores, before)


def speed(percent: int) -> Event:
    return Event(K.SCROLL_SPEED, percent // SPEC.encoding.scroll_speed_step_percent)


def test_another_speed_counts_and_is_likelier_behind_the_request():
    share = SpeedChangeRatio(0.3, PLAIN)
    count([share], [group(K.CIRCLE, speed(percent)) for percent in (100, 100, 120, 120, 80, 100)])
    assert (share.objects, share.changes) == (6, 3)
    behind, ahead = SpeedChangeRatio(0.5, PLAIN), SpeedChangeRatio(0.0, PLAIN)
    for share in (behind, ahead):
        count([share], [group(K.CIRCLE, speed(percent)) for percent in (120, 100, 120, 120, 120, 120, 120, 120, 120)])
    same, other = VOCABULARY.encode(speed(120)), VOCABULARY.encode(speed(100))
    chances = {speed(120): 0.97, speed(100): 0.03}
    for share, sign in ((behind, 1), (ahead, -1)):
        added = leant(share, chances)
        assert (added[other] - added[same]) * sign > 0


def test_in_mania_changes_come_when_they_are_due():
    due = torch.arange(100) / 20.0  # the first at step 20, the last but one at step 80
    share = TimedSpeedChangeRatio(0.1, PLAIN, due=due)
    first = VOCABULARY.ids_of(K.TIME).start
    end = VOCABULARY.context_eos(ContextKind.SV)
    added = leant(share, {end: 0.9, first + 50: 0.1})
    assert int(added[first : first + 100].argmax()) == 20
    assert float(added[end] - added[first + 20]) == pytest.approx(-STRENGTH * (float(due[-1]) - 1), abs=1e-4)
    count([share], [group(K.SCROLL_SPEED_CHANGE, speed(percent)) for percent in (120, 100, 120, 100, 120)])
    added = leant(share, {end: 0.9, first + 50: 0.1})
    assert added[end] > added[first + 50], "there have been enough"


def test_who_is_asked_for_what():
    objects = [
        group(K.CIRCLE, time_ms=1000.0),
        group(K.HOLD_NOTE, time_ms=3000.0),
        group(K.HOLD_NOTE_END, time_ms=3500.0),
    ]
    window = SPEC.grid.windows(20_000.0)[2]

    def kinds(context, mode, **wanted) -> list[type]:
        shares = find_ratio_targets(context, Attributes(mode, **wanted), objects, window, SPEC.grid, SPEC.encoding)
        return [type(share) for share in shares]

    both = {"hold_note_ratio": 0.2, "scroll_speed_ratio": 0.1}
    assert kinds(ContextKind.MAP, GameMode.MANIA, **both) == [HoldNoteRatio]
    assert kinds(ContextKind.SV, GameMode.MANIA, **both) == [TimedSpeedChangeRatio]
    assert kinds(ContextKind.MAP, GameMode.TAIKO, scroll_speed_ratio=0.1) == [SpeedChangeRatio]
    assert kinds(ContextKind.MAP, GameMode.MANIA) == kinds(ContextKind.SV, GameMode.MANIA) == []
    wanted = Attributes(GameMode.MANIA, scroll_speed_ratio=0.1)
    (share,) = find_ratio_targets(ContextKind.SV, wanted, objects, window, SPEC.grid, SPEC.encoding)
    assert float(share.due[-1]) == pytest.approx(0.2), "two objects up to the end of the window, one of them before it"
    assert float(share.due[0]) == pytest.approx(0.1 if window.start_ms > 1000 else 0.0)
