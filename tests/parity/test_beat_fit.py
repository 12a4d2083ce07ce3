"""Red lines as the published program fits them."""

import numpy as np
import pytest

from beat_tracking.red_line_fit import Beats
from parity.beat_fit import fit_red_lines_as_published


def beats(times_ms, downbeats=(), announced=(0,)):
    """Beats of which those with these numbers are downbeats, or announce a line."""
    numbers = np.arange(len(times_ms))
    return Beats(
        times_ms=np.array(times_ms, np.float64),
        is_measure=np.isin(numbers, [*downbeats, *announced]),
        is_timing_point=np.isin(numbers, announced),
    )


def fit(*arguments, leniency_ms=3.0, **options):
    lines = fit_red_lines_as_published(beats(*arguments, **options), leniency_ms)
    return [(line.time_ms, line.beat_length_ms, line.meter) for line in lines]


@pytest.mark.parametrize(
    ("times_ms", "downbeats", "lines"),
    [
        pytest.param([], (), [], id="no beats"),
        pytest.param(np.arange(17) * 500 + 1000, (4, 8, 12, 16), [(1000, 500, 4)], id="exact beats"),
        pytest.param(np.arange(13) * 500 + 1000, (3, 6, 9, 12), [(1000, 500, 3)], id="meter of the first bar"),
        pytest.param(
            np.arange(15) * 500 + 1000, (4, 7, 11), [(1000, 500, 4), (3000, 500, 3), (4500, 500, 4)], id="a short bar"
        ),
        pytest.param(
            [*(np.arange(8) * 500 + 1000), *(np.arange(9) * 400 + 5000)],
            (4, 8, 12, 16),
            [(1000, 500, 4), (5000, 400, 4)],
            id="a change of tempo at a downbeat",
        ),
    ],
)
def test_beats_make_the_fewest_lines(times_ms, downbeats, lines):
    assert fit(times_ms, downbeats=downbeats) == lines


def test_the_tempo_is_as_round_as_the_leniency_allows():
    times = np.rint(np.arange(17) * 60_000 / 175.3 + 1000)
    ((_, fine_ms, _),) = fit(times, downbeats=(4, 8, 12, 16), leniency_ms=1.0)
    ((_, coarse_ms, _),) = fit(times, downbeats=(4, 8, 12, 16), leniency_ms=20.0)
    assert 60_000 / fine_ms == pytest.approx(175.3)
    assert 60_000 / coarse_ms == pytest.approx(175)


def test_lines_begin_where_they_are_announced_and_given_beats_stay():
    assert fit(np.arange(9) * 500 + 1000, downbeats=(0, 4, 8), announced=())[0][0] == 1000
    times = [1000, 1500, 2000, 2500, 3000, 3250, 3750, 4250]
    lines = fit(times, downbeats=(), announced=(0, 4, 5))
    assert [beat_ms for _, beat_ms, _ in lines] == [500, 500, 500]
    given = beats(np.arange(9) * 500 + 1000, downbeats=(4, 8))
    fit_red_lines_as_published(given, 3.0)
    assert given.is_measure.tolist() == [True, False, False, False, True, False, False, False, True]
