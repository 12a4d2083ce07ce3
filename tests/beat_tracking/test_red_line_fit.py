"""Red lines from synthetic beats whose tempo, phase and meter are known."""

import numpy as np
import pytest

from beat_tracking.activation import fit_from_activation
from beat_tracking.red_line_fit import Beats, fit_red_lines

FRAME_MS = 8.0


def beats_of(rng, lines, song_ms, jitter_ms=8.0, missing=0.1, extra=0.05, meter=4, wrong_downbeats=0.03):
    """Beats of `lines`, (start_ms, bpm) each, as a model writes them: noisy and on steps of 10 ms."""
    times, measures, points = [], [], []
    for (start_ms, bpm), end_ms in zip(lines, [*(line[0] for line in lines[1:]), song_ms], strict=True):
        numbers = np.arange(int(np.ceil((end_ms - start_ms) * bpm / 60_000 - 0.1)))
        times.append(start_ms + numbers * 60_000 / bpm)
        measures.append(numbers % meter == 0)
        points.append(numbers == 0)
    times_ms = np.concatenate(times) + rng.normal(0, jitter_ms, sum(map(len, times)))
    is_measure = np.concatenate(measures) ^ (rng.random(len(times_ms)) < wrong_downbeats)
    kept = rng.random(len(times_ms)) >= missing
    count = round(extra * len(times_ms))
    return Beats(
        np.rint(np.concatenate([times_ms[kept], rng.uniform(0, song_ms, count)]) / 10) * 10,
        np.concatenate([is_measure[kept], np.zeros(count, bool)]),
        np.concatenate([np.concatenate(points)[kept], np.zeros(count, bool)]),
    )


def phase_error_ms(line, true_ms, bpm, beats=1):
    period_ms = beats * 60_000 / bpm
    return abs((line.time_ms - true_ms + period_ms / 2) % period_ms - period_ms / 2)


def unmarked(times_ms, is_measure, **fields):
    """Beats without announced red lines."""
    return Beats(times_ms, is_measure, np.zeros(len(times_ms), bool), **fields)


def without_points(beats):
    return unmarked(beats.times_ms, beats.is_measure)


def steady_tempo_ms(bpms):
    """Times of beats that each last as their tempo says, from 700 ms on."""
    return 700 + np.concatenate([[0.0], np.cumsum(60_000 / np.asarray(bpms))[:-1]])


@pytest.mark.parametrize("seed", range(12))
def test_constant_tempo_is_one_exact_line(seed):
    rng = np.random.default_rng(seed)
    bpm = float(rng.integers(70, 240)) if seed % 3 else round(rng.uniform(70, 240), 2)
    song_ms, offset_ms, meter = rng.uniform(60e3, 180e3), rng.uniform(0, 3000), int(rng.choice([3, 4]))
    lines = fit_red_lines(beats_of(rng, [(offset_ms, bpm)], song_ms, meter=meter), song_ms)
    assert len(lines) == 1
    assert lines[0].bpm == pytest.approx(bpm, abs=0.01 + 1e-9)
    assert lines[0].meter == meter
    assert phase_error_ms(lines[0], offset_ms, bpm, beats=meter) <= 4.0
    assert lines[0].time_ms >= 0
    assert lines[0].time_ms == round(lines[0].time_ms)


def test_whole_tempo_comes_out_whole_and_announced_octaves_stay():
    beats = beats_of(np.random.default_rng(5), [(1234, 187)], 90e3)
    assert fit_red_lines(beats, 90e3)[0].bpm == pytest.approx(187, abs=1e-9)
    beats = beats_of(np.random.default_rng(3), [(500, 90), (500 + 80 * 60_000 / 90, 180)], 120e3, missing=0)
    assert [line.bpm for line in fit_red_lines(beats, 120e3)] == pytest.approx([90, 180], abs=0.02)
    assert len(fit_red_lines(without_points(beats), 120e3)) == 1


@pytest.mark.parametrize(
    ("first_ms", "downbeat", "line_ms"),
    [(3000, 2, 2000), (200, 2, 1200)],
    ids=["the first two beats of the bar are not there", "the downbeat before is before the song"],
)
def test_first_line_is_on_the_downbeat_before_the_first_beat_or_the_next(first_ms, downbeat, line_ms):
    beats = unmarked(first_ms + np.arange(200) * 500.0, np.arange(200) % 4 == downbeat)
    assert fit_red_lines(beats, 120e3)[0].time_ms == line_ms


@pytest.mark.parametrize("announced", [False, True])
@pytest.mark.parametrize(("first_bpm", "second_bpm"), [(128, 174), (180, 176), (95, 143.5), (150, 100)])
def test_tempo_change_is_found(first_bpm, second_bpm, announced):
    change_ms = 500 + 160 * 60_000 / first_bpm
    song_ms = change_ms + 70e3
    beats = beats_of(np.random.default_rng(7), [(500, first_bpm), (change_ms, second_bpm)], song_ms)
    lines = fit_red_lines(beats if announced else without_points(beats), song_ms)
    assert [line.bpm for line in lines] == pytest.approx([first_bpm, second_bpm], abs=0.02)
    # The grids of tempi that are this close agree for bars around the change.
    assert abs(lines[1].time_ms - change_ms) < (15 if abs(first_bpm - second_bpm) > 10 else 4 * 60_000 / first_bpm)


@pytest.mark.parametrize("faster", [False, True])
def test_octave_slips_add_no_line(faster):
    rng = np.random.default_rng(11)
    beats = without_points(beats_of(rng, [(500, 150)], 180e3))
    inside = (beats.times_ms > 50e3) & (beats.times_ms < 100e3)
    if faster:
        halves_ms = beats.times_ms[inside] + 200
        times_ms = np.concatenate([beats.times_ms, halves_ms])
        is_measure = np.concatenate([beats.is_measure, np.zeros(len(halves_ms), bool)])
    else:
        kept = ~(inside & (np.rint((beats.times_ms - 500) / 400) % 2 == 1))
        times_ms, is_measure = beats.times_ms[kept], beats.is_measure[kept]
    lines = fit_red_lines(unmarked(times_ms, is_measure), 180e3)
    assert [line.bpm for line in lines] == pytest.approx([150], abs=0.01)


@pytest.mark.parametrize("until_ms", [68e3, 110e3])
def test_stretch_shifted_by_half_a_beat_adds_no_line(until_ms):
    beats = without_points(beats_of(np.random.default_rng(4), [(500, 140)], 150e3))
    times_ms = beats.times_ms + np.where((beats.times_ms > 60e3) & (beats.times_ms < until_ms), 30_000 / 140, 0)
    assert len(fit_red_lines(Beats(times_ms, beats.is_measure, beats.is_timing_point), 150e3)) == 1


def test_live_tempo_is_followed():
    rng = np.random.default_rng(6)
    periods_ms = 400 * (1 + 0.02 * np.sin(np.arange(600) / 60))
    true_ms = 500 + np.cumsum(periods_ms)
    noisy_ms = true_ms + rng.normal(0, 5, 600)
    lines = fit_red_lines(unmarked(noisy_ms, np.arange(600) % 4 == 0), 300e3)
    assert beat_errors_ms(lines, true_ms).mean() < 4
    assert len(lines) < 40


@pytest.mark.parametrize(
    ("times_ms", "bpm"),
    [
        ([], 120),
        ([500], 120),
        ([500, 1000], 120),
        ([1000] * 50, 120),
        ([float("nan"), float("inf"), -5.0, 1e308, 3.0], 120),
        ([0, 300, 600], 200),
        ([0, 250e3], None),
        (list(range(0, 10_000, 20)), None),
    ],
)
def test_degenerate_beats_give_one_line(times_ms, bpm):
    lines = fit_red_lines(unmarked(np.array(times_ms, float), np.ones(len(times_ms), bool)), 300e3)
    assert len(lines) == 1
    assert 0 <= lines[0].time_ms < 300e3
    assert bpm is None or lines[0].bpm == pytest.approx(bpm)


@pytest.mark.parametrize("seed", range(3))
def test_random_beats_never_raise(seed):
    rng = np.random.default_rng(seed)
    times_ms = rng.uniform(-1e4, 2e5, 300)
    lines = fit_red_lines(Beats(times_ms, rng.random(300) < 0.3, rng.random(300) < 0.1), 1.5e5)
    starts_ms = [line.time_ms for line in lines]
    assert starts_ms == sorted(set(starts_ms))
    assert all(np.isfinite(line.beat_length_ms) and line.beat_length_ms > 0 and line.meter >= 1 for line in lines)


def activation_of(beats, song_ms, rng, level=1.0):
    """Frame-wise (beat, downbeat) probabilities: a bump per beat, of random height, over a noise floor."""
    at_ms = np.arange(int(song_ms / FRAME_MS)) * FRAME_MS
    both = rng.random((2, len(at_ms))) * 0.02
    for time_ms, is_measure in zip(beats.times_ms, beats.is_measure, strict=True):
        bump = rng.uniform(0.3, 0.95) * np.exp(-(((at_ms - time_ms) / 12) ** 2) / 2)
        both[0] = np.maximum(both[0], bump)
        both[1] = np.maximum(both[1], bump * is_measure)
    return both * level


@pytest.mark.parametrize(("with_tokens", "level"), [(False, 1.0), (True, 1.0), (False, 0.1)])
def test_activation_gives_tempo_and_phase(with_tokens, level):
    rng = np.random.default_rng(21)
    lines = [(700.0, 163.0), (700.0 + 160 * 60_000 / 163, 121.0)]
    song_ms = 120e3
    beat_prob, downbeat_prob = activation_of(beats_of(rng, lines, song_ms, 5.0), song_ms, rng, level)
    tokens = beats_of(rng, lines, song_ms, 12.0) if with_tokens else None
    fitted = fit_from_activation(beat_prob, downbeat_prob, FRAME_MS, tokens)
    assert [line.bpm for line in fitted] == pytest.approx([163, 121], abs=0.01)
    assert [line.meter for line in fitted] == [4, 4]
    for line, (start_ms, bpm) in zip(fitted, lines, strict=True):
        assert phase_error_ms(line, start_ms, bpm, beats=4) <= 3.0


def test_tokens_decide_the_octave_of_an_activation():
    rng = np.random.default_rng(22)
    activation = activation_of(beats_of(rng, [(300.0, 180.0)], 100e3, 5.0), 100e3, rng)
    assert fit_from_activation(*activation, FRAME_MS)[0].bpm == pytest.approx(180, abs=0.01)
    half_tempo = beats_of(rng, [(300.0, 90.0)], 100e3, 10.0)
    assert fit_from_activation(*activation, FRAME_MS, half_tempo)[0].bpm == pytest.approx(90, abs=0.01)


@pytest.mark.parametrize("frames", [np.zeros(0), np.zeros(1000), np.full(1000, np.nan), np.ones(1000)])
def test_activation_without_peaks_gives_the_default(frames):
    lines = fit_from_activation(frames, frames, FRAME_MS)
    assert [line.bpm for line in lines] == pytest.approx([120.0])
    tokens = beats_of(np.random.default_rng(0), [(0.0, 150.0)], 8000.0, missing=0, extra=0)
    tempi = [line.bpm for line in fit_from_activation(frames, frames, FRAME_MS, tokens)]
    assert len(tempi) == 1
    assert len(frames) == 0 or tempi == pytest.approx([150.0], abs=1.5)


def beat_errors_ms(lines, true_ms):
    starts_ms = np.array([line.time_ms for line in lines])
    active = [lines[max(0, np.searchsorted(starts_ms, time_ms + 1, side="right") - 1)] for time_ms in true_ms]
    return np.array([phase_error_ms(line, t, line.bpm) for line, t in zip(active, true_ms, strict=True)])


@pytest.mark.parametrize(
    ("first_bpm", "last_bpm", "length", "rest"), [(120, 150, 32, 4), (170, 140, 48, 8), (110, 128, 16, 0)]
)
def test_ramp_is_followed_beat_by_beat(first_bpm, last_bpm, length, rest):
    rng = np.random.default_rng(length)
    bpms = np.concatenate([np.full(60, first_bpm), np.linspace(first_bpm, last_bpm, length), np.full(60, last_bpm)])
    true_ms = steady_tempo_ms(bpms)
    heard_ms = true_ms + rng.normal(0, 4, len(true_ms))
    numbers = np.delete(np.arange(len(true_ms)), 60 + length // 2 + np.arange(rest))  # a rest amid the ramp
    lines = fit_red_lines(unmarked(heard_ms[numbers], numbers % 4 == 0), 200e3)
    assert np.percentile(beat_errors_ms(lines, true_ms), 95) <= 10
    assert lines[0].bpm == pytest.approx(first_bpm, abs=0.1)
    assert lines[-1].bpm == pytest.approx(last_bpm, abs=0.5)
    assert len(lines) < length


def test_sections_of_sixteen_beats_are_told_apart():
    bpms = [140.0, 120.0, 150.0, 128.0, 160.0, 140.0]
    starts_ms = 500 + np.concatenate([[0.0], np.cumsum([16 * 60_000 / bpm for bpm in bpms])])
    beats = beats_of(np.random.default_rng(2), list(zip(starts_ms, bpms, strict=False)), starts_ms[-1], 3.0, 0.02, 0.02)
    lines = fit_red_lines(without_points(beats), starts_ms[-1])
    assert [line.bpm for line in lines] == pytest.approx(bpms, abs=0.05)
    assert [line.time_ms for line in lines] == pytest.approx(starts_ms[:-1], abs=5)


@pytest.mark.parametrize(("share", "bpm"), [(0.2, 90), (0.8, 180)])
def test_beats_between_beats_count_as_far_as_passes_heard_them(share, bpm):
    times_ms = 300 + np.arange(240) * 60_000 / 180
    weights = np.where(np.arange(240) % 2, share, 1.0)
    beats = unmarked(times_ms, np.arange(240) % 8 == 0, weights=weights)
    assert [line.bpm for line in fit_red_lines(beats, 90e3)] == pytest.approx([bpm])


def test_downbeats_may_be_shares_of_votes():
    numbers = np.arange(200)
    shares = np.where(numbers % 4 == 1, 0.4, 0.2)
    beats = unmarked(1000 + numbers * 500.0, shares)
    assert [(line.time_ms, line.meter) for line in fit_red_lines(beats, 110e3)] == [(1500, 4)]


def test_a_line_off_the_bar_does_not_change_the_meter():
    """A short stretch whose few downbeats are marked on another beat than its first."""
    first = 500 + np.arange(160) * 60_000 / 150
    second = 500 + 160 * 60_000 / 150 + np.arange(20) * 60_000 / 120
    is_measure = np.concatenate([np.arange(160) % 4 == 0, np.arange(20) % 4 == 2])
    lines = fit_red_lines(unmarked(np.concatenate([first, second]), is_measure), 80e3)
    assert lines[1].bpm == pytest.approx(120)
    assert lines[-1].meter == 4


def test_sections_are_counted_in_the_octave_of_the_song_where_listeners_disagree():
    first = 500 + np.arange(160) * 60_000 / 160
    second = first[-1] + 375 + np.arange(80) * 60_000 / 270  # at 135, or twice as fast
    times_ms, none = np.concatenate([first, second]), np.zeros(240, bool)
    for share, bpm in ((0.7, 135), (1.0, 270)):
        weights = np.concatenate([np.ones(160), np.where(np.arange(80) % 2, share, 1.0)])
        lines = fit_red_lines(Beats(times_ms, none, none, weights=weights), 90e3)
        assert [line.bpm for line in lines] == pytest.approx([160, bpm])


def test_a_ramp_that_ends_between_the_beats_goes_on_with_them():
    bpms = np.concatenate([np.full(80, 150.0), np.linspace(150, 130, 40), np.full(40, 130.0)])
    true_ms = steady_tempo_ms(bpms)
    heard_ms = true_ms + np.where(np.arange(160) >= 122, 30_000 / 130, 0.0)
    lines = fit_red_lines(unmarked(heard_ms, np.arange(160) % 4 == 0), 90e3)
    assert np.percentile(beat_errors_ms(lines, true_ms), 95) <= 10
