"""A nested config -> nested dataclasses, with errors that name the option as it is typed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from difflib import get_close_matches
from types import NoneType, UnionType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from feedback.errors import UserError

T = TypeVar("T")


class OptionError(UserError):
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
            raise OptionError(_unknown(kind, prefix, name))
        values[name] = _value(hints[name], raw, f"{prefix}{name}")
    return kind(**values)


def option_defaults(kind: type, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """(path, default) of every option, such as ('loop.total_steps', 20000), in the order of the fields."""
    hints = get_type_hints(kind)
    for option in fields(kind):
        if is_dataclass(hints[option.name]):
            yield from option_defaults(hints[option.name], f"{prefix}{option.name}.")
        else:
            yield f"{prefix}{option.name}", _default(option)


def require(condition: bool, name: str, wanted: str, got: object) -> None:
    """Raises OptionError, as dataclasses of options do for values that are of the right kind and make no sense."""
    if not condition:
        raise OptionError(f"{name} must be {wanted}, got {got}.")


def require_one_of(allowed: tuple[str, ...], name: str, got: str) -> None:
    require(got in allowed, name, f"one of {', '.join(allowed)}", got)


def _unknown(kind: type, prefix: str, name: str) -> str:
    """The sentence about an option that there is not; it may be one of a group, spelt wrong."""
    paths = {path.rpartition(".")[2]: path for path, _ in option_defaults(kind)}
    nearest = get_close_matches(name, paths, n=1, cutoff=0.75)
    known = ", ".join(sorted(f.name for f in fields(kind)))
    hint = f"did you mean {prefix}{paths[nearest[0]]}?" if nearest else f"known are {known}."
    return f"There is no option {prefix}{name}; {hint}"


def _default(option: Field) -> Any:
    return option.default if option.default_factory is MISSING else option.default_factory()


def _value(wanted: Any, raw: Any, name: str) -> Any:
    origin = get_origin(wanted)
    if is_dataclass(wanted):
        if not isinstance(raw, Mapping):
            raise OptionError(f"{name} is a group of options, got {raw!r}.")
        return build_options(wanted, raw, f"{name}.")
    if origin is UnionType and NoneType in get_args(wanted):
        (kind,) = (k for k in get_args(wanted) if k is not NoneType)
        return None if raw is None else _value(kind, raw, name)
    if wanted is Any:
        return raw
    if wanted is str:
        return "" if raw is None else str(raw)
    if wanted is bool and isinstance(raw, bool):
        return raw
    if wanted is int and isinstance(raw, int) and not isinstance(raw, bool):
        return raw
    if wanted is float and isinstance(raw, int | float) and not isinstance(raw, bool):
        return float(raw)
    if origin is Mapping and isinstance(raw, Mapping):
        kind = get_args(wanted)[1]
        return {str(key): _value(kind, item, f"{name}.{key}") for key, item in raw.items()}
    if origin is tuple and isinstance(raw, list | tuple):
        return _tuple(get_args(wanted), raw, name)
    raise OptionError(f"{name} must be of kind {_kind_name(wanted)}, got {raw!r}.")


def _tuple(kinds: tuple[Any, ...], raw: list | tuple, name: str) -> tuple:
    if kinds[-1] is Ellipsis:
        kinds = (kinds[0],) * len(raw)
    if len(raw) != len(kinds):
        raise OptionError(f"{name} must be a list of {len(kinds)} values, got {raw!r}.")
    return tuple(_value(kind, item, name) for kind, item in zip(kinds, raw, strict=True))


def _kind_name(wanted: Any) -> str:
    origin = get_origin(wanted)
    if origin is tuple:
        return "list"
    return getattr(origin or wanted, "__name__", str(wanted))
