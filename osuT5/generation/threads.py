"""Number of threads that share a step of the decoder."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from osuT5.model.seq2seq import MapperModel


SHARED_FROM_WIDTH = 512
"""A step of a narrower model is too small to share: threads would wait for each other, several times as long where a
core is busy."""


@contextmanager
def cpu_threads(model: MapperModel) -> Iterator[None]:
    """Use the number of threads that suits a model's steps.

    A wide model keeps the present number.
    """
    with one_thread() if model.config.d_model < SHARED_FROM_WIDTH else nullcontext():
        yield


@contextmanager
def one_thread() -> Iterator[None]:
    """Use one thread for steps that are too small to share."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
