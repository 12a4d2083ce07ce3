"""Whole readings by tiny random models, in our encoding and in those of the published models."""

import numpy as np
import pytest

from modding.aspects import Aspect
from modding.observation.surprisal import SongReader
from modding.suggestion_builder import suggestions_of
from modding.thresholds import ThresholdTable
from osu_beatmap.beatmap import GameMode, HoldNote, Spinner
from osu_beatmap.timing.edits import set_kiai, with_sv_changes
from osuT5.generation.window_schedule import SongGenerator
from tests.support.review_maps import regular_map, slider
from tests.support.tiny_song import network, tiny_spec

SONG_MS = 16_000.0


@pytest.fixture(scope="module", params=["mini", "v29", "v30", "v32"])
def reader(request) -> SongReader:
    spec = tiny_spec(request.param)
    model = network(spec, request.param, room=768)
    frames = int(SONG_MS / spec.grid.frame_ms) + 1
    mel = np.random.default_rng(0).random((frames, spec.spectrogram.n_mels), dtype=np.float32)
    samples = np.random.default_rng(1).normal(0, 0.1, int(16 * SONG_MS)).astype(np.float32)
    writer = SongGenerator(model, spec, mel, SONG_MS, samples=samples)
    return SongReader(writer.audio, writer=writer)


def chart(mode: GameMode):
    beatmap = regular_map(mode, beats=34)
    beatmap.timing_points = set_kiai(beatmap.timing_points, [(5_000.0, 8_200.0)])
    beatmap.timing_points = with_sv_changes(beatmap.timing_points, [(5_000.0, 1.5), (9_000.0, 1.0)])
    objects = beatmap.hit_objects
    if mode is GameMode.MANIA:
        objects[8] = HoldNote(objects[8].time_ms, 64.0, 192.0, end_ms=objects[8].time_ms + 300.0)
    else:
        objects[8] = slider(objects[8].time_ms, 70.0, slides=2)
        objects[20] = Spinner(objects[20].time_ms, 256.0, 192.0, end_ms=objects[20].time_ms + 300.0)
    return beatmap


@pytest.mark.parametrize("mode", list(GameMode))
def test_every_mode_is_read_and_every_observation_can_be_said(reader, mode):
    beatmap = chart(mode)
    observed = reader.observe(beatmap)
    rhythms = {each.obj for each in observed if each.aspect is Aspect.RHYTHM}
    assert rhythms == set(range(len(beatmap.hit_objects)))
    assert all(np.isfinite(each.surprise.bits) and each.surprise.bits > -0.01 for each in observed)
    aspects = {each.aspect for each in observed}
    felt = {
        GameMode.STANDARD: {Aspect.POSITION, Aspect.COMBO, Aspect.SHAPE, Aspect.REPEATS, Aspect.ADDITIONS},
        GameMode.TAIKO: {Aspect.COLOUR, Aspect.LENGTH},
        GameMode.CATCH: {Aspect.POSITION, Aspect.COMBO, Aspect.ANCHORS},
        GameMode.MANIA: {Aspect.COLUMN, Aspect.LENGTH, Aspect.SCROLL},
    }
    assert felt[mode] <= aspects
    said = suggestions_of(beatmap, observed, ThresholdTable(), SONG_MS, 3.0, min_surprisal=0.0)
    assert said
    assert all(each.message.endswith(".") and "{" not in each.message for each in said)


def test_a_map_without_a_tempo_cannot_be_read(reader):
    beatmap = regular_map(beats=5)
    beatmap.timing_points = []
    with pytest.raises(ValueError, match="red"):
        reader.observe(beatmap)
