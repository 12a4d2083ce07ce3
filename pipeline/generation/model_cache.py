"""Models that stay in memory for the next run of a process.

One run needs no such thing, and lets go of a model as soon as it has written its part. Many runs in one process call
`keep_models` once, and then load a model as often as there are different ones.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

Model = TypeVar("Model")

MOST_KEPT = 3
"""A model, one that hears the timing for it, and a refiner."""

_shelf: OrderedDict[tuple, object] | None = None
_lock = threading.Lock()


def keep_models() -> None:
    """From now on, models that this process loads are kept."""
    global _shelf
    if _shelf is None:
        _shelf = OrderedDict()


def release_models() -> None:
    """Frees what was kept; nothing is kept any more."""
    global _shelf
    _shelf = None


def kept(load: Callable[..., Model], *arguments: object, **named: object) -> Model:
    """What `load` returns for these arguments, from the shelf where it is kept there.

    Threads that want the same model load it once. Where an argument names a folder whose files have changed, it is
    loaded again.
    """
    if _shelf is None:
        return load(*arguments, **named)
    wanted = (*arguments, *sorted(named.items()))
    key = (load, wanted, tuple(_stamp(value) for value in (*arguments, *named.values())))
    with _lock:
        if key not in _shelf:
            _shelf[key] = load(*arguments, **named)
        _shelf.move_to_end(key)
        while len(_shelf) > MOST_KEPT:
            _shelf.popitem(last=False)
        return _shelf[key]  # type: ignore[return-value]


def _stamp(argument: object) -> tuple:
    """Changes with the files of a folder that is named; empty for anything else."""
    if not isinstance(argument, str | Path):
        return ()
    try:
        found = [(path.name, path.stat()) for path in sorted(Path(argument).expanduser().iterdir()) if path.is_file()]
    except (OSError, RuntimeError, ValueError):
        return ()
    return tuple((name, each.st_size, each.st_mtime_ns) for name, each in found)
