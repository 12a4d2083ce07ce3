"""Tiny models in front of a song of noise, one with every context as an input, and a chart for it."""

from dataclasses import replace

import numpy as np
import torch

from osuT5.generation.window_schedule import SongGenerator
from osuT5.model.seq2seq import MapperModel
from osuT5.tokens.contract import Contract, mini_spec, output_ranges
from osuT5.tokens.events import ContextKind
from osuT5.training.architectures import mini_config

SONG_MS = 20_000.0
SIZES = {"d_model": 32, "encoder_layers": 1, "decoder_layers": 1, "encoder_heads": 2, "decoder_heads": 2}
SIZES |= {"encoder_ffn_dim": 32, "decoder_ffn_dim": 32, "pointer_dim": 8}


def contexts_spec(volumes: bool = False) -> Contract:
    """The contract of the embedded model with NO_HS and GD."""
    spec = mini_spec()
    contexts = dict.fromkeys((*spec.vocabulary.contexts, ContextKind.NO_HS, ContextKind.GD))
    encoding = replace(spec.encoding, volumes=volumes)
    ranges = output_ranges(encoding, spec.grid)
    return replace(
        spec, encoding=encoding, vocabulary=replace(spec.vocabulary, output_ranges=ranges, contexts=tuple(contexts))
    )


def song_writer(spec: Contract, song_ms: float = SONG_MS, **sizes) -> SongGenerator:
    """A seeded random model in front of noise."""
    torch.manual_seed(0)
    model = MapperModel(mini_config(spec, **SIZES | sizes)).eval()
    mel = np.random.default_rng(0).random((int(song_ms / 8) + 1, spec.spectrogram.n_mels), dtype=np.float32)
    return SongGenerator(model, spec, mel, song_ms)
