"""Batches on a device."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from typing import TypeVar

import torch
from torch import Tensor

Batch = TypeVar("Batch")


def move_batch(batch: Batch, device: torch.device | str) -> Batch:
    """Return a batch with its tensors on a device.

    These are the tensors of a dataclass and of the dataclasses in it.
    """
    changes = {}
    for field in fields(batch):  # type: ignore[arg-type]
        value = getattr(batch, field.name)
        if isinstance(value, Tensor):
            changes[field.name] = value.to(device, non_blocking=True)
        elif is_dataclass(value):
            changes[field.name] = move_batch(value, device)
    return replace(batch, **changes)  # type: ignore[type-var]
