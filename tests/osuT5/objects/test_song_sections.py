"""Kiai time and volume of a song."""

import numpy as np
import pytest
import torch

from osu_beatmap.beatmap import EFFECT_KIAI, TimingPoint
from osuT5.objects.model.sections import SectionHead, kiai_spans_ms, phrase_volumes, sections_of
from tests.osuT5.objects.object_maps import BEAT_MS, clock_of, make_map

BAR_MS = 4 * BEAT_MS


def _logits(clock, *spans_bars, strength=4.0):
    logits = np.full(len(clock), -strength)
    for start, stop in spans_bars:
        logits[4 * start : 4 * stop] = strength
    return logits


@pytest.mark.parametrize("spans", [[], [(4, 10)], [(0, 5), (12, 18)], [(14, 20)]])
def test_kiai_time_is_where_it_is_likely(spans):
    clock = clock_of()
    found = kiai_spans_ms(_logits(clock, *spans), clock)
    assert found == [(BAR_MS * start, BAR_MS * stop) for start, stop in spans]


def test_short_flashes_and_short_breaks_are_none():
    clock = clock_of()
    assert kiai_spans_ms(_logits(clock, (6, 7)), clock) == []
    assert kiai_spans_ms(_logits(clock, (2, 8), (9, 15)), clock) == [(2 * BAR_MS, 15 * BAR_MS)]


def test_kiai_time_begins_on_bar_lines():
    clock = clock_of()
    ((start_ms, end_ms),) = kiai_spans_ms(np.roll(_logits(clock, (4, 10)), 1), clock)
    assert start_ms % BAR_MS == end_ms % BAR_MS == 0


def test_volumes_change_with_phrases_in_steps_of_five():
    clock = clock_of()
    volumes = np.zeros(len(clock))
    volumes[16:32], volumes[32:] = 1.0, -30.0
    assert phrase_volumes(volumes, clock, 1.6) == [(0.0, 70), (4 * BAR_MS, 85), (8 * BAR_MS, 20)]


def test_sections_are_those_of_the_maps():
    clock, with_kiai, without = clock_of(), make_map(), make_map()
    kiai = TimingPoint(4 * BAR_MS, -100.0, uninherited=False, effects=EFFECT_KIAI, volume=60)
    after = TimingPoint(8 * BAR_MS, -100.0, uninherited=False, volume=100)
    with_kiai.timing_points += [kiai, after]
    sections = sections_of([with_kiai, without], clock)
    assert (sections.kiai == _logits(clock, (4, 8), strength=1.0).clip(0)).all()
    assert sections.volume[17] == pytest.approx(-2.0)  # 40 % lower in one of two maps
    assert sections_of([without], clock) is None


def test_the_head_reads_a_song_of_any_length():
    head = SectionHead(6, 4).eval()
    for beats in (1, 40):
        assert head(torch.randn(beats, 24, 4), torch.randn(beats, 6)).shape == (beats, 2)
