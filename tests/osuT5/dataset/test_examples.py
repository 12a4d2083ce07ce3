"""Batches from two synthetic songs."""

from dataclasses import fields
from functools import partial
from itertools import pairwise

import numpy as np
import pytest
from training_songs import SPEC, song_of, steady_chart, varied

from osu_beatmap.beatmap import GameMode
from osuT5.audio.mel import window_mel
from osuT5.dataset.batches import BatchPart, join_batches
from osuT5.dataset.examples import ExampleSampler
from osuT5.dataset.frame_targets import BEAT_CHANNEL, frame_targets, onset_targets
from osuT5.dataset.options import AugmentationOptions, BatchOptions
from osuT5.dataset.song_cache import MemorySupply
from osuT5.dataset.training_songs import TrainingSong
from osuT5.tokens.events import ContextKind, EventKind
from osuT5.tokens.vocabulary import IGNORED_LABEL, PAD_ID

OPTIONS = BatchOptions(windows=3, charts_per_window=2, max_tokens=256)


@pytest.fixture
def songs() -> list[TrainingSong]:
    standard, mania = steady_chart(GameMode.STANDARD, 250.0), steady_chart(GameMode.MANIA, 125.0)
    return [song_of(standard, mania), song_of(steady_chart(GameMode.TAIKO, 500.0))]


def sampler(songs, augmentation=None, seed=1) -> ExampleSampler:
    return ExampleSampler(MemorySupply(songs, OPTIONS), SPEC, OPTIONS, augmentation, seed)


def followed(batch) -> np.ndarray:
    """Which labels have a next input: all that are learned, but for the last of a row."""
    return (batch.labels[:, :-1] != IGNORED_LABEL) & (batch.input_ids[:, 1:] != PAD_ID)


@pytest.mark.parametrize("count", [2, 3])
def test_the_parts_of_a_batch_are_the_batch_whatever_their_number(songs, count):
    """However many processes there are, together they train on the same windows."""
    whole = sampler(songs, AugmentationOptions()).batch(5)
    parts = [sampler(songs, AugmentationOptions()).batch(5, BatchPart(index, count)) for index in range(count)]
    together = join_batches(parts)
    assert all(len(part.mel) for part in parts)
    for field in fields(whole):
        assert np.array_equal(getattr(whole, field.name), getattr(together, field.name)), field.name


def test_charts_of_a_song_share_its_window_and_tokens_have_its_times(songs):
    batch = sampler(songs).batch(1)
    assert len(batch.mel) == OPTIONS.windows
    assert set(batch.row_window) == set(range(OPTIONS.windows))
    assert len(batch.row_window) > OPTIONS.windows, "the song with two charts fills two rows"
    (standard, _) = songs[0].charts
    start_ms = 4_000.0
    stream = standard.streams[ContextKind.MAP]
    first_time_id = SPEC.vocabulary.ids_of(EventKind.TIME).start
    ids, is_time = stream.window(start_ms, start_ms + SPEC.grid.window_ms, SPEC.grid, first_time_id)
    expected = [t for t in standard.object_times_ms if start_ms <= t < start_ms + SPEC.grid.window_ms]
    assert ((ids[is_time] - first_time_id) * SPEC.grid.time_step_ms + start_ms).tolist() == expected


def test_music_played_faster_moves_tokens_and_frames_alike(songs):
    speed = 1.25
    (standard, _) = songs[0].charts
    first_time_id = SPEC.vocabulary.ids_of(EventKind.TIME).start
    end_ms = SPEC.grid.window_ms * speed
    ids, is_time = standard.streams[ContextKind.MAP].window(0.0, end_ms, SPEC.grid, first_time_id, speed)
    steps = np.diff(ids[is_time]) * SPEC.grid.time_step_ms
    assert np.allclose(steps, 250.0 / speed, atol=SPEC.grid.time_step_ms)
    fast = window_mel(songs[0].mel, 0, SPEC.grid.frames, speed)
    assert np.allclose(fast[:, 0], np.arange(SPEC.grid.frames) * speed, atol=0.01)


def test_frame_targets_mark_beats_and_only_the_continued_context_is_learned(songs):
    places = {"start_ms": 0.0, "speed": 1.0, "frames": SPEC.grid.frames, "frame_ms": SPEC.grid.frame_ms}
    onsets = partial(onset_targets, **places, audio_lead_ms=24.0)
    targets, known = frame_targets(songs[1], onsets, SPEC.grid.frames)
    beats = np.flatnonzero(targets[:, BEAT_CHANNEL] == 1.0)
    assert beats[:3].tolist() == [3, 66, 128]  # (0, 500, 1000 ms + 24 ms) / 8 ms
    assert known[0].tolist() == [False, True, False, False, True, True]
    batch = sampler(songs, varied(continuation_probability=1.0, gap_probability=0.5)).batch(0)
    marks = [SPEC.vocabulary.context_sos(context) for context in SPEC.vocabulary.contexts]
    for ids, labels in zip(batch.input_ids, batch.labels, strict=True):
        last_mark = max(np.flatnonzero(np.isin(ids, marks)))
        assert (labels[:last_mark] == IGNORED_LABEL).all()


def test_input_times_are_jittered_and_labels_are_not(songs):
    steady = varied(time_jitter_probability=1.0)
    batch = sampler(songs, steady).batch(0)
    time_ids = SPEC.vocabulary.ids_of(EventKind.TIME)
    learned = followed(batch)
    moved = (batch.input_ids[:, 1:] - batch.labels[:, :-1])[learned]
    of_time = np.isin(batch.labels[:, :-1][learned], np.arange(time_ids.start, time_ids.stop))
    assert (moved[~of_time] == 0).all()
    assert np.abs(moved[of_time]).max() <= steady.time_jitter_steps
    assert (moved[of_time] != 0).any()


def learned_map_times(batch, row: int) -> list[int]:
    """Time values of the map context of a row, prefix included."""
    vocabulary = SPEC.vocabulary
    ids = batch.input_ids[row].tolist()
    mark = vocabulary.context_sos(ContextKind.MAP)
    cut_short = (batch.labels[row] == IGNORED_LABEL).all()
    if mark not in ids or vocabulary.context_sos(ContextKind.SV) in ids or cut_short:
        return []
    times = vocabulary.ids_of(EventKind.TIME)
    labels = batch.labels[row].tolist()
    tail = [*ids[ids.index(mark) + 1 :], *labels[-1:]]
    return [token - times.start for token in tail if token in times]


@pytest.mark.parametrize("gap_probability", [0.0, 1.0])
def test_a_continuation_goes_on_where_the_lookback_ends(songs, gap_probability):
    """Charts here have an object at least every 500 ms; a longer pause is a gap, and it must end with the lookback."""
    drawn = sampler(songs, varied(continuation_probability=1.0, gap_probability=gap_probability))
    seen_gap = False
    for step in range(12):
        batch = drawn.batch(step)
        for row in range(len(batch.input_ids)):
            times = learned_map_times(batch, row)
            for before, after in pairwise(times):
                if after - before > 60:
                    seen_gap = True
                    assert before <= 409 <= after <= 470
            assert all(t < 491 for t in times[:-1]), "nothing is asked for after the first time in the lookahead"
    assert seen_gap == (gap_probability == 1.0)
