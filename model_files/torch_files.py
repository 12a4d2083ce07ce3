"""Files that `torch.save` wrote (`.bin`, `.pkl`, `.pt`), read without ever running what they ask for.

Such a file is a pickle, and a pickle may call any function of the machine that opens it. Weights need five harmless
ones. So the pickle is read with an unpickler that knows those five and nothing else: a name outside the table below
ends the reading, before anything by that name is looked up. What the pickle gets in return is sealed: its
instructions can hand these objects on and call them with plain data, but not change them. Plain data without any
tensor (`tokenizer.pkl`, a bare `pickle.dump`) is read the same way.

Torch's own `weights_only=True` has the same aim with a table twenty times as long, which the process may have
extended, and it reads every tensor at once; see `tensor_spans` for why that is too much.
"""

from __future__ import annotations

import pickle
import struct
import zipfile
from collections import OrderedDict
from collections.abc import Callable, Mapping
from io import BytesIO
from math import prod
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from model_files.errors import ModelError, first_line
from model_files.tensor_spans import TensorSpan

MAX_PICKLE_BYTES = 512 << 20
_LEGACY_MAGIC_NUMBER = 0x1950A86A20F9469CFC6C
"""What torch wrote first before it used zip archives (2020)."""

_LOCAL_HEADER = struct.Struct("<26xHH")
"""Lengths of name and extra field, the last entries of what precedes a zip member's content."""


class _Sealed:
    """An object in the hands of a pickle, whose BUILD instruction would otherwise set its attributes."""

    __slots__ = ("content",)

    def __init__(self, content: Any) -> None:
        object.__setattr__(self, "content", content)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError("a pickle may not change this")


class _SealedCall(_Sealed):
    """A function that a pickle may call."""

    __slots__ = ()

    def __call__(self, *arguments: object) -> object:
        return self.content(*arguments)


STORAGE_DTYPES = {
    "DoubleStorage": torch.float64,
    "FloatStorage": torch.float32,
    "HalfStorage": torch.float16,
    "BFloat16Storage": torch.bfloat16,
    "LongStorage": torch.int64,
    "IntStorage": torch.int32,
    "ShortStorage": torch.int16,
    "CharStorage": torch.int8,
    "ByteStorage": torch.uint8,
    "BoolStorage": torch.bool,
}


def read_torch_file(path: Path) -> Any:
    """What `torch.save` (or `pickle.dump`) stored: dicts, lists, numbers, text and tensors, nothing else.

    Tensors are read onto the CPU. Raises ModelError for a file that asks for anything more, and for a missing,
    truncated or foreign one.
    """
    return _opened(path, lambda span: span.read())


def torch_spans(path: Path) -> dict[str, TensorSpan]:
    """Where each tensor of a stored state dict lies. Raises ModelError as `read_torch_file`, and for other content."""
    state = _opened(path, lambda span: span)
    if not isinstance(state, dict) or not state or not all(isinstance(v, TensorSpan) for v in state.values()):
        raise ModelError(f"{path} holds no state dict: tensors by name.")
    return state


def _opened(path: Path, take: Callable[[TensorSpan], TensorSpan | Tensor]) -> Any:
    try:
        pickled, storage_bytes = _Archive(path).parts() if zipfile.is_zipfile(path) else (_plain(path), {})
        content = _unpickle(path, pickled, storage_bytes)
        return _unsealed(content, take)
    except ModelError:
        raise
    except OSError as error:
        raise ModelError(f"{path} cannot be read ({error.strerror or error}).") from error
    except Exception as error:  # a damaged pickle makes the unpickler raise nearly anything
        raise ModelError(f"{path} is damaged, or no file that torch wrote ({first_line(error)}).") from error


def _plain(path: Path) -> bytes:
    if path.stat().st_size > MAX_PICKLE_BYTES:
        raise ModelError(f"{path} is no file that torch wrote, or a truncated one.")
    return path.read_bytes()


class _Archive:
    """The zip archive of `torch.save`: `NAME/data.pkl`, and `NAME/data/KEY` for each storage, uncompressed."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def parts(self) -> tuple[bytes, dict[str, tuple[int, int]]]:
        """The pickle, and (first byte in the file, length) of each storage."""
        with zipfile.ZipFile(self.path) as archive:
            members = {member.filename: member for member in archive.infolist()}
            pickles = [name for name in members if name == "data.pkl" or name.endswith("/data.pkl")]
            if len(pickles) != 1:
                raise ModelError(f"{self.path} is a zip archive, but not one that torch wrote.")
            folder = pickles[0].removesuffix("data.pkl")
            if f"{folder}byteorder" in members and archive.read(f"{folder}byteorder").strip() != b"little":
                raise ModelError(f"{self.path} was written on a machine of another byte order.")
            pickled = self._content(archive, members[pickles[0]])
            places = {
                name.removeprefix(f"{folder}data/"): self._place(archive, member)
                for name, member in members.items()
                if name.startswith(f"{folder}data/")
            }
        return pickled, places

    def _content(self, archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
        if member.file_size > MAX_PICKLE_BYTES:
            raise ModelError(f"{self.path} holds a pickle that is too large for weights.")
        return archive.read(member)  # checks its CRC

    def _place(self, archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> tuple[int, int]:
        if member.compress_type != zipfile.ZIP_STORED:
            raise ModelError(f"{self.path} is compressed; torch writes its archives uncompressed.")
        assert archive.fp is not None
        archive.fp.seek(member.header_offset)
        name_bytes, extra_bytes = _LOCAL_HEADER.unpack(archive.fp.read(_LOCAL_HEADER.size))
        return member.header_offset + _LOCAL_HEADER.size + name_bytes + extra_bytes, member.file_size


def _unpickle(path: Path, pickled: bytes, storages: Mapping[str, tuple[int, int]]) -> Any:
    content = _Unpickler(path, pickled, storages).load()
    if content == _LEGACY_MAGIC_NUMBER:
        raise ModelError(f"{path} was written by a torch older than 1.6; load and save it with a newer one.")
    return content


class _Unpickler(pickle.Unpickler):
    def __init__(self, path: Path, pickled: bytes, storages: Mapping[str, tuple[int, int]]) -> None:
        super().__init__(BytesIO(pickled))
        self._path = path
        self._storages = storages
        self._known: dict[str, _Sealed] = {
            "collections.OrderedDict": _SealedCall(OrderedDict),
            "torch.Size": _SealedCall(tuple),
            "torch._utils._rebuild_tensor_v2": _SealedCall(self._rebuild_tensor),
            "torch._utils._rebuild_parameter": _SealedCall(lambda tensor, *_: tensor),
            "torch.nn.parameter.Parameter": _SealedCall(lambda tensor, *_: tensor),
        }
        self._known |= {f"torch.{name}": _Sealed(dtype) for name, dtype in STORAGE_DTYPES.items()}

    def find_class(self, module: str, name: str) -> _Sealed:
        """Instead of importing `module`: the table, or the end."""
        known = self._known.get(f"{module}.{name}")
        if known is None:
            wanted = f"{module}.{name}"[:80].encode("ascii", "replace").decode()
            raise ModelError(f"{self._path} is not opened: it asks for {wanted}, and weights need no such thing.")
        return known

    def persistent_load(self, place: object) -> _Sealed:
        """('storage', kind, key, device, elements) -> the file's bytes under that key."""
        match place:
            case ("storage", _Sealed(content=torch.dtype() as dtype), str(key), _, int()) if key in self._storages:
                return _Sealed((dtype, *self._storages[key]))
        raise ModelError(f"{self._path} refers to tensors that are not in it.")

    def _rebuild_tensor(self, storage: _Sealed, offset: int, shape: tuple, strides: tuple, *_: object) -> _Sealed:
        """A view of a storage, `offset` and `strides` in elements."""
        dtype, start_byte, storage_bytes = storage.content
        numbers = (offset, *shape, *strides)
        if len(shape) != len(strides) or not all(type(n) is int and n >= 0 for n in numbers):
            raise ModelError(f"{self._path} holds a tensor of impossible shape.")
        start_byte += offset * dtype.itemsize
        span = TensorSpan(self._path, start_byte, dtype, tuple(shape), None if _is_packed(shape, strides) else strides)
        elements = max(offset + span.stored_elements, prod(shape))  # more than is stored: one element in many places
        if elements * dtype.itemsize > storage_bytes:
            raise ModelError(f"{self._path} holds a tensor that is larger than its storage.")
        return _Sealed(span)


def _is_packed(shape: tuple[int, ...], strides: tuple[int, ...]) -> bool:
    """Whether row follows row, as in most tensors."""
    return all(stride == prod(shape[axis + 1 :]) for axis, stride in enumerate(strides) if shape[axis] != 1)


def _unsealed(content: Any, take: Callable[[TensorSpan], TensorSpan | Tensor]) -> Any:
    """Plain containers with what `take` makes of each span; anything else that is sealed has no business there."""
    if isinstance(content, dict):
        return {_unsealed(key, take): _unsealed(value, take) for key, value in dict.items(content)}
    if isinstance(content, list | tuple | set | frozenset):
        return type(content)(_unsealed(item, take) for item in content)
    if isinstance(content, _Sealed):
        if not isinstance(content.content, TensorSpan):
            raise ValueError("a storage or function where data belongs")
        return take(content.content)
    return content
