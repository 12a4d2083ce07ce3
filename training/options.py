"""A nested config -> nested dataclasses, with errors that name the option as it is typed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any, TypeVar, get_args, get_type_hints

T = TypeVar("T")


class OptionError(ValueError):
    """A config that does not fit; the message is one sentence for the user."""


def build_options(kind: type[T], config: Mapping[str, Any], prefix: str = "") -> T:
    """An instance of a dataclass from a mapping of its fields; nested dataclasses from nested mappings.

    What is missing keeps its default. Raises OptionError for unknown names and for values of the wrong kind.
    """
    hints = get_type_hints(kind)
    known = {f.name for f in fields(kind)}  # type: ignore[arg-type]
    values = {}
    for name, raw in config.items():
        if name not in known:
            raise OptionError(f"There is no option {prefix}{name}; known are {', '.join(sorted(known))}.")
        values[name] = _value(hints[name], raw, f"{prefix}{name}")
    return kind(**values)


def _value(wanted: Any, raw: Any, name: str) -> Any:
    if is_dataclass(wanted):
        if not isinstance(raw, Mapping):
            raise OptionError(f"{name} is a group of options, got {raw!r}.")
        return build_options(wanted, raw, f"{name}.")
    if wanted is str:
        return "" if raw is None else str(raw)
    if wanted is bool and isinstance(raw, bool):
        return raw
    if wanted is int and isinstance(raw, int) and not isinstance(raw, bool):
        return raw
    if wanted is float and isinstance(raw, int | float) and not isinstance(raw, bool):
        return float(raw)
    if getattr(wanted, "__origin__", None) is Mapping and isinstance(raw, Mapping):
        return dict(raw)
    if getattr(wanted, "__origin__", None) is tuple and isinstance(raw, list | tuple):
        kinds = get_args(wanted)
        if len(raw) != len(kinds):
            raise OptionError(f"{name} must be a list of {len(kinds)} values, got {raw!r}.")
        return tuple(_value(kind, item, name) for kind, item in zip(kinds, raw, strict=True))
    wanted_name = getattr(wanted, "__name__", str(wanted))
    raise OptionError(f"{name} must be of kind {wanted_name}, got {raw!r}.")
