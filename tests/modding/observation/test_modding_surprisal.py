"""Whole readings by tiny random models, in our encoding and in those of the published models."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from modding.aspects import Aspect
from modding.observation.surprisal import SongReader
from modding.suggestion_builder import suggestions_of
from modding.thresholds import ThresholdTable
from osu_beatmap.beatmap import GameMode, HoldNote, Spinner
from osu_beatmap.timing.edits import set_kiai, with_sv_changes
from osuT5.generation.window_schedule import SongGenerator
from osuT5.model.files.families import V29, V30, V32
from osuT5.model.seq2seq import MapperModel
from osuT5.tokens.contract import Contract, mini_spec, output_ranges
from osuT5.tokens.encoding_spec import EncodingSpec
from osuT5.tokens.vocabulary import Vocabulary
from osuT5.training.architectures import mini_config
from tests.support.review_maps import regular_map, slider

SONG_MS = 16_000.0
SIZES = {"d_model": 32, "encoder_layers": 1, "decoder_layers": 1, "encoder_heads": 2, "decoder_heads": 2}
SIZES |= {"encoder_ffn_dim": 32, "decoder_ffn_dim": 32, "pointer_dim": 8, "max_target_positions": 768}


def spec_with(encoding: EncodingSpec, has_contexts: bool = True) -> Contract:
    mini = mini_spec()
    contexts = mini.vocabulary.contexts if has_contexts else ()
    vocabulary = Vocabulary(output_ranges(encoding, mini.grid), mini.vocabulary.input_ranges, contexts)
    return replace(mini, encoding=encoding, vocabulary=vocabulary, marks_empty_input=has_contexts)


SPECS = {
    "mini": mini_spec(),
    "v29": spec_with(V29.encoding),
    "v30": spec_with(replace(V30.encoding, positions_split=True, position_cell_px=4), has_contexts=False),
    "v32": spec_with(replace(V32.encoding, position_refine_px=2)),
}


@pytest.fixture(scope="module", params=SPECS)
def reader(request) -> SongReader:
    spec = SPECS[request.param]
    torch.manual_seed(0)
    model = MapperModel(mini_config(spec, **SIZES)).eval()
    mel = np.random.default_rng(0).random((int(SONG_MS / 8) + 1, spec.spectrogram.n_mels), dtype=np.float32)
    return SongReader(SongGenerator(model, spec, mel, SONG_MS))


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
