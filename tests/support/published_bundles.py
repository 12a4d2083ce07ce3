"""Tiny bundles with random weights, in the form in which models are published."""

from dataclasses import replace
from pathlib import Path

import torch
from safetensors.torch import save_file

from osuT5.model.config import ModelConfig
from osuT5.model.files.bundle_writer import published_tensors, write_bundle_json
from osuT5.model.files.families import V29, V30, V31, V32, Family, published_contract
from osuT5.model.seq2seq import MapperModel
from osuT5.model.spectrogram import SpectrogramSpec
from osuT5.tokens.conditions import CONDITIONS
from osuT5.tokens.contract import Contract, output_ranges
from osuT5.tokens.events import ContextKind, EventKind
from osuT5.tokens.vocabulary import Vocabulary
from osuT5.tokens.windows import WindowGrid

CONTEXTS = (ContextKind.NONE, ContextKind.TIMING, ContextKind.KIAI, ContextKind.MAP, ContextKind.SV)
SPLIT = {"positions_split": True, "position_cell_px": 4}

FAMILIES: dict[str, tuple[Family, tuple[ContextKind, ...], str]] = {
    "v29": (V29, CONTEXTS, "whisper"),
    "v30": (replace(V30, encoding=replace(V30.encoding, **SPLIT)), (), "rotary"),
    "v31": (replace(V31, encoding=replace(V31.encoding, **SPLIT)), CONTEXTS, "rotary"),
    "v32": (
        replace(V32, encoding=replace(V32.encoding, distances=False, position_refine_px=2)),
        (ContextKind.TIMING, ContextKind.MAP, ContextKind.SV),
        "rotary_fused",
    ),
}
CONDITIONED_AUDIO = ("difficulty", "mapper", "song_position")


def published_spec(version: str) -> Contract:
    """Windows of about four seconds."""
    family, contexts, _ = FAMILIES[version]
    grid = WindowGrid(frames=512)
    kinds = [EventKind.GAMEMODE, EventKind.DIFFICULTY, EventKind.SONG_LENGTH, EventKind.KEY_COUNT] if contexts else []
    inputs = tuple(CONDITIONS[kind].event_range for kind in kinds)
    ranges = output_ranges(family.encoding, grid)
    if not family.encoding.timing_points:
        ranges = tuple(each for each in ranges if each.kind is not EventKind.TIMING_POINT)
    vocabulary = Vocabulary(ranges, inputs, contexts)
    spectrogram = SpectrogramSpec(n_mels=16, scale="linear", gain=1.0, filter_bank="slaney")
    return published_contract(version, family, grid, spectrogram, vocabulary)


def published_config(version: str, spec: Contract) -> ModelConfig:
    _, _, layer_kind = FAMILIES[version]
    times = spec.vocabulary.ids_of(EventKind.TIME)
    return ModelConfig(
        d_model=32,
        encoder_layers=1,
        decoder_layers=1,
        encoder_heads=2,
        decoder_heads=2,
        encoder_ffn_dim=32,
        decoder_ffn_dim=32,
        layer_kind=layer_kind,
        n_mels=spec.spectrogram.n_mels,
        input_projection=True,
        conv_strides=(1, 2),
        conv_kernels=(3, 3),
        ms_per_frame=spec.grid.frame_ms,
        max_source_positions=spec.grid.frames // 2,
        max_target_positions=640,
        vocab_size_in=spec.vocabulary.size_in,
        vocab_size_out=spec.vocabulary.size_out,
        time_token_start=times.start,
        time_token_count=len(times),
        audio_conditions=CONDITIONED_AUDIO if layer_kind == "rotary" else (),
        condition_dim=4,
        mapper_count=3,
        frame_heads=(),
        pointer=False,
    )


def write_bundle(folder: Path, version: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    spec = published_spec(version)
    config = published_config(version, spec)
    write_bundle_json(folder, config, spec)
    torch.manual_seed(0)
    state = MapperModel(config).state_dict()
    tensors = {name: tensor.contiguous() for name, tensor in published_tensors(state.items(), config, spec)}
    save_file(tensors, folder / "model.safetensors", {"format": "pt"})
    return folder
