"""Weights of a folder: safetensors as the package of that name reads them, in one file or several, and damaged ones."""

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from model_files.errors import ModelError
from model_files.folder_weights import folder_weights
from model_files.tensor_files import open_safetensors

TENSORS = {
    "floats": torch.arange(12.0).reshape(3, 4) / 7,
    "halves": torch.arange(5.0).half(),
    "brains": torch.arange(4.0).reshape(2, 2).bfloat16(),
    "counts": torch.arange(6),
    "flags": torch.tensor([True, False]),
    "number": torch.tensor(2.5),
    "nothing": torch.zeros(0, 3),
}


def test_safetensors_are_read_as_their_package_reads_them(tmp_path: Path) -> None:
    save_file(TENSORS, tmp_path / "model.safetensors", {"format": "pt"})
    spans = folder_weights(tmp_path)
    assert spans.keys() == TENSORS.keys()
    for name, tensor in TENSORS.items():
        assert spans[name].shape == tensor.shape
        read = spans[name].read()
        assert read.dtype == tensor.dtype
        assert torch.equal(read, tensor)
    assert torch.equal(spans["floats"].read(torch.bfloat16), TENSORS["floats"].bfloat16())
    assert spans["counts"].read(torch.bfloat16).dtype == torch.int64


def in_parts(folder: Path, suffix: str = ".safetensors") -> Path:
    """TENSORS in two files; returns the index."""
    names = list(TENSORS)
    weight_map = {}
    for part, chosen in enumerate((names[:3], names[3:])):
        file = folder / f"model-{part}{suffix}"
        state = {name: TENSORS[name] for name in chosen}
        torch.save(state, file) if suffix == ".bin" else save_file(state, file)
        weight_map |= dict.fromkeys(chosen, file.name)
    index = folder / ("pytorch_model.bin.index.json" if suffix == ".bin" else "model.safetensors.index.json")
    index.write_text(json.dumps({"metadata": {}, "weight_map": weight_map}), encoding="utf-8")
    return index


@pytest.mark.parametrize("suffix", [".safetensors", ".bin"])
def test_weights_in_parts(tmp_path: Path, suffix: str) -> None:
    in_parts(tmp_path, suffix)
    spans = folder_weights(tmp_path)
    assert all(torch.equal(spans[name].read(), tensor) for name, tensor in TENSORS.items())
    (tmp_path / f"model-1{suffix}").unlink()
    with pytest.raises(ModelError, match=rf"lacks model-1\{suffix}, which"):
        folder_weights(tmp_path)


@pytest.mark.parametrize(
    "name",
    [
        "../model-0.safetensors",
        "/etc/passwd",
        "sub/model-0.safetensors",
        "..\\model-0.safetensors",
        "C:model-0.safetensors",
        "model-0.bin",
        "..",
        "",
        "model-0.safetensors\0",
    ],
)
def test_an_index_names_files_beside_it_only(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "model"
    (folder / "sub").mkdir(parents=True)
    for place in (folder, folder / "sub", tmp_path):
        in_parts(place)
    index = folder / "model.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": {"floats": name}}), encoding="utf-8")
    with pytest.raises(ModelError, match=r"model\.safetensors\.index\.json"):
        folder_weights(folder)


@pytest.mark.parametrize(
    ("index", "message"),
    [
        ('{"weight_map": {"floats": "model-1.safetensors"}}', "lacks floats"),
        ('{"weight_map": {"floats": 7}}', "names 7"),
        ('{"weight_map": {}}', "lists no weights"),
        ('{"weight_map": []}', "lists no weights"),
        ("{}", "lists no weights"),
        ("[]", "no JSON object"),
        ("{", "damaged"),
        ("[" * 100_000, "damaged"),
    ],
)
def test_damaged_indices(tmp_path: Path, index: str, message: str) -> None:
    in_parts(tmp_path).write_text(index, encoding="utf-8")
    with pytest.raises(ModelError, match=message) as error:
        folder_weights(tmp_path)
    assert "\n" not in str(error.value)


def header(text: str, data: bytes = b"") -> bytes:
    return len(text).to_bytes(8, "little") + text.encode() + data


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x80\x02}q\x00.",
        b"PK\x03\x04 an archive that is longer than a length",
        (10**7).to_bytes(8, "little") + b'{"a"',
        header("[]"),
        header('{"a": {"b":1'),
        header('{"a": {"dtype": "F32", "shape": [-1], "data_offsets": [4, 0]}}', bytes(4)),
        header('{"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 4]}}', bytes(4)),
        header('{"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}', bytes(7)),
    ],
)
def test_damaged_and_foreign_safetensors(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "model.safetensors"
    path.write_bytes(content)
    with pytest.raises(ModelError, match="damaged, truncated, or not a file of tensors") as error:
        open_safetensors(path)
    assert "\n" not in str(error.value)


def test_an_empty_tensor_of_impossible_size(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    path.write_bytes(header(f'{{"a": {{"dtype": "F32", "shape": [0, {10**30}], "data_offsets": [0, 0]}}}}'))
    with pytest.raises(ModelError, match="damaged"):
        open_safetensors(path)["a"].read()


def test_a_file_that_shrinks_while_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    save_file(TENSORS, path)
    spans = open_safetensors(path)
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(ModelError, match="truncated"):
        [span.read() for span in spans.values()]


def test_folders_without_weights(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"holds no weights: model\.safetensors is missing"):
        folder_weights(tmp_path)
    with pytest.raises(ModelError, match="cannot be read"):
        open_safetensors(tmp_path / "nothing.safetensors")
