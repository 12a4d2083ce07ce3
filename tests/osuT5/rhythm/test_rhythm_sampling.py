"""Training batches: repeatable draws, weights of maps, hidden bars and shifted axes."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from rhythm_songs import SMALL, make_chart, make_song

from osu_beatmap.beatmap import GameMode
from osuT5.rhythm.augmentation import AugmentationOptions, augment
from osuT5.rhythm.axis import SongAxis, song_axes
from osuT5.rhythm.conditions import Origin
from osuT5.rhythm.features import BANDS
from osuT5.rhythm.inputs import UNKNOWN_PLACE
from osuT5.rhythm.sampling import GROUP_SHARES, BatchSampler, SamplingOptions, chart_weights

OPTIONS = SamplingOptions(songs=4, charts=2)


@pytest.fixture
def axes() -> list[SongAxis]:
    standard = make_song(*(make_chart(f"standard {stars}", stars=stars) for stars in (2.0, 4.0, 5.0)), name="a")
    mixed = make_song(make_chart("taiko", GameMode.TAIKO), make_chart("standard"), name="b", seed=1)
    converted = make_song(make_chart("tja", GameMode.TAIKO, origin=Origin.TJA), name="c", seed=2)
    return [axis for song in (standard, mixed, converted) for axis in song_axes(song)]


def make_sampler(axes: list[SongAxis], options: SamplingOptions = OPTIONS, has_teachers: bool = False) -> BatchSampler:
    return BatchSampler(axes, options, SMALL.window_beats, seed=1, has_teachers=has_teachers)


def test_the_batch_of_a_step_is_always_the_same_with_few_charts_of_an_axis(axes: list[SongAxis]) -> None:
    first, again, other = (make_sampler(axes).batch(step) for step in (3, 3, 4))
    torch.testing.assert_close(first.songs.features, again.songs.features)
    torch.testing.assert_close(first.objects, again.objects)
    assert first.songs.features.shape != other.songs.features.shape or not torch.equal(
        first.songs.features, other.songs.features
    )
    batch = make_sampler(axes).batch(0)
    counts = torch.bincount(batch.charts.songs, minlength=OPTIONS.songs)
    assert len(counts) == OPTIONS.songs
    assert counts.min() >= 1
    assert counts.max() <= OPTIONS.charts
    assert batch.objects.shape == (len(batch.charts.songs), SMALL.window_beats, 24)


def test_groups_songs_and_easy_charts_have_their_weights(axes: list[SongAxis]) -> None:
    weights = chart_weights(axes)
    total = GROUP_SHARES["standard"] + GROUP_SHARES["taiko"] + GROUP_SHARES["taiko TJA"]
    assert weights.sum() == pytest.approx(1)
    assert weights[:3].sum() == pytest.approx(weights[4]) == pytest.approx(GROUP_SHARES["standard"] / total / 2)
    assert weights[3] == pytest.approx(GROUP_SHARES["taiko"] / total)
    assert weights[0] > weights[1] == pytest.approx(weights[2])


def test_known_bars_are_given_and_shifted_axes_have_none(axes: list[SongAxis]) -> None:
    batch = make_sampler(axes, replace(OPTIONS, shifted_axes=1.0, known_bars=1.0)).batch(0)
    assert (batch.songs.places == UNKNOWN_PLACE).all()
    assert not batch.has_downbeats.any()
    on_beat = batch.objects[:, :, 0].sum()
    assert on_beat == 0 < batch.objects.sum()
    batch = make_sampler(axes, replace(OPTIONS, shifted_axes=0.0, known_bars=1.0)).batch(0)
    torch.testing.assert_close(batch.downbeats, (batch.songs.places == 0).float())
    assert batch.objects[:, :, 0].sum() == batch.objects.sum() > 0


def test_augmentation_keeps_the_shape_and_without_ranges_everything() -> None:
    rng = np.random.default_rng(0)
    features = rng.uniform(0, 9, (300, BANDS)).astype(np.float32)
    for _ in range(20):
        changed = augment(features, features[::-1], AugmentationOptions(), rng)
        assert changed.shape == features.shape
        assert changed.dtype == np.float32
        assert np.isfinite(changed).all()
        assert changed.min() >= 0
    still = AugmentationOptions(gain_db=0, equaliser_db=0, band_shift=0, band_mask=0, time_masks=0)
    features = np.random.default_rng(0).uniform(0, 9, (50, BANDS)).astype(np.float32)
    np.testing.assert_allclose(augment(features, None, still, np.random.default_rng(1)), features, rtol=1e-5)


def test_teachers_read_windows_without_changes(axes: list[SongAxis]) -> None:
    loud = replace(OPTIONS, shifted_axes=0.0, known_bars=0.0, augmentation=AugmentationOptions(gain_db=20.0))
    assert make_sampler(axes, loud).batch(0).clean_songs is None
    batch = make_sampler(axes, loud, has_teachers=True).batch(0)
    assert (batch.songs.places == UNKNOWN_PLACE).all()
    assert (batch.clean_songs.places >= 0).all()
    assert not torch.equal(batch.songs.features, batch.clean_songs.features)
    torch.testing.assert_close(batch.songs.tick_frames, batch.clean_songs.tick_frames)
