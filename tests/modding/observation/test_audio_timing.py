"""Offsets and tempos from onsets and beats, here made by hand."""

import numpy as np
import pytest

from modding.observation.audio_timing import ONSET_LEAD_MS, SongEvidence, detect_sections, observe_timing
from modding.observation.line_fit import line_fits
from osu_beatmap.beatmap import TimingPoint
from osuT5.rhythm.alignment import USUAL_LEAD_MS
from osuT5.rhythm.features import FRAME_MS
from tests.support.review_maps import BEAT_MS, regular_map

SONG_MS = 34_000.0


def heard(beat_ms: float = BEAT_MS, shift_ms: float = 0.0) -> SongEvidence:
    """Beats and onsets from 1 s on, each a bump of 10 ms to either side."""

    def bumps(step_ms: float, lead_ms: float) -> np.ndarray:
        times_ms = np.arange(int(SONG_MS / step_ms)) * step_ms
        phase_ms = (times_ms - lead_ms - shift_ms - 1000.0 + beat_ms / 2) % beat_ms - beat_ms / 2
        return 0.01 + 0.9 * np.exp(-((phase_ms / 10.0) ** 2))

    return SongEvidence(bumps(1.0, ONSET_LEAD_MS), bumps(FRAME_MS, USUAL_LEAD_MS))


@pytest.mark.parametrize("shift_ms", [0.0, 13.0, -24.0])
def test_an_offset_is_found_to_a_millisecond_and_a_half(shift_ms):
    (stretch,) = detect_sections(regular_map(), heard(shift_ms=shift_ms), SONG_MS)
    assert stretch.offset_ms == pytest.approx(shift_ms, abs=1.5)
    assert stretch.drift == 0.0
    assert stretch.surprise.relative == pytest.approx((shift_ms / 5.0) ** 2 * 0.5 / np.log(2), abs=3.0)


@pytest.mark.parametrize("share", [0.005, -0.003])
def test_a_tempo_that_is_off_is_a_drift(share):
    (stretch,) = detect_sections(regular_map(), heard(beat_ms=BEAT_MS * (1 + share)), SONG_MS)
    assert stretch.drift == pytest.approx(share, abs=3e-4)
    assert stretch.surprise.relative > 20


def test_short_stretches_empty_maps_and_large_offsets_are_not_judged():
    beatmap = regular_map()
    beatmap.timing_points.append(TimingPoint(31_000.0, BEAT_MS))
    assert [stretch.red.time_ms for stretch in detect_sections(beatmap, heard(), SONG_MS)] == [1000.0]
    assert detect_sections(regular_map(beats=0), heard(), SONG_MS) == []
    assert detect_sections(regular_map(), heard(shift_ms=75.0), SONG_MS) == []


def test_stretches_that_go_on_alike_join():
    beatmap = regular_map()
    beatmap.timing_points.append(TimingPoint(16_600.0, BEAT_MS))
    first, second = detect_sections(beatmap, heard(shift_ms=15.0), SONG_MS)
    assert first.goes_on_as(second)
    joined = first.joined(second)
    assert joined.offset_ms == pytest.approx(15.0, abs=1.5)
    assert joined.lines_ms == (-np.inf, np.inf)
    assert [each.actual for each in observe_timing([first, second])] == [first, second]


def test_a_line_off_its_objects_is_not_heard_as_an_offset_of_both():
    beatmap = regular_map()
    beatmap.timing_points = [TimingPoint(1020.0, BEAT_MS)]
    (stretch,) = detect_sections(beatmap, heard(), SONG_MS, line_fits(beatmap))
    assert stretch.offset_ms == pytest.approx(0.0, abs=1.5)
