"""Trained parameters, and their transfer between files and sharded processes."""

from __future__ import annotations

import torch
from torch import Tensor, nn


def trained_parameters(model: nn.Module) -> dict[str, nn.Parameter]:
    """Return the parameters that are not frozen, by name.

    Frozen ones are never averaged, saved or exported.
    """
    return {name: parameter for name, parameter in model.named_parameters() if parameter.requires_grad}


def whole(tensor: Tensor) -> Tensor:
    """Return a tensor on the CPU, in one piece.

    If processes hold shards of it, all of them have to call this together.
    """
    tensor = tensor.detach()
    return (tensor.full_tensor() if is_sharded(tensor) else tensor).cpu().contiguous()


def copy_like(tensor: Tensor, parameter: Tensor) -> Tensor:
    """Return a copy of a whole tensor, placed as a parameter is.

    It is cut if the parameter is.
    """
    # A copy, because what safetensors gives is a view of the file, and Windows does not let go of a file (or rename its
    # folder) while one is left.
    tensor = tensor.clone().to(parameter.device)
    if not is_sharded(parameter):
        return tensor
    from torch.distributed.tensor import distribute_tensor

    return distribute_tensor(tensor, parameter.device_mesh, parameter.placements)


@torch.no_grad()
def fill(parameter: Tensor, tensor: Tensor) -> None:
    """Overwrite a parameter by a whole tensor.

    The parameter may also be an object with its shape and place.
    """
    parameter.copy_(copy_like(tensor, parameter) if is_sharded(parameter) else tensor)


def is_sharded(tensor: Tensor) -> bool:
    return hasattr(tensor, "full_tensor")
