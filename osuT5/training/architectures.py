"""Architectures of new weights: bundled, or of a published generation.

The published ones are built from their numbers alone (sizes, spectrogram, vocabulary). A model trained from random
weights thus has the ids and the form of a downloaded one, and the original can run it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from math import prod
from typing import Any

from osuT5.model.config import ModelConfig
from osuT5.model.files.families import V28, V29, V32, Family, published_contract
from osuT5.model.files.network_sizes import CONV_KERNELS, CONV_STRIDES
from osuT5.model.spectrogram import SpectrogramSpec
from osuT5.tokens.class_tables import NO_TABLES, ClassTables
from osuT5.tokens.conditions import ALWAYS_KNOWN, CONDITIONS, TABLE_KINDS
from osuT5.tokens.contract import Contract, mini_spec, output_ranges
from osuT5.tokens.encoding_spec import EncodingSpec
from osuT5.tokens.events import ContextKind, EventKind
from osuT5.tokens.vocabulary import EventRange, Vocabulary
from osuT5.tokens.windows import WindowGrid

PUBLISHED_INPUTS = (
    EventKind.GAMEMODE,
    EventKind.DIFFICULTY,
    EventKind.MAPPER,
    EventKind.CIRCLE_SIZE,
    EventKind.YEAR,
    EventKind.HITSOUNDED,
    EventKind.SONG_LENGTH,
    EventKind.SONG_POSITION,
    EventKind.DESCRIPTOR,
    EventKind.KEY_COUNT,
    EventKind.HOLD_NOTE_RATIO,
    EventKind.SCROLL_SPEED_RATIO,
    EventKind.GLOBAL_SV,
)
"""Ranges that only a prompt can hold, in the order of every published vocabulary from V28 to V32."""

V29_CONTEXTS = tuple(ContextKind)
V32_CONTEXTS = (ContextKind.TIMING, ContextKind.MAP, ContextKind.SV)
V32_ENCODING = EncodingSpec(types_first=False, slider_layout=2, sustain_ms=8000, distances=False, position_refine_px=2)

V29_SPECTROGRAM = SpectrogramSpec(n_mels=388, f_min=0, scale="linear", gain=1.0, filter_bank="slaney")
V32_SPECTROGRAM = SpectrogramSpec(n_mels=128, f_min=20, scale="log1p", gain=1.0, pad_mode="reflect")

BASE, SMALL = (512, 6), (768, 12)
"""Width and layers of Whisper's sizes."""


@dataclass(frozen=True)
class Architecture:
    """Architecture of new weights.

    `spec` makes the contract for tables of mappers and descriptors; `network` holds sizes that differ from `mini`.
    """

    spec: Callable[..., Contract]
    network: Mapping[str, Any] = field(default_factory=dict)

    def config(self, spec: Contract, sizes: Mapping[str, Any]) -> ModelConfig:
        """Return the network sizes for a contract; `sizes` overrides some.

        Raises ValueError if they do not fit.
        """
        return ModelConfig(**{**_sizes_of(spec, self.network), **self.network, **sizes})


def _sizes_of(spec: Contract, network: Mapping[str, Any]) -> dict[str, Any]:
    """Return the sizes of a network that a contract determines."""
    time_ids = spec.vocabulary.ids_of(EventKind.TIME)
    return {
        "max_source_positions": spec.grid.frames // prod(network.get("conv_strides", ModelConfig.conv_strides)),
        "n_mels": spec.spectrogram.n_mels,
        "ms_per_frame": spec.grid.frame_ms,
        "vocab_size_in": spec.vocabulary.size_in,
        "vocab_size_out": spec.vocabulary.size_out,
        "time_token_start": time_ids.start,
        "time_token_count": len(time_ids),
        "time_step_ms": float(spec.grid.time_step_ms),
        "audio_lead_ms": spec.audio_lead_ms,
    }


def mini_config(spec: Contract, **sizes) -> ModelConfig:
    """Return the network sizes of the bundled model for a contract."""
    return ARCHITECTURES["mini"].config(spec, sizes)


def _published_network(
    layer_kind: str, d_model: int, layers: int, max_target_positions: int, input_projection: bool
) -> dict[str, Any]:
    """Return sizes of a network, as of Whisper's base or small.

    Base is 512 wide, small 768; their heads are 64 wide.
    """
    sides = {"layers": layers, "heads": d_model // 64, "ffn_dim": 4 * d_model}
    return {
        "layer_kind": layer_kind,
        "d_model": d_model,
        **{f"{side}_{name}": size for name, size in sides.items() for side in ("encoder", "decoder")},
        "input_projection": input_projection,
        "conv_strides": CONV_STRIDES,
        "conv_kernels": CONV_KERNELS,
        "max_target_positions": max_target_positions,
        "frame_heads": (),
        "pointer": False,
    }


def _published_contract(
    name: str,
    family: Family,
    contexts: tuple[ContextKind, ...],
    spectrogram: SpectrogramSpec,
    frames: int,
) -> Callable[..., Contract]:
    grid = WindowGrid(frames=frames)

    def contract(tables: ClassTables = NO_TABLES) -> Contract:
        vocabulary = Vocabulary(
            output_ranges=output_ranges(family.encoding, grid, kiai=ContextKind.KIAI in contexts),
            input_ranges=tuple(_input_range(kind, tables) for kind in PUBLISHED_INPUTS),
            contexts=contexts,
        )
        return published_contract(name, family, grid, spectrogram, vocabulary, tables)

    return contract


def _input_range(kind: EventKind, tables: ClassTables) -> EventRange:
    if kind in TABLE_KINDS:
        table = tables.mapper_index if kind is EventKind.MAPPER else tables.descriptor_index
        return EventRange(kind, 0, max(table.values(), default=-1) + 1)
    condition = CONDITIONS[kind]
    may_be_unknown = condition.otherwise is None and kind not in ALWAYS_KNOWN
    return condition.event_range if may_be_unknown else EventRange(kind, condition.low, condition.high)


_V28_NETWORK, _V29_NETWORK = (_published_network("whisper", *size, 2048, True) for size in (BASE, SMALL))
_V32_MINI_NETWORK, _V32_NETWORK = (_published_network("rotary_fused", *size, 2560, False) for size in (BASE, SMALL))
_V32_FAMILY = replace(V32, encoding=V32_ENCODING)

ARCHITECTURES = {
    "mini": Architecture(lambda tables=NO_TABLES: mini_spec()),
    "v28": Architecture(_published_contract("v28", V28, V29_CONTEXTS, V29_SPECTROGRAM, 1024), _V28_NETWORK),
    "v29": Architecture(_published_contract("v29", V29, V29_CONTEXTS, V29_SPECTROGRAM, 1024), _V29_NETWORK),
    "v32": Architecture(_published_contract("v32", _V32_FAMILY, V32_CONTEXTS, V32_SPECTROGRAM, 2048), _V32_NETWORK),
    "v32-mini": Architecture(
        _published_contract("v32-mini", _V32_FAMILY, V32_CONTEXTS, V32_SPECTROGRAM, 2048), _V32_MINI_NETWORK
    ),
}
"""Architectures by name. V30 and V31 listen with conditions beside the audio, which training does not give them yet."""
