"""Fast and plain ways write the same tokens: contexts and charts side by side, and one after the other."""

from __future__ import annotations

import copy
from dataclasses import replace

import numpy as np
import pytest
import torch
from published_bundles import published_config, published_spec

from osu_beatmap.attributes import Attributes
from osu_beatmap.model import GameMode
from osuT5.events import ContextKind
from osuT5.generation.sampling import Sampling
from osuT5.generation.schedule import ChartInProgress, SongWriter
from osuT5.generation.side_by_side import WriterGroup
from osuT5.model.generating import prepare_to_generate
from osuT5.model.seq2seq import MapperModel
from osuT5.spec import ModelSpec, mini_spec
from osuT5.training.architectures import mini_config

SONG_WINDOWS = 1.5
ROOM = 90
"""Tokens of a row: a random model writes until there is no room left."""

HOT = Sampling(temperature=1.4, time_threshold=0.0, context_temperatures={}, kind_temperatures={})
"""A random model's likeliest tokens are soon all alike: only drawn ones show whether scores are the same."""

GREEDY = Sampling(temperature=0.0)
MODES = (GameMode.STANDARD, GameMode.MANIA, GameMode.TAIKO)
TINY = {"d_model": 32, "encoder_layers": 1, "decoder_layers": 2, "encoder_heads": 2, "decoder_heads": 2}
TINY |= {"encoder_ffn_dim": 32, "decoder_ffn_dim": 32, "pointer_dim": 8, "chart_onset_dim": 8, "init_std": 0.1}


def network(spec: ModelSpec, version: str) -> MapperModel:
    torch.manual_seed(0)
    config = mini_config(spec, **TINY) if version == "mini" else published_config(version, spec)
    config.max_target_positions = ROOM
    return MapperModel(config).eval()


@pytest.fixture(scope="module", params=["mini", "v29", "v31", "v32"])
def writers(request) -> tuple[SongWriter, SongWriter]:
    """One with a plain model, and one whose model was made ready to generate."""
    version = request.param
    spec = mini_spec() if version == "mini" else published_spec(version)
    plain = network(spec, version)
    song_ms = SONG_WINDOWS * spec.grid.window_ms
    frames = int(song_ms / spec.grid.frame_ms) + 1
    mel = np.random.default_rng(0).random((frames, spec.spectrogram.n_mels), dtype=np.float32)
    both = (plain, prepare_to_generate(copy.deepcopy(plain)))
    return tuple(SongWriter(model, spec, mel, song_ms, lookahead=0.3) for model in both)


def charts(negative: Attributes | None = None) -> list[ChartInProgress]:
    wishes = [Attributes(mode, difficulty=2.0 + index) for index, mode in enumerate(MODES)]
    return [ChartInProgress(wish, seed, negative=negative) for seed, wish in enumerate(wishes)]


def filled_in(writer: SongWriter, sampling: Sampling, made: list[ChartInProgress]) -> list[dict]:
    contexts = dict.fromkeys(c for chart in made for c in writer.spec.contexts_of(chart.attributes.mode))
    wanted = [(c, chart) for c in contexts for chart in made if c in writer.spec.contexts_of(chart.attributes.mode)]
    writer.fill_in(wanted, sampling)
    return [chart.contexts for chart in made]


@pytest.mark.parametrize("sampling", [HOT, GREEDY, Sampling()], ids=["drawn", "greedy", "as users have it"])
def test_both_ways_write_the_same(writers, sampling):
    plain, fast = (filled_in(writer, sampling, charts()) for writer in writers)
    assert plain == fast
    assert any(groups for contexts in plain for groups in contexts.values())


def test_guided_rows_are_the_same(writers):
    guided, negative = replace(HOT, guidance_scale=12.0), Attributes(GameMode.STANDARD, difficulty=8.0)
    first, second = (filled_in(writer, guided, charts(negative)[:1]) for writer in writers)
    assert first == second
    unguided = filled_in(writers[1], HOT, charts()[:1])
    assert first != unguided


def test_a_chart_is_written_as_if_it_were_alone(writers):
    _, fast = writers
    together = filled_in(fast, HOT, charts())
    assert together == [filled_in(fast, HOT, [chart])[0] for chart in charts()]


def test_a_context_alone_leaves_the_chart_as_it_was(writers):
    _, fast = writers
    (chart, *_) = charts()
    context = fast.spec.contexts_of(chart.attributes.mode)[0]
    (groups,) = fast.write_context(context, [chart], HOT)
    assert chart.contexts == {}
    assert groups == filled_in(fast, HOT, [replace(chart, contexts={})])[0][context]


def test_a_later_context_is_behind_by_what_it_can_see(writers):
    _, fast = writers
    if len(fast.spec.contexts_of(GameMode.STANDARD)) == 1:
        pytest.skip("a model with one context")
    (chart, *_) = charts()
    wanted = [(ContextKind.TIMING, chart), (ContextKind.MAP, chart)]
    group = WriterGroup(fast, wanted, fast._choice(HOT, []), {context: None for context, _ in wanted})
    beats, objects = group.writers
    window = fast.windows[0]
    seen = [each for each in fast.windows if fast.first_ms(each) < window.start_ms + fast.spec.grid.window_ms]
    assert 1 < len(seen) < len(fast.windows)
    assert objects.ask() is None
    beats.index = len(seen)
    assert objects.ask() is not None
    beats.index = group.lead + 1
    assert beats.ask() is None, "nobody runs away: what a window sounds like is kept until all have heard it"
