"""Models that stay in memory for the next run of a process.

One run needs no such thing, and lets go of a model as soon as it has written its part. Many runs in one process call
`keep_models` once, and then load a model as often as there are different ones.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

Model = TypeVar("Model")

MOST_KEPT = 3
"""A seq2seq model, another for the timing or a map model, and a refiner."""

_keeps = False
_lock = threading.Lock()


def keep_models() -> None:
    """Keep the models that this process loads from now on."""
    global _keeps
    _keeps = True


def release_models() -> None:
    """Free the kept models, and keep none from now on."""
    global _keeps
    _keeps = False
    _load.cache_clear()


def load_cached(load: Callable[..., Model], *arguments: object, **named: object) -> Model:
    """Return the cached result of `load` for these arguments.

    Threads that need the same model load it once. If an argument names a folder whose files have changed, it is loaded
    again.
    """
    if not _keeps:
        return load(*arguments, **named)
    stamps = tuple(_stamp(value) for value in (*arguments, *named.values()))
    with _lock:
        return _load(load, arguments, tuple(sorted(named.items())), stamps)


@lru_cache(maxsize=MOST_KEPT)
def _load(load: Callable[..., Model], arguments: tuple, named: tuple, stamps: tuple) -> Model:
    """Return the result of `load`.

    `stamps` distinguish states of the files that the same arguments name.
    """
    return load(*arguments, **dict(named))


def _stamp(argument: object) -> tuple:
    """Return a stamp of a folder's files; empty for other arguments."""
    if not isinstance(argument, str | Path):
        return ()
    try:
        folder = Path(argument).expanduser()
        files = sorted(path for path in (*folder.iterdir(), *folder.glob("*/*")) if path.is_file())
        found = [(str(path), path.stat()) for path in files]
    except (OSError, RuntimeError, ValueError):
        return ()
    return tuple((name, each.st_size, each.st_mtime_ns) for name, each in found)
