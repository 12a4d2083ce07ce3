"""Tiny models in front of a song of noise, one with every context as an input, and a chart for it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch

from osu_beatmap.beatmap import (
    Beatmap,
    Circle,
    CurveKind,
    Difficulty,
    GameMode,
    HitSound,
    HoldNote,
    PathSegment,
    Slider,
    SliderEdge,
    Spinner,
    TimingPoint,
)
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


def finished_map(mode: GameMode) -> Beatmap:
    """Every kind of object of a mode, with kiai, on a velocity that changes."""
    beat_ms = 400.0
    objects = []
    for number, time_ms in enumerate(np.arange(1_000.0, SONG_MS - 3_000, 2 * beat_ms)):
        x, sound = 64.0 + 128 * (number % 4), HitSound.CLAP * (number % 2)
        if mode is GameMode.MANIA and number % 3 == 2:
            objects.append(HoldNote(time_ms, x, 192, hitsound=sound, end_ms=time_ms + beat_ms))
        elif mode is not GameMode.MANIA and number % 3 == 2:
            path = [PathSegment(CurveKind.LINEAR, [(x, 192.0), (x, 262.0)])]
            edges = [SliderEdge(sound), SliderEdge(), SliderEdge()]
            objects.append(Slider(time_ms, x, 192, True, segments=path, slides=2, length_px=70.0, edges=edges))
        else:
            objects.append(Circle(time_ms, x, 192, hitsound=sound))
    if mode is not GameMode.MANIA:
        objects.append(Spinner(SONG_MS - 2_000, 256, 192, end_ms=SONG_MS - 1_000))
    lines = [
        TimingPoint(200.0, beat_ms, volume=60),
        TimingPoint(5_000.0, -50.0, volume=70, uninherited=False, effects=1),
        TimingPoint(9_800.0, -100.0, volume=60, uninherited=False),
    ]
    return Beatmap(mode=mode, difficulty=Difficulty(circle_size=4.0), timing_points=lines, hit_objects=objects)
