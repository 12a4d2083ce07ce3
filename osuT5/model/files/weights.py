"""Loading of weights into a network, with little extra memory.

They are read tensor by tensor, each converted as it comes, and the network is built around what was read instead of
being filled.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import torch
from torch import Tensor

from model_files.errors import ModelError
from model_files.folder_weights import folder_weights
from osuT5.model.config import ModelConfig
from osuT5.model.files.lora import Adapter, format_shape
from osuT5.model.seq2seq import MapperModel

Shapes = Mapping[str, tuple[int, ...]]


def read_weights(
    folder: Path,
    config: ModelConfig,
    rename: Callable[[str], str | None] = str,
    dtype: torch.dtype | None = None,
    device: str = "cpu",
    adapter: Adapter | None = None,
) -> dict[str, Tensor]:
    """Read all parameters of the network that `config` describes, and nothing else.

    Args:
        rename: Returns the native name of a stored parameter, or None for one that is not read.
        dtype: Type of floating-point parameters; None keeps the stored one.
        adapter: Adapter to merge into the parameters, by their stored names.

    Raises:
        ModelError: The weights cannot be read, or are not those of such a network.
    """
    stored = folder_weights(folder)
    names = {key: name for key in stored if (name := rename(key)) is not None}
    shapes = {name: tuple(tensor.shape) for name, tensor in _empty_network(config).state_dict().items()}
    _check_fit(folder, shapes, {name: stored[key].shape for key, name in names.items()})
    if adapter is not None:
        adapter.check_fit({key: tensor.shape for key, tensor in stored.items()})
    state = {}
    for key, name in names.items():
        if adapter is not None and adapter.changes(key):
            state[name] = adapter.merge(key, stored[key].read(torch.float32)).to(device, dtype or torch.float32)
        else:
            state[name] = stored[key].read(dtype).to(device)
    return state


def build_model(config: ModelConfig, state: Mapping[str, Tensor]) -> MapperModel:
    """Build a network around tensors, ready to generate.

    They must be all of its parameters.
    """
    model = _empty_network(config)
    model.load_state_dict(state, assign=True)
    return model.eval()


def _empty_network(config: ModelConfig) -> MapperModel:
    """Build a network whose parameters have shapes but take no memory."""
    with torch.device("meta"):
        return MapperModel(config)


def _check_fit(folder: Path, expected: Shapes, stored: Shapes) -> None:
    """Raise ModelError unless the weights fit config.json exactly."""
    missing = [name for name in expected if name not in stored]
    unknown = [name for name in stored if name not in expected]
    if missing or unknown:
        what = f"they lack {missing[0]}" if missing else f"it has no place for {unknown[0][:80]}"
        others = len(missing) + len(unknown) - 1
        raise ModelError(
            f"The weights in {folder} are not those of the network in its config.json: {what}"
            + (f" (and {others} more)." if others else ".")
        )
    for name, shape in stored.items():
        if shape != expected[name]:
            raise ModelError(
                f"The weights in {folder} are not those of the network in its config.json: "
                f"{name} is {format_shape(shape)}, not {format_shape(expected[name])}."
            )
