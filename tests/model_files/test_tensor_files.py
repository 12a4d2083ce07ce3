"""Pickles of others: what is in them when they are honest, and that nothing happens when they are not."""

import json
import os
import pickle
import zipfile
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from model_files.errors import ModelError
from model_files.tensor_files import open_torch_file, read_torch_file


class Reduces:
    """Pickles as a call of `function`."""

    def __init__(self, function: Callable, *arguments: object) -> None:
        self.call = (function, arguments)

    def __reduce__(self) -> tuple:
        return self.call


def text(value: str) -> bytes:
    """The pickle instruction that pushes a text."""
    return b"X" + len(value.encode()).to_bytes(4, "little") + value.encode()


def by_hand(marker: Path) -> dict[str, bytes]:
    """Payloads in each of the ways in which a pickle can name and call a function."""
    touch = f"open({str(marker)!r}, 'w')"
    arguments = text(touch)
    return {
        "GLOBAL and REDUCE": b"\x80\x02cbuiltins\neval\n" + arguments + b"\x85R.",
        "STACK_GLOBAL": b"\x80\x04" + text("builtins") + text("eval") + b"\x93" + arguments + b"\x85R.",
        "INST": b"(S" + repr(touch).encode() + b"\nibuiltins\neval\n.",
        "OBJ": b"(cbuiltins\neval\n" + arguments + b"o.",
        "NEWOBJ": b"\x80\x02cbuiltins\neval\n" + arguments + b"\x85\x81.",
        "NEWOBJ_EX": b"\x80\x04cbuiltins\neval\n" + arguments + b"\x85}\x92.",
        "called by a known function": b"\x80\x02ccollections\nOrderedDict\ncbuiltins\nmap\ncbuiltins\neval\n"
        + arguments
        + b"\x85\x86R\x85R.",
        "Python 2 module": b"\x80\x02c__builtin__\neval\n" + arguments + b"\x85R.",
        "method of a known function": b"\x80\x04" + text("collections") + text("OrderedDict.__class__") + b"\x93.",
    }


def by_python(marker: Path) -> dict[str, object]:
    """Payloads as Python writes them."""
    shell = f"echo > {marker}"
    return {
        "os.system": Reduces(os.system, shell),
        "open": Reduces(open, str(marker), "w"),
        "torch.load": Reduces(torch.load, str(marker)),
        "inside a state dict": {"weight": torch.zeros(2), "x": [Reduces(os.system, shell)]},
        "as a key": {Reduces(os.system, shell): 1},
        "under a tensor": OrderedDict(weight=torch.nn.Parameter(torch.zeros(2)), hook=Reduces(os.system, shell)),
    }


def assert_refused(path: Path, marker: Path) -> None:
    for read in (read_torch_file, open_torch_file):
        with pytest.raises(ModelError) as error:
            read(path)
        assert "\n" not in str(error.value)
        assert str(path) in str(error.value)
    assert not marker.exists()


@pytest.mark.parametrize("style", by_hand(Path("/marker")))
@pytest.mark.parametrize("in_archive", [True, False], ids=["archive", "bare"])
def test_instructions_to_call_something_are_not_followed(tmp_path: Path, style: str, in_archive: bool) -> None:
    marker, path = tmp_path / "marker", tmp_path / "model.bin"
    content = by_hand(marker)[style]
    if in_archive:
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("archive/data.pkl", content)
    else:
        path.write_bytes(content)
    assert_refused(path, marker)


@pytest.mark.parametrize("style", by_python(Path("/marker")))
@pytest.mark.parametrize("zipped", [True, False], ids=["archive", "legacy"])
def test_objects_that_would_run_code_are_not_made(tmp_path: Path, style: str, zipped: bool) -> None:
    marker, path = tmp_path / "marker", tmp_path / "model.bin"
    torch.save(by_python(marker)[style], path, _use_new_zipfile_serialization=zipped)
    assert_refused(path, marker)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_every_protocol_of_a_bare_pickle_is_guarded(tmp_path: Path, protocol: int) -> None:
    marker, path = tmp_path / "marker", tmp_path / "tokenizer.pkl"
    path.write_bytes(pickle.dumps([Reduces(open, str(marker), "w")], protocol))
    assert_refused(path, marker)


def test_files_that_are_never_read_as_weights(tmp_path: Path) -> None:
    """A tensor may lie nowhere but in the archive itself."""
    pid = b"(" + text("storage") + b"ctorch\nFloatStorage\n" + text("../../secret") + text("cpu") + b"K\x02tQ"
    tensor = b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\n(" + pid + b"K\x00K\x02\x85K\x01\x85\x89}tR."
    path = tmp_path / "model.bin"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", tensor)
    assert_refused(path, tmp_path / "marker")


@pytest.mark.parametrize(
    ("offset", "shape", "strides"),
    [(3, (2,), (1,)), (0, (5,), (1,)), (0, (2, 2), (3, 1)), (-1, (2,), (1,)), (0, (2,), (1, 1))],
)
def test_tensors_that_reach_beyond_their_storage(tmp_path: Path, offset: int, shape: tuple, strides: tuple) -> None:
    path = tmp_path / "model.bin"
    storage = torch.zeros(4).untyped_storage()
    typed = torch.storage.TypedStorage(wrap_storage=storage, dtype=torch.float32, _internal=True)
    call = Reduces(torch._utils._rebuild_tensor_v2, typed, offset, shape, strides, False, OrderedDict())
    torch.save({"w": call}, path)
    assert_refused(path, tmp_path / "marker")


def test_state_dicts_are_read_as_torch_reads_them(tmp_path: Path) -> None:
    base = torch.randn(6, 4)
    state = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.BatchNorm1d(2)).state_dict()
    state |= {
        "half": torch.randn(5).half(),
        "brain": torch.randn(3).bfloat16(),
        "rows": base[2:4],
        "turned": base.T,
        "every other": base[::2, 1::2],
        "parameter": torch.nn.Parameter(torch.randn(2)),
        "flags": torch.tensor([True, False]),
        "number": torch.tensor(2.5),
        "nothing": torch.zeros(0, 3),
    }
    path = tmp_path / "pytorch_model.bin"
    torch.save(state, path)
    expected = torch.load(path, weights_only=True)
    read, spans = read_torch_file(path), open_torch_file(path)
    assert list(read) == list(spans) == list(expected)
    for name, tensor in expected.items():
        assert torch.equal(read[name], tensor)
        assert read[name].dtype == spans[name].read().dtype == tensor.dtype
        assert spans[name].shape == tensor.shape
    assert spans["half"].read(torch.float32).dtype == torch.float32
    assert spans["flags"].read(torch.float32).dtype == torch.bool


def test_the_two_files_of_the_published_refiner(golden: Callable) -> None:
    diffusion = golden("diffusion", "diffusion/tiny_dit") / "diffusion"
    folder = diffusion / "tiny_dit"
    weights = np.load(folder / "weights.npz")
    state = read_torch_file(folder / "model_ema.pkl")
    assert state.keys() == set(weights)
    assert all(np.array_equal(state[name].numpy(), weights[name]) for name in weights)
    written = json.loads((diffusion / "tokenizer_state.json").read_text(encoding="utf-8"))
    assert json.loads(json.dumps(read_torch_file(folder / "tokenizer.pkl"))) == written


@pytest.mark.parametrize("kept", [0, 10, 0.5, 0.9, -1])
def test_truncated_and_foreign_files(tmp_path: Path, kept: float) -> None:
    path = tmp_path / "model.bin"
    torch.save({"w": torch.randn(50, 50)}, path)
    content = path.read_bytes()
    path.write_bytes(content[: int(kept * len(content)) if 0 < kept < 1 else int(kept)])
    assert_refused(path, tmp_path / "marker")
    for foreign in (b"<!doctype html><title>404</title>", pickle.dumps({"a": torch.ones(2)})):
        path.write_bytes(foreign)
        assert_refused(path, tmp_path / "marker")


@pytest.mark.parametrize(
    "content", [{"a": 1}, [], {}, {"a": torch.eye(3).to_sparse()}, {"a": torch.ones(2, device="meta")}]
)
def test_other_content_than_a_state_dict(tmp_path: Path, content: object) -> None:
    torch.save(content, tmp_path / "model.bin")
    with pytest.raises(ModelError, match="not a state dict"):
        open_torch_file(tmp_path / "model.bin")


@pytest.mark.parametrize("where", ["nothing.bin", "."])
def test_files_that_are_not_there(tmp_path: Path, where: str) -> None:
    with pytest.raises(ModelError, match="cannot be read"):
        read_torch_file(tmp_path / where)
