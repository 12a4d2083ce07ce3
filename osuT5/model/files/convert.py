"""Conversion of model bundles between native and published form.

Writes a published bundle as a native model, or with --to-published a native model in the published form. Bundles for
single game modes (folders `gamemode=<number>`) are converted with it.

    python -m osuT5.model.files.convert PUBLISHED_FOLDER OUT_FOLDER [--to-published]
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor

from model_files.folder_weights import SAFETENSORS
from osu_beatmap.beatmap import GameMode
from osuT5.model.config import ModelConfig
from osuT5.model.files.bundle_writer import can_run_in_the_original, own_values, published_tensors, write_bundle_json
from osuT5.model.files.find import TOKENIZER_FILE
from osuT5.model.files.loading import read_contract
from osuT5.model.files.mode_folders import gamemode_subfolder
from osuT5.model.files.parameter_names import rename_key
from osuT5.model.files.weights import read_weights
from osuT5.tokens.contract import CONTRACT_FILE, Contract


def convert_to_ours(published: Path, out: Path, name: str | None = None) -> None:
    """Convert a published bundle to native files.

    They are config.json, contract.json (and its tables) and model.safetensors. `out` must not exist, or be empty.

    Raises:
        ValueError: One sentence; nothing is written then.
    """
    with _new_folder(out) as folder:
        for source, target in _bundles(published, folder, TOKENIZER_FILE):
            config, contract = _read(source, published=True, name=name)
            tensors = read_weights(source, config, rename_key)
            contract.save(target)
            _save_ours(config, tensors, target)


def convert_to_published(ours: Path, out: Path) -> bool:
    """Convert a native model; return whether the original can run it.

    It cannot if parts of the model have no published counterpart. `out` and errors are as in `convert_to_ours`.
    """
    runs = True
    with _new_folder(out) as folder:
        for source, target in _bundles(ours, folder, CONTRACT_FILE):
            config, contract = _read(source, published=False)
            tensors = read_weights(source, config)
            write_bundle_json(target, config, contract)
            _save(dict(published_tensors(tensors.items(), config, contract)), target)
            runs = runs and can_run_in_the_original(config, contract)
    return runs


def _bundles(root: Path, out: Path, marker: str) -> Iterator[tuple[Path, Path]]:
    """Yield the folders to convert, and their targets.

    Those of single modes are created.
    """
    yield root, out
    for mode in GameMode:
        name = gamemode_subfolder(mode)
        if (root / name / marker).is_file():
            (out / name).mkdir()
            yield root / name, out / name


def _read(folder: Path, published: bool, name: str | None = None) -> tuple[ModelConfig, Contract]:
    config, contract, is_published = read_contract(folder, name)
    if is_published != published:
        raise ValueError(f"{folder} holds {'a published' if is_published else 'our own'} model already")
    return config, contract


def _save_ours(config: ModelConfig, tensors: dict[str, Tensor], folder: Path) -> None:
    saved = ModelConfig(**own_values(config))
    saved.architectures = ["MapperModel"]
    saved.dtype = next((tensor.dtype for tensor in tensors.values()), torch.float32)
    saved.save_pretrained(folder)
    _save(tensors, folder)


def _save(tensors: dict[str, Tensor], folder: Path) -> None:
    save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, folder / SAFETENSORS, {"format": "pt"})


@contextmanager
def _new_folder(path: Path) -> Iterator[Path]:
    """Yield a folder that gets its name when it is complete."""
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise ValueError(f"{path} exists already; name a new folder")
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=f".{path.name}-", dir=path.parent))
    try:
        yield temporary
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    if path.exists():
        path.rmdir()
    os.chmod(temporary, 0o755)  # mkdtemp makes folders for their owner alone
    temporary.replace(path)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m osuT5.model.files.convert", description=__doc__.split("\n\n")[1])
    parser.add_argument("source", type=Path, metavar="PUBLISHED_FOLDER", help="the model to convert")
    parser.add_argument("out", type=Path, metavar="OUT_FOLDER", help="a folder that does not exist yet")
    parser.add_argument("--to-published", action="store_true", help="the source is a native model")
    parser.add_argument("--name", help="the model's name in its contract; the folder's name otherwise")
    chosen = parser.parse_args(arguments)
    try:
        if chosen.to_published:
            runs = convert_to_published(chosen.source, chosen.out)
        else:
            convert_to_ours(chosen.source, chosen.out, chosen.name)
            runs = True
    except (OSError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print(f"Written to {chosen.out}.")
    if not runs:
        print("It has parts without a published form, so only this program can run it.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
