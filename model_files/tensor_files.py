"""Tensors in files of other programs: safetensors, `.bin`, `.pkl`, `.pt`.

A file of `torch.save` is a pickle, and a pickle may call any function. `weights_only` refuses all but tensors and plain
data. Tensors of a safetensors file are read one at a time, so that loading a model needs little memory besides it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch
from safetensors import safe_open
from torch import Tensor

from model_files.errors import ModelError


@dataclass(frozen=True)
class StoredTensor:
    """A tensor in a file.

    Attributes:
        load: Returns the tensor as it is stored.
        is_mapped: Whether that is a view of the file, which changes with it.
    """

    path: Path
    shape: tuple[int, ...]
    load: Callable[[], Tensor]
    is_mapped: bool

    def read(self, dtype: torch.dtype | None = None) -> Tensor:
        """Read the tensor onto the CPU; a `dtype` converts floating-point tensors.

        Raises:
            ModelError: The file has become unreadable since it was opened.
        """
        with _report_errors(self.path):
            stored = self.load()
            wanted = dtype if dtype is not None and stored.is_floating_point() else stored.dtype
            return stored.to(wanted, copy=self.is_mapped).contiguous()


def open_safetensors(path: Path) -> dict[str, StoredTensor]:
    """Open the tensors of a safetensors file by name.

    Raises:
        ModelError: The file is missing, damaged or of another format.
    """
    with _report_errors(path), safe_open(path, "pt") as file:
        # The file is opened again for each tensor: parts of it that were read count as memory while it is open.
        return {
            name: StoredTensor(path, tuple(file.get_slice(name).get_shape()), lambda name=name: _map(path, name), True)
            for name in file.keys()  # noqa: SIM118 (not a dict)
        }


def _map(path: Path, name: str) -> Tensor:
    with safe_open(path, "pt") as file:
        return file.get_tensor(name)


def open_torch_file(path: Path) -> dict[str, StoredTensor]:
    """Open the tensors of a state dict that `torch.save` wrote.

    Raises:
        ModelError: As `read_torch_file`, and for other content.
    """
    state = read_torch_file(path)
    if not isinstance(state, dict) or not state or not all(map(_is_plain_tensor, state.values())):
        raise ModelError(f"{path} is not a state dict of tensors by name.")
    return {name: StoredTensor(path, tuple(tensor.shape), tensor.detach, False) for name, tensor in state.items()}


def _is_plain_tensor(value: object) -> bool:
    return isinstance(value, Tensor) and value.layout is torch.strided and value.device.type == "cpu"


def read_torch_file(path: Path) -> Any:
    """Return what `torch.save` stored: dicts, lists, numbers, text and tensors.

    Raises:
        ModelError: The file contains anything else, or is missing, truncated or of another format.
    """
    with _report_errors(path):
        # Not mapped: a mapping would be held until the last tensor is copied, and count twice in fp32.
        return torch.load(path, map_location="cpu", weights_only=True)


@contextmanager
def _report_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ModelError(f"{path} cannot be read ({error.strerror or error}).") from error
    except UnpicklingError as error:
        raise ModelError(f"{path} is damaged, or contains more than tensors and plain data.") from error
    except Exception as error:  # damaged files make the libraries raise nearly anything
        raise ModelError(f"{path} is damaged, truncated, or not a file of tensors.") from error
