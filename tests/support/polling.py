"""Waiting for what takes a moment, and much more on a busy machine."""

import time
from collections.abc import Callable
from typing import TypeVar

PATIENCE_S = 60.0
Value = TypeVar("Value")


def wait_for(found: Callable[[], Value]) -> Value:
    """Call until it returns something that is true; returns that."""
    until_s = time.monotonic() + PATIENCE_S
    while not (value := found()):
        assert time.monotonic() < until_s, "it never came to that"
        time.sleep(0.01)
    return value
