"""A watch on tensors: none may be on another device than the one that is told, not even a single number."""

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves


class OnOneDevice(TorchDispatchMode):
    """Fails at a tensor elsewhere: it would be brought to the device while the host waits, which no graph can do."""

    def __init__(self, device: str) -> None:
        super().__init__()
        self.device = device
        self.calls = 0

    def __torch_dispatch__(self, function, types, arguments=(), named=None):
        found = function(*arguments, **(named or {}))
        for each in tree_leaves((arguments, named, found)):
            assert not isinstance(each, torch.Tensor) or each.device.type == self.device, f"{function}: {each.device}"
        self.calls += 1
        return found
