"""Many runs from one command line: `name=a,b` words -> every combination of their values.

As in Hydra's multirun, commas stand between values, the first option varies slowest, and quotes or brackets keep the
commas of one value together. Two things are ours: a value that is the name of a file counts as one whatever is in it,
and `*` and `?` in the name of a file stand for all files that fit, since Windows has no shell that would do it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from glob import glob
from itertools import product
from pathlib import Path

from pipeline.request.options import RequestError

Assignments = Sequence[tuple[str, str]]

_CLOSING = {'"': '"', "'": "'", "[": "]"}


def combinations(assignments: Assignments, path_options: Collection[str] = ()) -> list[list[tuple[str, str]]]:
    """One list of assignments for each run. Raises RequestError for a pattern that no file fits."""
    values = [choices(key, value, key.lstrip("+") in path_options) for key, value in assignments]
    keys = [key for key, _ in assignments]
    return [list(zip(keys, chosen, strict=True)) for chosen in product(*values)]


def choices(key: str, text: str, is_path: bool = False) -> list[str]:
    """The values that a word gives to an option."""
    if is_path and _is_there(text):
        return [text]
    parts = split(text)
    return [found for part in parts for found in (_files(key, part) if is_path else [part])]


def split(text: str) -> list[str]:
    """The text at its commas, except those inside of quotes or brackets that a part begins with."""
    parts: list[str] = []
    rest = text
    while True:
        end = _end_of_part(rest)
        parts.append(rest[:end].strip())
        if end >= len(rest):
            return [part for part in parts if part] or [""]
        rest = rest[end + 1 :]


def _end_of_part(text: str) -> int:
    """Where the first comma is that ends a part; the length of the text where there is none."""
    start = len(text) - len(text.lstrip())
    closing = _CLOSING.get(text[start : start + 1])
    inside = text.find(closing, start + 1) if closing else -1
    comma = text.find(",", max(start, inside))
    return len(text) if comma < 0 else comma


def _files(key: str, pattern: str) -> list[str]:
    """The files that fit a pattern, in order; a name without a pattern stands for itself."""
    name = pattern.strip("'\"")
    if not any(char in name for char in "*?") or _is_there(name):
        return [pattern]
    # Brackets are part of many songs' names, and no pattern.
    found = sorted(path for path in glob(name.replace("[", "[[]"), recursive=True) if Path(path).is_file())
    if not found:
        raise RequestError(f"{key}: no file fits {name}.")
    return found


def _is_there(name: str) -> bool:
    try:
        return Path(name).is_file()
    except (OSError, ValueError):
        return False
