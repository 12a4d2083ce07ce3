"""Structured training configs as dataclasses; errors name the option as typed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

from omegaconf import OmegaConf

from feedback.errors import UserError

T = TypeVar("T")


class OptionError(UserError):
    """Config that does not fit; the message is one sentence."""


def build_options(kind: type[T], config: Mapping[str, Any]) -> T:
    """Return a config as a dataclass, with tuples for lists.

    What is missing keeps its default.
    """
    return _with_tuples(OmegaConf.to_object(OmegaConf.merge(OmegaConf.structured(kind), config)))


def require(condition: bool, name: str, expected: str, got: object) -> None:
    """Raise OptionError unless a value of the right type makes sense."""
    if not condition:
        raise OptionError(f"{name} must be {expected}, got {got}.")


def require_one_of(allowed: tuple[str, ...], name: str, got: str) -> None:
    require(got in allowed, name, f"one of {', '.join(allowed)}", got)


def with_changes(options: T, changes: Mapping[str, Any], group: str) -> T:
    """Return a copy of a dataclass with changed fields.

    A group of them may be a mapping.

    Args:
        group: Path of the options in messages.

    Raises:
        OptionError: There is no such field.
    """
    values = {}
    for name, value in changes.items():
        if name not in {field.name for field in fields(options)}:  # type: ignore[arg-type]
            raise OptionError(f"There is no option {group}.{name}.")
        own = getattr(options, name)
        values[name] = with_changes(own, value, f"{group}.{name}") if is_dataclass(own) else value
    return replace(options, **values)  # type: ignore[type-var]


def _with_tuples(options: T) -> T:
    for option in fields(options):  # type: ignore[arg-type]
        value = getattr(options, option.name)
        if isinstance(value, list):
            setattr(options, option.name, tuple(value))
        elif is_dataclass(value):
            _with_tuples(value)
    return options
