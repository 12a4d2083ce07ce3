"""Requests in progress, each in a thread of the server."""

from __future__ import annotations

import sys
import threading
import time
import traceback
from collections.abc import Callable

from feedback.errors import UserError
from feedback.progress import Progress, Stage
from pipeline.cli.outcomes import STATUS_SYSTEM_ERROR, Outcome, described

SCRIPT = "inference.py"
"""By whose name errors are told: that is what the user called."""

Make = Callable[[dict[str, object], Progress], str]
"""Makes the map that flat options ask for; what there is to say about it."""


class JobCancelled(Exception):
    """The client no longer waits for the map."""


class Job:
    """A request in progress; `told` is its latest stage, steps done and total."""

    def __init__(self, options: dict[str, object], make: Make) -> None:
        self.told: tuple[Stage, int, int] = (Stage.QUEUED, 0, 1)
        self.seconds = 0.0
        self._options = options
        self._make = make
        self._is_called_off = threading.Event()

    def call_off(self) -> None:
        """Cancel the job at its next progress report; temporary files are removed."""
        self._is_called_off.set()

    def run(self) -> Outcome | None:
        """Run the job in a thread; return its outcome, None if cancelled."""
        started = time.monotonic()
        try:
            self._progress(*self.told)
            return Outcome(0, said=self._make(self._options, self._progress) + "\n")
        except JobCancelled:
            return None
        except (OSError, UserError) as error:
            return described(SCRIPT, error)
        except Exception:
            return self._mistake_of_ours()
        finally:
            self.seconds = time.monotonic() - started

    def _progress(self, stage: Stage, done: int, total: int) -> None:
        if self._is_called_off.is_set():
            raise JobCancelled
        self.told = (stage, done, total)

    def _mistake_of_ours(self) -> Outcome:
        print(traceback.format_exc(), file=sys.stderr, flush=True)
        said = f"{SCRIPT}: this met a mistake of ours; where the server runs there are details.\n"
        return Outcome(STATUS_SYSTEM_ERROR, error=said)
