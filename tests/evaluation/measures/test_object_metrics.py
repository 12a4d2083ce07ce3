import numpy as np
import pytest

from evaluation.measures.object_metrics import best_shift, match_times, object_times_ms, snapped_share
from osu_beatmap.beatmap import Beatmap, Circle, GameMode, TimingPoint


def most_matches(reference_ms, candidate_ms, tolerance_ms):
    """Maximum matching by augmenting paths, which knows nothing of order."""
    partner = {}

    def assign(left, tried):
        for right, time_ms in enumerate(candidate_ms):
            if right in tried or abs(time_ms - reference_ms[left]) > tolerance_ms:
                continue
            tried.add(right)
            if right not in partner or assign(partner[right], tried):
                partner[right] = left
                return True
        return False

    return sum(assign(left, set()) for left in range(len(reference_ms)))


def test_times_match_once_shifts_are_found_and_shares_of_snapped_objects():
    result = match_times([0, 100, 200], [10, 12, 190, 400])
    assert (result.matched, result.precision, result.recall) == (2, 0.5, pytest.approx(2 / 3))
    assert result.f1 == pytest.approx(2 * 2 / 7)
    assert match_times([100], [130]).matched == 1
    assert match_times([100], [130.5]).matched == 0
    assert match_times([], []).f1 == 1.0
    assert match_times([1], []).f1 == match_times([], [1]).f1 == 0.0
    reference_ms = np.arange(0, 30_000, 317.0)
    shift_ms, result = best_shift(reference_ms, reference_ms + 60)
    assert result.f1 == 1.0
    assert shift_ms == -30  # the smallest that brings all within the tolerance
    assert best_shift(reference_ms, reference_ms)[0] == 0
    line = TimingPoint(time_ms=1000, beat_length_ms=500)
    circles = [Circle(time_ms, 0, 0) for time_ms in (1000, 1125, 1166.7, 1145)]  # the last lies on no divisor
    assert snapped_share(Beatmap(timing_points=[line], hit_objects=circles)) == 0.75
    assert snapped_share(Beatmap(timing_points=[line])) == 1.0


@pytest.mark.parametrize("seed", range(20))
def test_matching_is_maximal(seed):
    rng = np.random.default_rng(seed)
    reference_ms, candidate_ms = rng.uniform(0, 600, 20), rng.uniform(0, 600, 25)
    assert match_times(reference_ms, candidate_ms).matched == most_matches(reference_ms, candidate_ms, 30)


@pytest.mark.parametrize(("mode", "times_ms"), [(GameMode.STANDARD, [100, 100, 300]), (GameMode.MANIA, [100, 300])])
def test_chords_of_mania_count_once(mode, times_ms):
    circles = [Circle(300, 0, 192), Circle(100, 0, 192), Circle(100, 256, 192)]
    assert object_times_ms(Beatmap(mode=mode, hit_objects=circles)).tolist() == times_ms
