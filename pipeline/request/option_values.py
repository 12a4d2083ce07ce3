"""Readers of one value from YAML, command line or web form.

A reader takes the option's name, as the user types it, and the raw value, and raises RequestError with one sentence. A
raw value is text or what YAML made of it. Readers with limits are dataclasses, so that a form can show the limits.
"""

from __future__ import annotations

import math
import os
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from enum import Enum
from pathlib import Path
from typing import Any

from pipeline.request.options import RequestError, unknown_option

Reader = Callable[[str, object], Any]

MAX_TEXT_CHARS = 1000
_BOOLEANS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}


def option(reader: Reader, default: Any = None) -> Any:
    """Return a field of an option dataclass with its reader."""
    if isinstance(default, list):
        return field(default_factory=default.copy, metadata={"reader": reader})
    return field(default=default, metadata={"reader": reader})


def readers(options: type) -> dict[str, Reader]:
    """Return every option of a dataclass with its reader."""
    return {each.name: each.metadata["reader"] for each in fields(options) if "reader" in each.metadata}


def read_options(options: type, flat: Mapping[str, object]) -> dict[str, Any]:
    """Return the checked values of the options that are given.

    Args:
        flat: Option -> raw value, text or what YAML made of it.

    Raises:
        RequestError: An option is unknown, or its value is wrong.
    """
    known = readers(options)
    for name in flat:
        if name not in known:
            raise RequestError(unknown_option(name, known))
    return {name: known[name](name, raw) for name, raw in flat.items() if not is_absent(raw)}


def is_absent(raw: object) -> bool:
    """Return whether an option is empty: nothing, `null`, or []."""
    return raw is None or raw in ("", "null", "[]") or (isinstance(raw, list | tuple) and not raw)


@dataclass(frozen=True, slots=True)
class Number:
    """Number within low..high inclusive, with at most `decimals` decimals.

    Without `high` there is no upper limit.
    """

    low: float
    high: float | None = None
    decimals: int | None = None

    def __call__(self, name: str, raw: object) -> float:
        value = _parse_number(raw)
        hint = f"; write {raw.replace(',', '.')}" if isinstance(raw, str) and re.fullmatch("[0-9]+,[0-9]+", raw) else ""
        _require(not math.isnan(value), name, f"a number {self._limits()}", raw, hint)
        self._require_within(name, value, raw)
        if self.decimals is not None and round(value, self.decimals) != value:
            raise RequestError(f"{name} may have {self.decimals} decimal at most, got {_format_raw(raw)}.")
        return float(value)

    def _require_within(self, name: str, value: float, raw: object) -> None:
        _require(self.low <= value and (self.high is None or value <= self.high), name, self._limits(), raw)

    def _limits(self) -> str:
        return f"{self.low} or more" if self.high is None else f"within {self.low}..{self.high}"


@dataclass(frozen=True, slots=True)
class WholeNumber(Number):
    """A whole number; `unit`: how messages name what it counts."""

    unit: str = ""

    def __call__(self, name: str, raw: object) -> int:
        value = _parse_number(raw)
        _require(float(value).is_integer(), name, f"a whole number of {self.unit}".removesuffix(" of "), raw)
        self._require_within(name, value, raw)
        return int(value)


def yes_or_no(name: str, raw: object) -> bool:
    value = _BOOLEANS.get(str(raw).strip().lower())
    _require(value is not None, name, "true or false", raw)
    return bool(value)


def text(name: str, raw: object) -> str:
    """Parse one line of text."""
    value = str(raw).strip()
    if any(unicodedata.category(char) == "Cc" for char in value):
        raise RequestError(f"{name} must be one line of text without control characters.")
    if len(value) > MAX_TEXT_CHARS:
        raise RequestError(f"{name} must have at most {MAX_TEXT_CHARS} characters, got {len(value)}.")
    return value


def path(name: str, raw: object) -> Path:
    """Parse a path; `~` is the home folder."""
    if "\0" in str(raw):
        raise RequestError(f"{name} is not a path.")
    return Path(os.path.expanduser(str(raw)))


def words(name: str, raw: object) -> tuple[str, ...]:
    """Parse words separated by spaces, or a list."""
    return items(name, raw) if isinstance(raw, list | tuple) else tuple(text(name, raw).split())


def items(name: str, raw: object) -> tuple[str, ...]:
    """Parse a list: `[a,b]`, `a,b`, or one from YAML.

    Each item is one line of text; quotes around it are dropped.
    """
    if isinstance(raw, list | tuple):
        parts = [str(part) for part in raw]
    else:
        value = str(raw).strip()
        _require(value.startswith("[") == value.endswith("]"), name, "a list such as [a,b]", raw)
        parts = value.removeprefix("[").removesuffix("]").split(",")
    cleaned = (text(name, part.strip().strip("'\"")) for part in parts)
    return tuple(part for part in cleaned if part)


@dataclass(frozen=True, slots=True)
class OneOf:
    """One of a few words, in any case."""

    allowed: tuple[str, ...]

    def __call__(self, name: str, raw: object) -> str:
        value = str(raw).strip().lower()
        _require(value in self.allowed, name, f"one of {', '.join(self.allowed)}", raw)
        return value


@dataclass(frozen=True, slots=True)
class Members:
    """List of members of an enumeration by name, in any case.

    Each occurs once; `spelt` is their spelling in messages.
    """

    kind: type[Enum]
    spelt: Callable[[str], str] = str.upper

    def __call__(self, name: str, raw: object) -> tuple[Any, ...]:
        names = [item.upper() for item in items(name, raw)]
        known = ", ".join(map(self.spelt, self.kind.__members__))
        _require(all(item in self.kind.__members__ for item in names), name, f"a list of {known}", raw)
        return tuple(dict.fromkeys(self.kind[item] for item in names))


def _require(is_right: bool, name: str, expected: str, raw: object, hint: str = "") -> None:
    if not is_right:
        raise RequestError(f"{name} must be {expected}, got {_format_raw(raw)}{hint}.")


def _parse_number(raw: object) -> float:
    """Return a finite number; NaN for all else."""
    for kind in (int, float):  # through a float a large seed would lose its last digits
        try:
            value = kind(str(raw).strip())
            return value if math.isfinite(value) else math.nan
        except (ValueError, OverflowError):
            continue
    return math.nan


def _format_raw(raw: object) -> str:
    """Return a raw value as the user typed it, shortened."""
    if isinstance(raw, float) and raw.is_integer():
        raw = int(raw)
    shown = "[" + ",".join(map(str, raw)) + "]" if isinstance(raw, list | tuple) else str(raw)
    return shown if len(shown) <= 60 else shown[:57] + "..."
