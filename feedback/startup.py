"""First steps of a program: streams that exist, ctrl-C without a traceback.

Entry scripts call `start_program` before their other imports, so this module imports next to nothing: `signal` alone
takes longer than the rest of it.
"""

import _signal
import os
import sys

STATUS_INTERRUPTED = 130


def start_program() -> None:
    """Open missing streams, and let ctrl-C end the process at once."""
    if _signal.getsignal(_signal.SIGINT) is _signal.default_int_handler:
        _signal.signal(_signal.SIGINT, _quit)
    open_missing_streams()


def raise_on_interrupt() -> None:
    """Let ctrl-C raise KeyboardInterrupt again, for code that cleans up."""
    if _signal.getsignal(_signal.SIGINT) is _quit:
        _signal.signal(_signal.SIGINT, _signal.default_int_handler)


def open_missing_streams() -> None:
    """Replace closed standard streams by the null device.

    They are closed under pythonw and in services.

    Their file descriptors are taken too: otherwise the next file that is opened would get the messages of libraries.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is not None:
            continue
        handle = os.open(os.devnull, os.O_RDWR)
        if handle != number:
            os.dup2(handle, number)
            os.close(handle)
        setattr(sys, name, open(number, "r" if number == 0 else "w", encoding="utf-8", errors="replace"))  # noqa: SIM115


def _quit(*_: object) -> None:
    os.write(2, b"Stopped.\n")
    os._exit(STATUS_INTERRUPTED)
