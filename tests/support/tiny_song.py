"""Tiny models with random weights in front of a song of noise, and charts for it."""

import numpy as np
import torch

from osu_beatmap.attributes import Attributes
from osu_beatmap.beatmap import GameMode
from osuT5.generation.chart_state import ChartState
from osuT5.generation.sampling.sampler import Sampling
from osuT5.generation.window_schedule import SongGenerator
from osuT5.model.seq2seq import MapperModel
from osuT5.tokens.contract import Contract, mini_spec
from osuT5.training.architectures import mini_config
from tests.support.published_bundles import published_config, published_spec

SONG_WINDOWS = 1.4
ROOM = 32
"""Tokens of a row: a random model writes until there is no room left."""

HOT = Sampling(temperature=1.4, context_temperatures={}, kind_temperatures={})
"""A random model's likeliest tokens are soon all alike: only drawn ones show whether scores are the same."""

GREEDY = Sampling(temperature=0.0)
MODES = (GameMode.STANDARD, GameMode.MANIA, GameMode.TAIKO)
TINY = {"d_model": 32, "encoder_layers": 1, "decoder_layers": 2, "encoder_heads": 2, "decoder_heads": 2}
TINY |= {"encoder_ffn_dim": 32, "decoder_ffn_dim": 32, "pointer_dim": 8, "chart_onset_dim": 8, "init_std": 0.1}


def network(spec: Contract, version: str, room: int = ROOM) -> MapperModel:
    torch.manual_seed(0)
    config = mini_config(spec, **TINY) if version == "mini" else published_config(version, spec)
    config.max_target_positions = room
    return MapperModel(config).eval()


def tiny_spec(version: str) -> Contract:
    return mini_spec() if version == "mini" else published_spec(version)


def song_of_noise(model: MapperModel, spec: Contract, seed: int = 0) -> SongGenerator:
    song_ms = SONG_WINDOWS * spec.grid.window_ms
    frames = int(song_ms / spec.grid.frame_ms) + 1
    mel = np.random.default_rng(seed).random((frames, spec.spectrogram.n_mels), dtype=np.float32)
    return SongGenerator(model, spec, mel, song_ms, lookback=0.3, lookahead=0.3)


def charts(negative: Attributes | None = None) -> list[ChartState]:
    wishes = [Attributes(mode, difficulty=2.0 + index) for index, mode in enumerate(MODES)]
    return [ChartState(wish, seed, negative=negative) for seed, wish in enumerate(wishes)]


def filled_in(writer: SongGenerator, sampling: Sampling, made: list[ChartState]) -> list[dict]:
    contexts = dict.fromkeys(c for chart in made for c in writer.spec.contexts_of(chart.attributes.mode))
    wanted = [(c, chart) for c in contexts for chart in made if c in writer.spec.contexts_of(chart.attributes.mode)]
    writer.fill_in(wanted, sampling)
    return [chart.contexts for chart in made]
