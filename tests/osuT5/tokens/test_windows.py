from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from osuT5.tokens.windows import WindowGrid

GRID = WindowGrid()


@settings(max_examples=60, deadline=None)
@given(
    song_ms=st.floats(1.0, 400_000.0),
    lookback=st.floats(0.0, 0.5),
    lookahead=st.floats(0.0, 0.45),
    lead_in=st.booleans(),
)
def test_every_time_of_a_song_is_decided_by_exactly_one_window(song_ms, lookback, lookahead, lead_in):
    windows = WindowGrid(lead_in=lead_in).windows(song_ms, lookback, lookahead)
    assert windows[0].from_ms == 0.0
    assert windows[-1].to_ms >= song_ms
    for before, after in pairwise(windows):
        assert before.to_ms == after.from_ms
        assert before.from_ms < before.to_ms
    for window in windows:
        assert window.start_ms <= window.from_ms
        assert window.start_ms == window.start_frame * GRID.frame_ms
        assert window.to_ms <= window.start_ms + GRID.window_ms or window is windows[-1]


def test_a_lead_in_gives_the_first_window_a_lookback_too():
    windows = WindowGrid(lead_in=True).windows(60_000.0)
    shares = [(w.from_ms - w.start_ms) / GRID.window_ms for w in windows]
    assert shares[0] == pytest.approx(0.5, abs=0.001)
    assert shares == pytest.approx([0.5] * len(windows), abs=0.002)
    assert WindowGrid(lead_in=False).windows(60_000.0)[0].start_frame == 0


@pytest.mark.parametrize("time_ms", [0.0, 4.9, 5.0, 1234.5, 8183.0])
def test_a_quantised_time_is_off_by_half_a_step_at_most(time_ms):
    start_ms = 1000.0
    value = GRID.time_value(start_ms + time_ms, start_ms)
    assert abs(GRID.time_ms(value, start_ms) - (start_ms + time_ms)) <= GRID.time_step_ms / 2
