"""Reading one value: what came from a YAML file, a command line or a web form -> a checked Python value.

Each reader takes the option's name, as the user types it, and the raw value, and raises RequestError with one sentence.
A raw value is text or what YAML made of it.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any, TypeVar

from pipeline.options import RequestError

Reader = Callable[[str, object], Any]
Function = TypeVar("Function", bound=Callable)
Kind = TypeVar("Kind", bound=Enum)

MAX_TEXT_CHARS = 1000
_TRUE = ("true", "yes", "on")
_FALSE = ("false", "no", "off")
_WHOLE = re.compile(r"[+-]?[0-9]{1,25}")
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)(e[+-]?[0-9]+)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ValueKind:
    """What a form can know about the values of an option: number, whole, yes_no, text, path, list or choice.

    `low` and `high` are both included; `choices` are what a choice or a list is made of, where that is known.
    """

    name: str
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()


def takes(name: str, low: float | None = None, high: float | None = None, choices: tuple[str, ...] = ()) -> Callable:
    """Says of a reader which kind of values it reads."""

    def described(read: Function) -> Function:
        read.kind = ValueKind(name, low, high, choices)  # type: ignore[attr-defined]
        return read

    return described


def kind_of(read: Reader) -> ValueKind:
    """The kind of values that a reader reads."""
    return read.kind  # type: ignore[attr-defined]


def is_absent(raw: object) -> bool:
    """Whether an option was left empty: nothing, `null`, or an empty list."""
    return raw is None or raw in ("", "null", "[]") or (isinstance(raw, list | tuple) and not raw)


def number(low: float, high: float, decimals: int | None = None) -> Reader:
    """A number within low..high, both included, with at most `decimals` decimals."""

    @takes("number", low, high)
    def read(name: str, raw: object) -> float:
        value = _as_number(name, raw)
        if not low <= value <= high:
            raise RequestError(f"{name} must be within {low:g}..{high:g}, got {_shown(raw)}.")
        if decimals is not None and -Decimal(repr(value)).normalize().as_tuple().exponent > decimals:
            raise RequestError(f"{name} may have {decimals} decimal at most, got {_shown(raw)}.")
        return value

    return read


def whole_number(low: int, high: int | None = None) -> Reader:
    """A whole number within low..high, both included."""

    @takes("whole", low, high)
    def read(name: str, raw: object) -> int:
        value = _as_number(name, raw)
        if value != int(value):
            raise RequestError(f"{name} must be a whole number, got {_shown(raw)}.")
        # Through a float a large seed would lose its last digits.
        whole = int(str(raw).strip()) if _WHOLE.fullmatch(str(raw).strip()) else int(value)
        if whole < low or (high is not None and whole > high):
            wanted = f"within {low}..{high}" if high is not None else f"{low} or more"
            raise RequestError(f"{name} must be {wanted}, got {_shown(raw)}.")
        return whole

    return read


@takes("yes_no")
def yes_or_no(name: str, raw: object) -> bool:
    if isinstance(raw, bool):
        return raw
    text = str(raw).strip().lower()
    if text in _TRUE or text in _FALSE:
        return text in _TRUE
    raise RequestError(f"{name} must be true or false, got {_shown(raw)}.")


@takes("text")
def text(name: str, raw: object) -> str:
    """One line of text."""
    value = str(raw).strip()
    if any(unicodedata.category(char) == "Cc" for char in value):
        raise RequestError(f"{name} must be one line of text without control characters.")
    if len(value) > MAX_TEXT_CHARS:
        raise RequestError(f"{name} must have at most {MAX_TEXT_CHARS} characters, got {len(value)}.")
    return value


@takes("path")
def path(name: str, raw: object) -> Path:
    """A path, `~` being the home folder."""
    if isinstance(raw, Path):
        return raw
    value = str(raw)
    if "\0" in value:
        raise RequestError(f"{name} is not a path.")
    try:
        return Path(value).expanduser()
    except RuntimeError as error:
        raise RequestError(f"{name} names a home folder that is not known: {_shown(raw)}.") from error


@takes("text")
def words(name: str, raw: object) -> tuple[str, ...]:
    """Words separated by spaces, or a list."""
    return items(name, raw) if isinstance(raw, list | tuple) else tuple(text(name, raw).split())


@takes("list")
def items(name: str, raw: object) -> tuple[str, ...]:
    """A list: `[a,b]`, `a,b`, or one from YAML; each item one line of text, quotes around it dropped."""
    if isinstance(raw, list | tuple):
        parts = [str(part) for part in raw]
    else:
        value = str(raw).strip()
        if value.startswith("[") != value.endswith("]"):
            raise RequestError(f"{name} must be a list such as [a,b], got {_shown(raw)}.")
        parts = value.removeprefix("[").removesuffix("]").split(",")
    cleaned = (text(name, part.strip().strip("'\"")) for part in parts)
    return tuple(part for part in cleaned if part)


def counts(total: int) -> Reader:
    """How many of `total` steps to take: one number, or a list of numbers for as many equal sections of them."""

    @takes("text")
    def read(name: str, raw: object) -> int | tuple[int, ...]:
        if not isinstance(raw, list | tuple) and not str(raw).strip().startswith("["):
            return whole_number(1, total)(name, raw)
        parts = [whole_number(0, total)(name, part) for part in items(name, raw)]
        size, extra = divmod(total, len(parts)) if parts else (0, 0)
        for index, count in enumerate(parts):
            if count > size + (index < extra):
                raise RequestError(
                    f"{name} lists {len(parts)} sections of {size} steps each, so none can have {count} of them."
                )
        if not sum(parts):
            raise RequestError(f"{name} must ask for a step at least, got {_shown(raw)}.")
        return tuple(parts)

    return read


def one_of(*allowed: str) -> Reader:
    """One of a few words, in any case."""

    @takes("choice", choices=allowed)
    def read(name: str, raw: object) -> str:
        value = str(raw).strip().lower()
        if value not in allowed:
            raise RequestError(f"{name} must be one of {', '.join(allowed)}, got {_shown(raw)}.")
        return value

    return read


def members(kind: type[Kind], spelt: Callable[[str], str] = str.upper) -> Reader:
    """A list of members of an enumeration by name, each once, in any case; `spelt`: how messages write them."""

    @takes("list", choices=tuple(map(spelt, kind.__members__)))
    def read(name: str, raw: object) -> tuple[Kind, ...]:
        names = [item.upper() for item in items(name, raw)]
        for item in names:
            if item not in kind.__members__:
                known = ", ".join(map(spelt, kind.__members__))
                raise RequestError(f"{name} must be a list of {known}, got {_shown(raw)}.")
        return tuple(dict.fromkeys(kind[item] for item in names))

    return read


def _as_number(name: str, raw: object) -> float:
    is_number = isinstance(raw, int | float) and not isinstance(raw, bool)
    value = float(raw) if is_number or _NUMBER.fullmatch(str(raw).strip()) else math.nan  # type: ignore[arg-type]
    if not math.isfinite(value):
        raise RequestError(f"{name} must be a number, got {_shown(raw)}.")
    return value


def _shown(raw: object) -> str:
    """A raw value as the user typed it, shortened."""
    shown = "[" + ",".join(map(str, raw)) + "]" if isinstance(raw, list | tuple) else str(raw)
    return shown if len(shown) <= 60 else shown[:57] + "..."
