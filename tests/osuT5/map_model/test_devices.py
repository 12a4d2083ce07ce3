"""Losses of the parts have all of their tensors on one device."""

from __future__ import annotations

import torch

from osu_beatmap.beatmap import GameMode
from osuT5.beats.network import BeatNetwork
from osuT5.beats.sampling import BeatSampler, BeatSamplingOptions
from osuT5.beats.training import BeatTask, with_beats
from osuT5.objects.batches import PassageSampler, SamplingOptions
from osuT5.objects.model.network import ObjectNetwork
from osuT5.rhythm.axis import song_axes
from osuT5.rhythm.network import RhythmNetwork
from osuT5.rhythm.sampling import BatchSampler
from osuT5.rhythm.sampling import SamplingOptions as RhythmSampling
from osuT5.rhythm.training import RhythmTask
from tests.osuT5.beats import beat_songs
from tests.osuT5.objects import object_maps
from tests.osuT5.rhythm import rhythm_songs
from tests.support.on_one_device import OnOneDevice
from training.devices import move_batch


def test_a_rhythm_step() -> None:
    sizes = rhythm_songs.SMALL
    axes = song_axes(rhythm_songs.make_song())
    task = RhythmTask(BatchSampler(axes, RhythmSampling(songs=2, charts=1), sizes.window_beats, 1), axes)
    network = RhythmNetwork(sizes).to("meta")
    batch = move_batch(task.batch(0), "meta")
    with OnOneDevice("meta"):
        loss, _ = task.loss(network, batch, 0)
        loss.backward()
    assert loss.device.type == "meta"


def test_a_beat_step() -> None:
    network = BeatNetwork(beat_songs.SMALL).to("meta")
    songs = list(with_beats([beat_songs.make_song()]))
    task = BeatTask(BeatSampler(songs, BeatSamplingOptions(), 1), songs)
    batch = move_batch(task.batch(0), "meta")
    with OnOneDevice("meta"):
        loss, _ = task.loss(network, batch, 0)
        loss.backward()
    assert loss.device.type == "meta"


def test_states_of_objects() -> None:
    sizes = object_maps.SMALL
    song = object_maps.make_object_song(object_maps.make_map(), object_maps.make_map(GameMode.MANIA))
    batch = move_batch(PassageSampler([song], SamplingOptions(rows=3), sizes, 1).batch(0), "meta")
    network = ObjectNetwork(sizes).to("meta")
    with OnOneDevice("meta"), torch.no_grad():
        beats, conditions = network.encode(batch.beats)
        states = network.decode(beats, conditions, batch.objects, batch.fields_before, batch.columns_before)
        columns, durations = network.columns(states, batch.known_columns, 4)
    assert {each.device.type for each in (states, columns, durations)} == {"meta"}
