"""Which parameters a run trains, and how they are moved between a file and processes that each hold a shard of them."""

from __future__ import annotations

import torch
from torch import Tensor, nn


def trained_parameters(model: nn.Module) -> dict[str, nn.Parameter]:
    """Those that are not frozen, by name.

    Frozen ones are never averaged, saved or exported.
    """
    return {name: parameter for name, parameter in model.named_parameters() if parameter.requires_grad}


def whole(tensor: Tensor) -> Tensor:
    """A tensor on the CPU, in one piece.

    Where processes hold shards of it, all of them have to call this together.
    """
    tensor = tensor.detach()
    return (tensor.full_tensor() if is_sharded(tensor) else tensor).cpu().contiguous()


def like(tensor: Tensor, parameter: Tensor) -> Tensor:
    """A copy of a whole tensor, placed (and cut, where the parameter is) as a parameter of the same shape is."""
    # A copy, because what safetensors gives is a view of the file, and Windows does not let go of a file (or rename its
    # folder) while one is left.
    tensor = tensor.clone().to(parameter.device)
    if not is_sharded(parameter):
        return tensor
    from torch.distributed.tensor import distribute_tensor

    return distribute_tensor(tensor, parameter.device_mesh, parameter.placements)


@torch.no_grad()
def fill(parameter: Tensor, tensor: Tensor) -> None:
    """Overwrites a parameter, or what has its shape and place, with a whole tensor."""
    parameter.copy_(like(tensor, parameter) if is_sharded(parameter) else tensor)


def is_sharded(tensor: Tensor) -> bool:
    return hasattr(tensor, "full_tensor")
