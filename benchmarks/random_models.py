"""Models with random weights, in the sizes of an architecture."""

from __future__ import annotations

from collections.abc import Mapping

import torch

from osuT5.model.seq2seq import MapperModel
from osuT5.tokens.contract import Contract
from osuT5.training.architectures import ARCHITECTURES


def random_model(architecture: str, sizes: Mapping[str, int] | None = None) -> tuple[MapperModel, Contract]:
    """Make a model, always with the same weights; `sizes` are set instead of those of the architecture."""
    chosen = ARCHITECTURES[architecture]
    spec = chosen.spec()
    torch.manual_seed(0)
    return MapperModel(chosen.config(spec, sizes or {})).eval().requires_grad_(False), spec
