"""Outcomes of runs: exit statuses, and errors in one sentence.

The errors of Hydra and OmegaConf are included.
"""

from __future__ import annotations

import os
import re
import sys
import traceback
from collections.abc import Callable
from dataclasses import is_dataclass
from typing import NamedTuple

from hydra.errors import HydraException, MissingConfigException
from omegaconf.errors import OmegaConfBaseException, ValidationError
from yaml import YAMLError

from feedback.errors import UserError
from pipeline.request.option_values import readers
from pipeline.request.options import RequestError

STATUS_SYSTEM_ERROR, STATUS_WRONG_INPUT = 1, 2


class Outcome(NamedTuple):
    """Outcome of a run: exit status, output, and error message."""

    status: int
    said: str = ""
    error: str = ""

    def show(self) -> int:
        """Print output and error; return the status."""
        print(self.said, end="", flush=True)
        print(self.error, end="", file=sys.stderr, flush=True)
        return self.status


def outcome_of(script: str, action: Callable[[], int | None]) -> Outcome:
    """Run an action; return its exit status or its error.

    None stands for 0.
    """
    try:
        status = action() or 0
        sys.stdout.flush()
        return Outcome(status)
    except BrokenPipeError:
        # The reader of the output is gone; the interpreter must not try to flush it again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Outcome(STATUS_SYSTEM_ERROR)
    except Exception as error:
        return describe(script, error)


def describe(script: str, error: Exception) -> Outcome:
    """Return the exit status and the sentence of an error.

    A bug gets a traceback.
    """
    if isinstance(error, HydraException | OmegaConfBaseException | YAMLError):
        error = UserError(_explain(error))
    if isinstance(error, UserError):
        return Outcome(STATUS_WRONG_INPUT, error=f"{script}: {error}\n")
    if isinstance(error, OSError):
        what = f"{error.filename}: " if error.filename else ""
        return Outcome(STATUS_SYSTEM_ERROR, error=f"{script}: {what}{error.strerror or error}\n")
    return Outcome(STATUS_SYSTEM_ERROR, error="".join(traceback.format_exception(error)))


def first_line(error: Exception) -> str:
    """Return what comes first in an error that may have many lines."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()] or [type(error).__name__]
    return " ".join(lines[: 2 if lines[0].endswith(":") else 1]).rstrip(".")


def _explain(error: Exception) -> str:
    """Return one sentence about a config error that names the option."""
    if isinstance(error, MissingConfigException) and error.options:
        group, _, name = str(error.missing_cfg_file).rpartition("/")
        known = ", ".join(error.options)
        return f"{group} must be one of {known}, got {name}; others come with requirements-launchers.txt."
    if isinstance(error, YAMLError):
        return " ".join(str(error).split()) + "."
    cause = error.__cause__ if isinstance(error.__cause__, OmegaConfBaseException) else error
    path = re.sub(r"\[\d+\]", "", str(getattr(cause, "full_key", None) or ""))
    owner = getattr(cause, "object_type", None)
    if isinstance(cause, ValidationError) and is_dataclass(owner) and path in readers(owner):
        try:
            readers(owner)[path](path, cause.value)
        except RequestError as limits:
            return str(limits)
    return f"{path}: {first_line(cause)}." if path else f"{first_line(cause)}."
