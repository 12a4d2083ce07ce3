import torch

from osu_beatmap.beatmap import GameMode
from osuT5.generation.decode_row import DecodeRow
from osuT5.generation.rules.grammar import GrammarState
from osuT5.generation.rules.logit_rules import FewGroupsAtOnce, GrammarMasks, RowFacts, TimeRunsForward
from osuT5.tokens.contract import mini_spec
from osuT5.tokens.events import ContextKind, Event, EventKind
from osuT5.tokens.vocabulary import EOS_ID

VOCABULARY = mini_spec().vocabulary
MASKS = GrammarMasks(VOCABULARY)
TIME_IDS = VOCABULARY.ids_of(EventKind.TIME)


def row(**changes) -> DecodeRow:
    facts = {"context": ContextKind.MAP, "prompt_ids": [], "first_value": 10, "end_value": 20, "groups_at_once": 2}
    return DecodeRow(**{**facts, **changes})


def allowed_times(rule, state: DecodeRow) -> list[int]:
    """The times allowed to a row, in company of one with other times."""
    scores = torch.zeros(2, VOCABULARY.size_out)
    rule(scores, RowFacts.of([row(last_value=50), state], MASKS))
    assert not scores[:, : TIME_IDS.start].any()
    assert not scores[:, TIME_IDS.stop :].any()
    return torch.nonzero(torch.isfinite(scores[1, TIME_IDS.start : TIME_IDS.stop])).flatten().tolist()


def test_time_never_runs_backward_but_ends_may_lie_before_the_span():
    state = row()
    state.note(TIME_IDS.start + 15, VOCABULARY)
    assert allowed_times(TimeRunsForward(VOCABULARY), state)[0] == 15
    state = row(grammar=GrammarState(GameMode.STANDARD))
    for event in (Event(EventKind.TIME, 4), Event(EventKind.POSITION, 0), Event(EventKind.SPINNER)):
        state.note(VOCABULARY.encode(event), VOCABULARY)
    assert allowed_times(TimeRunsForward(VOCABULARY), state)[0] == 4
    for event in (Event(EventKind.TIME, 6), Event(EventKind.SPINNER_END)):
        state.note(VOCABULARY.encode(event), VOCABULARY)
    assert allowed_times(TimeRunsForward(VOCABULARY), state)[0] == 10


def test_a_time_is_used_up_after_some_groups():
    state = row()
    rule = FewGroupsAtOnce(VOCABULARY)
    state.note(TIME_IDS.start + 15, VOCABULARY)
    assert 15 in allowed_times(rule, state)
    state.note(TIME_IDS.start + 15, VOCABULARY)
    assert 15 not in allowed_times(rule, state)
    state.note(TIME_IDS.start + 16, VOCABULARY)
    assert 16 in allowed_times(rule, state)


def test_a_context_holds_only_its_own_tokens():
    for context, inside, outside in (
        (ContextKind.TIMING, EventKind.BEAT, EventKind.CIRCLE),
        (ContextKind.MAP, EventKind.CIRCLE, EventKind.BEAT),
        (ContextKind.KIAI, EventKind.KIAI, EventKind.POSITION),
        (ContextKind.SV, EventKind.SCROLL_SPEED_CHANGE, EventKind.HITSOUND),
    ):
        forbidden = MASKS.forbidden_tokens(context, None)
        assert not forbidden[VOCABULARY.encode(Event(inside))]
        assert forbidden[VOCABULARY.encode(Event(outside))]
        assert not forbidden[VOCABULARY.context_eos(context)]
        others = [VOCABULARY.context_eos(c) for c in VOCABULARY.contexts if c is not context]
        assert forbidden[others].all()


def test_times_in_the_lookahead_end_the_window():
    assert not row().is_ended_by(TIME_IDS.start + 19, VOCABULARY)
    assert row().is_ended_by(TIME_IDS.start + 20, VOCABULARY)
    assert row().is_ended_by(EOS_ID, VOCABULARY)
    assert row().is_ended_by(VOCABULARY.context_eos(ContextKind.MAP), VOCABULARY)
    assert not row().is_ended_by(VOCABULARY.context_eos(ContextKind.KIAI), VOCABULARY)
