"""Limits of a case, and what went beyond them."""

from __future__ import annotations

import resource
import signal
import sys
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tqdm import tqdm

from feedback.errors import UserError

MAX_SECONDS = 5.0
"""CPU time of a case in process, beside that of a sane one, which is far less."""

MAX_GROWTH_MIB = 1024.0
MAX_ADDRESS_BYTES = 12 * 2**30
"""Memory of a process, far beyond a case: an array without end raises MemoryError, and the machine lives."""


class TooSlow(BaseException):
    """A case took too long.

    Not an Exception, so that nothing on the way catches it.
    """


@dataclass
class FuzzReport:
    """Counts of outcomes, and failures with the seeds that repeat them."""

    outcomes: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    slowest: dict[str, tuple[float, int]] = field(default_factory=dict)

    def run(self, name: str, seed: int, case: Callable[[], object], max_seconds: float = MAX_SECONDS) -> object:
        """Run a case within its limits; a UserError counts as an outcome."""
        before_mib, before_s = peak_mib(), cpu_s()
        result = None
        try:
            with time_limit(max_seconds):
                result = case()
            self.outcomes[f"{name}: done"] += 1
        except UserError as error:
            self.outcomes[f"{name}: refused"] += 1
            if not str(error) or "\n" in str(error):
                self.fail(f"{name}, seed {seed}: {str(error)!r} is no sentence")
        except TooSlow as error:
            self.fail(f"{name}, seed {seed}: longer than {max_seconds:g} s\n{_place(error)}")
        except Exception as error:
            self.fail(f"{name}, seed {seed}: {type(error).__name__}: {error}\n{_place(error)}")
        if peak_mib() - before_mib > MAX_GROWTH_MIB:
            self.fail(f"{name}, seed {seed}: {peak_mib() - before_mib:.0f} MiB more")
        took = (cpu_s() - before_s, seed)
        self.slowest[name] = max(took, self.slowest.get(name, took))
        return result

    def fail(self, failure: str) -> None:
        """Keep a failure, and show it at once."""
        self.failures.append(failure)
        self.say(failure)

    @staticmethod
    def say(line: str) -> None:
        """Show a line at once: many cases take hours."""
        tqdm.write(line)
        sys.stdout.flush()

    def lines(self) -> Iterator[str]:
        """Yield what there is to tell."""
        for outcome, count in sorted(self.outcomes.items()):
            yield f"{count:7} {outcome}"
        for name, (seconds, seed) in sorted(self.slowest.items()):
            yield f"slowest {name}: {seconds:.2f} s CPU (seed {seed})"
        yield f"{len(self.failures)} failures"


def limit_memory() -> None:
    """Let this process have no more than MAX_ADDRESS_BYTES."""
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (MAX_ADDRESS_BYTES, hard))


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise TooSlow after so many seconds of CPU time."""

    def stop(*_: object) -> None:
        raise TooSlow

    # Time in the system counts too: arrays without end are mostly that.
    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def cpu_s() -> float:
    """Return the CPU time of this process."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def peak_mib() -> float:
    """Return the largest memory of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _place(error: BaseException) -> str:
    """Return the innermost frames of a traceback."""
    frames = traceback.extract_tb(error.__traceback__)[-6:]
    return "\n".join(f"    {frame.filename}:{frame.lineno} {frame.name}" for frame in frames)
