"""Models that stay in memory for the next run of a process.

One run needs no such thing, and lets go of a model as soon as it has written its part. Many runs in one process call
`keep_models` once, and then load a model as often as there are different ones.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import TypeVar

Model = TypeVar("Model")

MOST_KEPT = 3
"""A model, one that hears the timing for it, and a refiner."""

_shelf: OrderedDict[tuple, object] | None = None


def keep_models() -> None:
    """From now on, models that this process loads are kept."""
    global _shelf
    if _shelf is None:
        _shelf = OrderedDict()


def let_go_of_models() -> None:
    """Frees what was kept; nothing is kept any more."""
    global _shelf
    _shelf = None


def kept(load: Callable[..., Model], *arguments: object, **named: object) -> Model:
    """What `load` returns for these arguments, from the shelf where it is kept there."""
    if _shelf is None:
        return load(*arguments, **named)
    key = (load, arguments, tuple(sorted(named.items())))
    if key not in _shelf:
        _shelf[key] = load(*arguments, **named)
    _shelf.move_to_end(key)
    while len(_shelf) > MOST_KEPT:
        _shelf.popitem(last=False)
    return _shelf[key]  # type: ignore[return-value]
