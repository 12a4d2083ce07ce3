"""LoRA adapters for training, made and saved by PEFT.

An adapter for a published model is saved under the published names of parameters, so that the original program loads it
too; one for a model of ours under our names. `osuT5.model.files.lora` merges either into its model.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import copy
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from safetensors.torch import save_file
from torch import Tensor, nn

from osuT5.model.files.lora import WEIGHT_FILES
from osuT5.model.files.parameter_names import published_key
from osuT5.model.seq2seq import MapperModel
from osuT5.training.options import LoraOptions
from training.options import OptionError

if TYPE_CHECKING:
    from peft import PeftModel

PEFT_PREFIX = "base_model.model."

ATTENTION_MATRICES = {
    "whisper": ("q_proj", "k_proj", "v_proj", "out_proj"),
    "rotary": ("q_proj", "k_proj", "v_proj", "out_proj"),
    "rotary_fused": ("Wqkv", "Wq", "Wkv", "Wo"),
}
"""Layer kind -> what the matrices of its attention are called."""


Export = Callable[[Mapping[str, Tensor], Path], None]
"""Writes trained weights, by their names in the model, into a folder."""


def add_adapter(model: MapperModel, options: LoraOptions, source: str, is_published: bool) -> Export:
    """Add an adapter to the layers of a model, as `adapt` does.

    It gets published names if the model has those.
    """
    targets = options.target_modules or ATTENTION_MATRICES[model.config.layer_kind]
    rename = partial(published_key, layer_kind=model.config.layer_kind) if is_published else str
    return adapt(model, options, list(targets), source, rename)


def adapt(
    model: nn.Module,
    options: LoraOptions,
    targets: list[str] | str,
    source: str | None = None,
    rename: Callable[[str], str] = str,
) -> Export:
    """Put an adapter into a network, in place, and freeze everything else.

    Args:
        targets: Names of the matrices, or a pattern of their whole names.
        source: Folder or hub id of the model, which the adapter's file names as its base if it is given.
        rename: Name of a parameter -> its name in the file.

    Returns:
        A function that exports the adapter.

    Raises:
        OptionError: PEFT cannot make such an adapter for this network.
    """
    from peft import LoraConfig, get_peft_model

    config = LoraConfig(
        r=options.r,
        lora_alpha=options.lora_alpha,
        target_modules=targets,
        lora_dropout=options.lora_dropout,
        init_lora_weights=_start(options.init_lora_weights),
    )
    try:
        adapted = get_peft_model(model, config)
    except (ValueError, AssertionError) as error:
        raise OptionError(f"lora does not fit this model: {str(error).splitlines()[0][:200]}") from error
    config.base_model_name_or_path = source  # only now: PEFT puts the name here that transformers gave the model
    return partial(_save_adapter, adapted, rename)


def _save_adapter(
    adapted: PeftModel, rename: Callable[[str], str], weights: Mapping[str, Tensor], folder: Path
) -> None:
    """Write adapter_config.json and adapter_model.safetensors.

    The trained weights are by their names in the model. `rename` maps a parameter's name to its name in the file.
    """
    from peft import get_peft_model_state_dict

    state = get_peft_model_state_dict(adapted, {PEFT_PREFIX + name: weight for name, weight in weights.items()})
    renamed = {PEFT_PREFIX + rename(name.removeprefix(PEFT_PREFIX)): t.contiguous() for name, t in state.items()}
    config = copy(adapted.peft_config["default"])
    config.inference_mode = True
    config.save_pretrained(str(folder))
    save_file(renamed, folder / WEIGHT_FILES[0], {"format": "pt"})


def _start(name: str) -> str | bool:
    """Convert a name to PEFT's init_lora_weights; "true" and "default" become True."""
    return {"true": True, "default": True}.get(name.lower(), name)
