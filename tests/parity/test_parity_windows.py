"""The windows of the published program: numbers that its own runs show for V29."""

from osuT5.tokens.windows import WindowGrid
from parity.windows import OriginalGrid

GRID = OriginalGrid(WindowGrid())
SONG_SAMPLES = 640_000  # 40 s


def test_windows_of_whole_samples_and_milliseconds_reach_the_end_of_any_song():
    windows = GRID.windows(SONG_SAMPLES)
    assert (GRID.window_samples, GRID.stride_samples, len(windows)) == (130_944, 13_094, 40)
    assert [window.start_ms for window in windows[:4]] == [0, 818, 1636, 2455]
    assert windows[3].start_sample == 3 * 13_094
    assert windows[-2].start_sample < SONG_SAMPLES - GRID.window_samples <= windows[-1].start_sample
    ends = [(w.is_first, w.is_last) for w in (windows[0], windows[1], windows[-1])]
    assert ends == [(True, False), (False, False), (False, True)]
    (window,) = GRID.windows(1000)
    assert (window.start_ms, window.is_first, window.is_last) == (0, True, True)


def test_a_span_has_the_windows_that_decide_something_of_it():
    windows = GRID.windows(SONG_SAMPLES, 10_000, 20_000)
    assert (windows[0].start_ms, windows[-1].start_ms, len(windows)) == (5728, 15549, 13)
    assert windows[0].is_first
    assert windows[-1].is_last
    assert len(GRID.windows(SONG_SAMPLES, start_ms=90_000)) == 1
    assert len(GRID.windows(SONG_SAMPLES, end_ms=-90_000)) == 1
