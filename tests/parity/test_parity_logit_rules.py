"""What the published program does to scores, on a small vocabulary."""

import math

import pytest
import torch

from osuT5.tokens.events import ContextKind, Event, EventKind
from osuT5.tokens.vocabulary import SOS_ID, EventRange, Vocabulary
from parity.logit_rules import (
    ConditionalTemperature,
    Lookback,
    MonotonicTimes,
    Temperatures,
    TimeBias,
    eos_ids,
    keep_top_k,
    keep_top_p,
)

K = EventKind
VOCABULARY = Vocabulary(
    output_ranges=(
        EventRange(K.TIME, 0, 9),
        EventRange(K.SCROLL_SPEED, 0, 1),
        EventRange(K.CIRCLE, 0, 0),
        EventRange(K.BEAT, 0, 0),
        EventRange(K.MEASURE, 0, 0),
        EventRange(K.HOLD_NOTE, 0, 0),
        EventRange(K.HOLD_NOTE_END, 0, 0),
        EventRange(K.RED_ANCHOR, 0, 0),
    ),
    contexts=(ContextKind.TIMING, ContextKind.MAP),
)
TEMPERATURES = Temperatures(general=1.0, timing=0.1, mania_column=0.5, taiko_hit=0.25)


def token(kind, value=0):
    return VOCABULARY.encode(Event(kind, value))


def ids(*rows):
    return torch.tensor(rows)


def scores(rows=1):
    return torch.arange(rows * VOCABULARY.size_out, dtype=torch.float32).reshape(rows, -1) / 10


def allowed_times(row):
    start = token(K.TIME)
    return [value for value in range(10) if row[start + value] > -math.inf]


def test_eos_ids_and_rules_on_times():
    marks = [2, VOCABULARY.context_eos(ContextKind.MAP)]
    times = [*range(token(K.TIME), token(K.TIME, 1) + 1), *range(token(K.TIME, 7), token(K.TIME, 9) + 1)]
    assert eos_ids(VOCABULARY, ContextKind.MAP, 20.0, 39.9) == marks + times
    assert eos_ids(VOCABULARY, None) == [2]
    rule = MonotonicTimes(VOCABULARY)
    given = scores(2)
    out = rule(ids([SOS_ID, token(K.TIME, 4)], [token(K.TIME, 4), SOS_ID]), given)
    assert [allowed_times(row) for row in out] == [[4, 5, 6, 7, 8, 9], list(range(10))]
    assert torch.equal(given, scores(2))
    difference = TimeBias(VOCABULARY, 1.5)(ids([0]), scores()) - scores()
    assert difference[0, token(K.TIME) : token(K.TIME, 9) + 1].tolist() == pytest.approx([1.5] * 10, abs=1e-5)
    assert difference.count_nonzero() == 10


@pytest.mark.parametrize(
    ("last", "temperature"),
    [
        ([K.MEASURE], 0.1),
        ([K.CIRCLE, K.TIME, K.TIME], 0.5),
        ([K.SCROLL_SPEED], 0.25),
        ([K.CIRCLE], 1.0),
        ([K.TIME, K.TIME], 1.0),
    ],
)
def test_the_last_tokens_decide_the_temperature(last, temperature):
    rule = ConditionalTemperature(VOCABULARY, TEMPERATURES, types_first=True)
    torch.testing.assert_close(rule(ids([token(kind) for kind in last]), scores()), scores() / temperature)


def test_the_first_row_decides_for_all_and_only_where_types_come_first():
    rule = ConditionalTemperature(VOCABULARY, TEMPERATURES, types_first=True)
    torch.testing.assert_close(rule(ids([token(K.BEAT)], [token(K.CIRCLE)]), scores(2)), scores(2) / 0.1)
    rule = ConditionalTemperature(VOCABULARY, TEMPERATURES, types_first=False)
    torch.testing.assert_close(rule(ids([token(K.BEAT)]), scores()), scores())


def test_decided_times_are_forbidden_only_after_a_type_with_a_time():
    assert allowed_times(Lookback(VOCABULARY, 40.0, types_first=False)(ids([0]), scores())[0]) == [4, 5, 6, 7, 8, 9]
    rule = Lookback(VOCABULARY, 40.0, types_first=True)
    rule(ids([SOS_ID]), scores())
    assert torch.equal(rule(ids([SOS_ID, token(K.RED_ANCHOR)]), scores()), scores())


def test_what_a_decided_time_had_goes_to_the_rest_and_to_the_end():
    rule = Lookback(VOCABULARY, 40.0, types_first=True)
    assert torch.equal(rule(ids([SOS_ID]), scores()), scores())
    shares = rule(ids([SOS_ID, token(K.CIRCLE)]), scores()).exp()[0]
    ended = scores().softmax(-1)[0, [2, *map(VOCABULARY.context_eos, VOCABULARY.contexts)]].sum()
    assert shares[token(K.TIME, 1) : token(K.TIME, 4)].tolist() == [0, 0, 0]
    assert shares[token(K.TIME)] > 0
    assert float(shares.sum()) == pytest.approx(1.0, abs=float(ended))


def test_top_k_and_top_p_drop_the_tail():
    assert keep_top_k(torch.tensor([[1.0, 3.0, 2.0]]), 2).tolist() == [[-math.inf, 3.0, 2.0]]
    assert keep_top_k(torch.tensor([[1.0, 3.0]]), 9).tolist() == [[1.0, 3.0]]
    given = torch.tensor([[0.5, 0.1, 0.4]]).log()
    assert keep_top_p(given, 0.85).isinf().tolist() == [[False, True, False]]
    assert keep_top_p(given, 0.01).isinf().tolist() == [[False, True, True]]
