"""Red lines from what the model wrote and heard, and back as what it reads."""

import numpy as np
import pytest

from osu_beatmap.beatmap import TimingPoint
from osuT5.model.frame_channels import FRAME_CHANNELS
from osuT5.tokens.contract import mini_spec
from osuT5.tokens.events import ContextKind, Event, EventGroup, EventKind
from pipeline.generation.timing import red_lines_from, timing_groups

SPEC = mini_spec()
SONG_MS = 60_000.0
LEAD_MS = SPEC.audio_lead_ms
BPM = 174.0
BEAT_MS = 60_000.0 / BPM


def beats(offset_ms: float, error_ms: float = 0.0, factor: float = 1.0) -> list[EventGroup]:
    """Beats as a model writes them: in steps of 10 ms, with some jitter."""
    rng = np.random.default_rng(1)
    step_ms = factor * BEAT_MS
    groups = []
    for number in range(int((SONG_MS - offset_ms) / step_ms)):
        exact_ms = offset_ms + number * step_ms + rng.uniform(-error_ms, error_ms)
        kind = EventKind.TIMING_POINT if number == 0 else EventKind.BEAT if number % 4 else EventKind.MEASURE
        time_ms = exact_ms // 10 * 10 + 5
        groups.append(EventGroup(time_ms, (Event(EventKind.TIME, int(time_ms)), Event(kind))))
    return groups


def activations(offset_ms: float) -> np.ndarray:
    """Frame heads that hear every beat, `audio_lead_ms` after the time of its object."""
    times_ms = np.arange(int(SONG_MS / SPEC.grid.frame_ms) + 1) * SPEC.grid.frame_ms
    found = np.zeros((len(times_ms), len(FRAME_CHANNELS)))
    for name, every in (("beat", 1), ("downbeat", 4)):
        heard_ms = offset_ms + LEAD_MS + np.arange(0, (SONG_MS - offset_ms) / BEAT_MS, every) * BEAT_MS
        distance_ms = np.abs(times_ms[:, None] - heard_ms).min(axis=1)
        found[:, FRAME_CHANNELS.index(name)] = np.exp(-((distance_ms / 10.0) ** 2))
    return found


def phase_error_ms(line: TimingPoint, offset_ms: float) -> float:
    beats_off = (line.time_ms - offset_ms) / BEAT_MS
    return (beats_off - round(beats_off)) * BEAT_MS


@pytest.mark.parametrize("offset_ms", [735.0, 12.0])
def test_written_beats_alone_give_tempo_and_offset(offset_ms):
    (line,) = red_lines_from(beats(offset_ms, error_ms=5.0), None, SPEC, SONG_MS)
    assert 60_000.0 / line.beat_length_ms == pytest.approx(BPM, rel=0.002)
    assert abs(phase_error_ms(line, offset_ms)) < 6.0
    assert line.meter == 4


@pytest.mark.parametrize("bpm", [84.5, 87.0, 109.0, 158.0, 174.0, 214.0])
def test_exact_beats_in_steps_are_one_tempo(bpm):
    """Their steps drift against the beat: 28 beats of 690 ms and one of 680 ms are no two tempos."""
    (line,) = red_lines_from(beats(735.0, factor=BPM / bpm), None, SPEC, SONG_MS)
    assert 60_000.0 / line.beat_length_ms == pytest.approx(bpm, rel=0.001)


@pytest.mark.parametrize("offset_ms", [735.0, 12.0])
def test_activations_are_heard_later_than_objects_are(offset_ms):
    (line,) = red_lines_from(beats(offset_ms, error_ms=15.0), activations(offset_ms), SPEC, SONG_MS)
    assert 60_000.0 / line.beat_length_ms == pytest.approx(BPM, rel=0.001)
    assert abs(phase_error_ms(line, offset_ms)) < 4.0, "the lead is taken off"
    assert line.time_ms >= 0
    assert line.time_ms == round(line.time_ms)


def test_a_beat_before_the_song_is_moved_by_a_whole_bar():
    (line,) = red_lines_from([], activations(-10.0), SPEC, SONG_MS)
    assert line.time_ms >= 0
    assert abs(phase_error_ms(line, -10.0)) < 4.0


def test_lines_are_read_as_beats_to_the_end_of_the_song():
    lines = [TimingPoint(1000.0, 500.0), TimingPoint(3000.0, 250.0, meter=3)]
    groups = timing_groups(lines, SPEC, 4000.0)
    kinds = [(group.time_ms, group.kind) for group in groups]
    point, measure, beat = EventKind.TIMING_POINT, EventKind.MEASURE, EventKind.BEAT
    assert kinds == [
        *[(1000.0, point), (1500.0, beat), (2000.0, beat), (2500.0, beat)],
        *[(3000.0, point), (3250.0, beat), (3500.0, beat), (3750.0, measure), (4000.0, beat)],
    ]
    assert ContextKind.TIMING in SPEC.vocabulary.contexts
