"""Ctrl-C while a program is still importing: "Stopped." and status 130 in place of a traceback."""

from __future__ import annotations

import os
import signal

STATUS_INTERRUPTED = 130


def quit_on_interrupt() -> None:
    """Let ctrl-C end the process at once. Entry scripts call this before their imports."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _quit)


def raise_on_interrupt() -> None:
    """Let ctrl-C raise KeyboardInterrupt again, for code that cleans up."""
    if signal.getsignal(signal.SIGINT) is _quit:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _quit(*_: object) -> None:
    os.write(2, b"Stopped.\n")
    os._exit(STATUS_INTERRUPTED)
