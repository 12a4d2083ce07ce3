"""What the embedded model makes of rhythms whose order nobody doubts, and the arithmetic of leniency."""

import numpy as np
import pytest

from osu_beatmap.beatmap import GameMode
from rcomplexion.complexity import Complexity, complexity_of, interval_probabilities, lenient_bits
from rcomplexion.contract import load_model
from rcomplexion.model import RhythmModel
from rcomplexion.rhythm import INTERVALS, rhythm_of
from tests.support.known_rhythms import known_rhythms, map_of


@pytest.fixture(scope="module")
def model() -> RhythmModel:
    return load_model()


@pytest.fixture(scope="module")
def found(model: RhythmModel) -> dict[str, Complexity]:
    return {name: complexity_of(rhythm_of(beatmap), model) for name, beatmap in known_rhythms().items()}


def test_known_rhythms_come_in_their_order(found: dict[str, Complexity]) -> None:
    """What is steady is simple at any density; then each is more complex than the one before."""
    names = list(found)
    assert max(found[name].bits_per_second for name in names[:2]) < 0.5
    rising = [found[name].bits_per_second for name in names[2:]]
    assert found["gallops"].bits_per_second > max(found[name].bits_per_second for name in names[:2])
    assert rising == sorted(rising)
    assert rising[-1] > 3 * rising[0]


def test_a_faster_or_more_strictly_judged_rhythm_is_more_complex(model: RhythmModel) -> None:
    mixed = [1 / 2, 1 / 4, 1 / 4, 1.0, 1 / 3, 1 / 3, 1 / 3]
    slow, fast = (complexity_of(rhythm_of(map_of(mixed, bpm=bpm)), model) for bpm in (120, 160))
    assert fast.bits_per_second > slow.bits_per_second
    mixed = [1 / 3, 1 / 3, 1 / 3, 1 / 4, 1 / 4, 1 / 4, 1 / 4]
    lenient, strict = (complexity_of(rhythm_of(map_of(mixed, od=od)), model) for od in (0, 10))
    assert strict.bits_per_interval > lenient.bits_per_interval


def test_what_no_window_tells_apart_is_no_surprise() -> None:
    """All chance is on 1/3, and 1/4 comes: at 180 BPM 28 ms away, which is 4.2 deviations at OD 10."""
    rhythm = rhythm_of(map_of([1 / 4], od=10.0))
    certain = np.zeros((len(rhythm), len(INTERVALS)))
    certain[:, [str(beats) for beats in INTERVALS].index("1/3")] = 1.0
    difference_ms = (1 / 3 - 1 / 4) * 60_000 / 180
    expected = 0.5 * (difference_ms / (20 / 3)) ** 2 / np.log(2)
    assert lenient_bits(rhythm, certain) == pytest.approx(np.full(len(rhythm), expected))
    certain[:] = 0.0
    certain[np.arange(len(rhythm)), rhythm.classes] = 1.0
    assert lenient_bits(rhythm, certain) == pytest.approx(0.0)


def test_leniency_adds_no_surprise_and_intervals_follow_from_those_before(model: RhythmModel) -> None:
    rhythm = rhythm_of(known_rhythms()["random multiples of 1/12"])
    probabilities = interval_probabilities(rhythm, model)
    exact = -np.log2(probabilities[np.arange(len(rhythm)), rhythm.classes])
    assert probabilities.sum(1) == pytest.approx(1.0)
    assert (lenient_bits(rhythm, probabilities) <= exact + 1e-9).all()
    one, other = (rhythm_of(map_of([1 / 2] * 40 + end, mode=GameMode.TAIKO)) for end in ([1 / 3] * 3, [1 / 4] * 4))
    same = interval_probabilities(one, model)[:40], interval_probabilities(other, model)[:40]
    np.testing.assert_allclose(*same, atol=1e-6)
