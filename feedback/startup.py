"""First steps of a program: output, open streams, a quiet ctrl-C.

Entry scripts call `start_program` before their other imports, so this module imports next to nothing: `signal` alone
takes longer than the rest of it.
"""

import _signal
import os
import sys

STATUS_INTERRUPTED = 130
CLEANUP_S = 1.2
"""So long a program may clean up after ctrl-C before it is ended."""

IMPORTING = "<frozen importlib._bootstrap>"


def start_program() -> None:
    """Show that a program starts, open missing streams, and end on ctrl-C."""
    if _signal.getsignal(_signal.SIGINT) is _signal.default_int_handler:
        _signal.signal(_signal.SIGINT, _quit)
    open_missing_streams()
    if sys.stderr.isatty():
        # Imports take seconds. The next line of output takes its place: none is shorter.
        sys.stderr.write("Starting\r")
        sys.stderr.flush()


def raise_on_interrupt() -> None:
    """Let ctrl-C raise KeyboardInterrupt from now on, for code that cleans up.

    A process that has not ended after CLEANUP_S is ended, be it in a long computation or in the teardown of libraries.
    """
    if _signal.getsignal(_signal.SIGINT) is not _quit:
        return
    import threading

    _signal.signal(_signal.SIGINT, _interrupt)
    read_end, write_end = os.pipe()
    if os.name != "nt":  # Windows takes a pipe that blocks, and no other before Python 3.12.
        os.set_blocking(write_end, False)
    _signal.set_wakeup_fd(write_end, warn_on_full_buffer=False)
    threading.Thread(target=_end_late_cleanup, args=(read_end,), name="interrupts", daemon=True).start()


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


def _interrupt(_: int, frame: object) -> None:
    while frame is not None:
        if frame.f_code.co_filename == IMPORTING:
            # Extension modules abort when an exception comes out of their initialisation.
            _quit()
        frame = frame.f_back
    raise KeyboardInterrupt


def _end_late_cleanup(signals: int) -> None:
    """End the process a while after ctrl-C, even during a computation.

    Python's own handler waits until a computation is over.
    """
    import time

    while number := os.read(signals, 1):
        # Servers and prompts have handlers of their own.
        if number[0] == _signal.SIGINT and _signal.getsignal(_signal.SIGINT) is _interrupt:
            time.sleep(CLEANUP_S)
            _quit()


def _quit(*_: object) -> None:
    try:
        os.write(2, b"Stopped.\n")
    finally:  # In a pipeline, the reader of stderr may have ended first.
        os._exit(STATUS_INTERRUPTED)
