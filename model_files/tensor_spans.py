"""A tensor that still lies in its file: where, of which type and shape.

Every format of weights is read as such spans first. Weights are then read one tensor at a time, so that what a model
takes in memory is what it weighs in the precision asked for, whatever precision the file has.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from pathlib import Path

import torch
from torch import Tensor

from model_files.errors import ModelError

PIECE_ELEMENTS = 1 << 18
"""So many are converted at a time."""


@dataclass(frozen=True)
class TensorSpan:
    """`start_byte` counts from the beginning of the file; `strides` are in elements, None where rows follow rows."""

    path: Path
    start_byte: int
    dtype: torch.dtype
    shape: tuple[int, ...]
    strides: tuple[int, ...] | None = None

    @property
    def stored_elements(self) -> int:
        """Elements from the first to the last of the tensor, in the file."""
        if 0 in self.shape:
            return 0
        if self.strides is None:
            return prod(self.shape)
        return 1 + sum((size - 1) * stride for size, stride in zip(self.shape, self.strides, strict=True))

    @property
    def stored_bytes(self) -> int:
        return self.stored_elements * self.dtype.itemsize

    def read(self, dtype: torch.dtype | None = None) -> Tensor:
        """The tensor, on the CPU; a `dtype` converts floating-point ones. Raises ModelError for a truncated file."""
        wanted = dtype if dtype is not None and self.dtype.is_floating_point else self.dtype
        flat = torch.empty(self.stored_elements, dtype=wanted)
        self._fill(flat)
        try:
            if self.strides is None:
                return flat.view(self.shape)
            return flat.as_strided(self.shape, self.strides).contiguous()
        except (RuntimeError, OverflowError, TypeError, ValueError) as error:
            # An empty tensor may claim any size along its other axes.
            raise ModelError(f"{self.path} holds a tensor of impossible shape.") from error

    def _fill(self, flat: Tensor) -> None:
        """Reads piece by piece where it converts: tensors in the file's precision would leave holes in the heap that
        stay with the process.
        """
        converts = flat.dtype != self.dtype
        piece = torch.empty(min(PIECE_ELEMENTS, len(flat)), dtype=self.dtype) if converts else flat
        try:
            with self.path.open("rb") as file:
                file.seek(self.start_byte)
                for begin in range(0, len(flat), max(1, len(piece))):
                    place = flat[begin : begin + len(piece)]
                    stored = piece[: len(place)]
                    content = memoryview(stored.view(torch.uint8).numpy())  # as bytes: numpy has no bfloat16
                    if file.readinto(content) != len(content):
                        raise ModelError(f"{self.path} is truncated.")
                    if converts:
                        place.copy_(stored)
        except OSError as error:
            raise ModelError(f"{self.path} cannot be read ({error.strerror or error}).") from error
