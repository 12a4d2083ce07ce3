"""Processes that train one model together, one or many.

`torchrun` or `accelerate launch` starts several. Each holds the whole model and computes a part of every batch (DDP),
or also holds only a shard of weights, gradients and optimiser states (FSDP). Sums over them equal the result of one
process, up to rounding.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import timedelta
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from training.options import OptionError

T = TypeVar("T")

WORLD_SIZE = "WORLD_SIZE"
"""Set by torchrun and its like: how many processes there are."""

PATIENCE = timedelta(hours=2)
"""How long processes wait for each other: while one of them reads a large corpus or draws samples, the others do."""


class Processes:
    """This process and those beside it.

    rank 0 is the one that writes files and speaks. A device "cpu" is kept; any other becomes the process's own
    accelerator where there are several processes.
    """

    def __init__(self, device: str = "cpu") -> None:
        self._accelerator = None
        self.rank, self.world_size, self.device = 0, 1, torch.device(device)
        if int(os.environ.get(WORLD_SIZE, "1")) > 1:
            self._join(device)

    @property
    def is_main(self) -> bool:
        return self.rank == 0

    def share(self, model: nn.Module, parallel: str, autocast: bool) -> SharedModel:
        """Return the model as all processes train it.

        Raises:
            OptionError: It is to be sharded and cannot be.
        """
        model.to(self.device)
        if autocast and self.device.type == "cuda":
            torch.set_float32_matmul_precision("high")  # TF32 for what is left in fp32, such as Muon's own products
        step_model = SharedModel(model, self.device.type, autocast)
        if self.world_size == 1:
            return step_model
        if parallel == "fsdp":
            _check_shardable(model)
            from torch.distributed.device_mesh import init_device_mesh
            from torch.distributed.fsdp import fully_shard

            return fully_shard(step_model, mesh=init_device_mesh(self.device.type, (self.world_size,)))
        return self._accelerator.prepare_model(step_model)

    def measure(self, model: nn.Module, function: Callable[[nn.Module], T]) -> T:
        """Return the result of a function of a shared model, without gradients."""
        with torch.no_grad():
            result = model(function)
        if hasattr(model, "reshard"):
            model.reshard()  # which a backward pass would have done
        return result

    @contextmanager
    def keep_gradients_local(self, model: nn.Module, keep: bool) -> Iterator[None]:
        """Leave gradients unsummed over the processes if `keep` is set.

        More passes then follow before the step.
        """
        if hasattr(model, "set_requires_gradient_sync"):
            model.set_requires_gradient_sync(not keep)
            yield
            return
        with model.no_sync() if keep and hasattr(model, "no_sync") else nullcontext():
            yield

    def sum(self, values: Tensor) -> Tensor:
        """Sum a tensor over all processes, on the CPU."""
        if self.world_size == 1:
            return values
        return self._accelerator.reduce(values.to(self.device), "sum").cpu()

    def any(self, here: bool) -> bool:
        """Return whether a value is true in any process.

        All of them get the same answer.
        """
        return here if self.world_size == 1 else bool(self.sum(torch.tensor(float(here))) > 0)

    def gather(self, value: Any) -> list[Any]:
        """Gather a small value from each process, in order of ranks."""
        if self.world_size == 1:
            return [value]
        from accelerate.utils import gather_object

        return gather_object([value])

    def wait(self) -> None:
        """Wait until all processes are here."""
        if self._accelerator is not None:
            self._accelerator.wait_for_everyone()

    def close(self) -> None:
        """Close the connection of the processes, as the last step."""
        if self._accelerator is not None:
            self._accelerator.end_training()

    @contextmanager
    def main_first(self) -> Iterator[None]:
        """Run the block on rank 0 first; the others find its files."""
        if not self.is_main:
            self.wait()
        yield
        if self.is_main:
            self.wait()

    def say(self, text: str) -> None:
        """Print once, independent of the number of processes."""
        if self.is_main:
            print(text, flush=True)

    def _join(self, device: str) -> None:
        from accelerate import Accelerator
        from accelerate.utils import DistributedDataParallelKwargs, InitProcessGroupKwargs

        self._accelerator = Accelerator(
            cpu=device == "cpu",
            kwargs_handlers=[
                # Positions that are never trained, frozen parts and the steps that train the encoder alone get no
                # gradient, and DDP would wait for it.
                DistributedDataParallelKwargs(find_unused_parameters=True, gradient_as_bucket_view=True),
                InitProcessGroupKwargs(timeout=PATIENCE),
            ],
        )
        self.rank, self.world_size = self._accelerator.process_index, self._accelerator.num_processes
        self.device = self._accelerator.device


def _check_shardable(model: nn.Module) -> None:
    for name, parameter in model.named_parameters():
        if parameter.dim() == 0:
            raise OptionError(f"loop.parallel=fsdp cannot shard {name}, a single number: use ddp for this model.")


class SharedModel(nn.Module):
    """Model whose uses are each one forward pass, for DDP and FSDP.

    `forward(function, *values)` is `function(model, *values)`, in bf16 if requested. A loss may use its model any
    number of times, in any order.
    """

    def __init__(self, model: nn.Module, device_type: str, autocast: bool) -> None:
        super().__init__()
        self.model = model
        self.device_type = device_type
        self.autocast = autocast

    def forward(self, function: Callable[..., Any], *values: Any) -> Any:
        with torch.autocast(self.device_type, torch.bfloat16, enabled=self.autocast):
            return function(self.model, *values)
