"""Words of the command line -> overrides of Hydra.

Text is taken as it is: names of songs are full of `=`, `[` and `,`, so values of text options are quoted for Hydra's
grammar, unless the user did so. Options in groups are also found by their last name. With many runs, commas outside
quotes and brackets separate values, as in Hydra, and `*` in the name of a file stands for all files that match.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, is_dataclass
from functools import cache
from glob import glob
from os.path import isfile
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Quote, QuotedString, ValueType
from hydra.errors import HydraException
from omegaconf import DictConfig, OmegaConf

from pipeline.request.options import RequestError, nearest_option

_WORD = re.compile(r"(?P<prefix>\+{0,2}|~)(?P<name>[A-Za-z_][\w./@-]*)(?:=(?P<value>.*))?", re.DOTALL)
_PART = re.compile(r"""(\s*(?:"[^"]*"|'(?:\\.|[^'\\])*'|\[[^\]]*\])[^,]*|[^,]*)(?:,|$)""", re.DOTALL)
_SWEEP = re.compile(r"(choice|range|interval|shuffle|sort|tag)\(.*\)", re.DOTALL)


@dataclass(frozen=True)
class Override:
    """A word of the command line about an option, and the text that Hydra reads; empty if it changes nothing."""

    word: str
    path: str
    value: str | None
    text: str


@cache
def option_types(options: type) -> dict[str, Any]:
    """Return the path of every option of a structured config, such as loop.total_steps, with its type."""
    types: dict[str, Any] = {}
    for name, kind in get_type_hints(options).items():
        inner = {f"{name}.{path}": each for path, each in option_types(kind).items()} if is_dataclass(kind) else {}
        types |= inner or {name: kind}
    return types


def full_path(name: str, known: Collection[str], hint: str = "-h lists them all.") -> str:
    """Return the path of an option that is given by its path or by its last name.

    Args:
        hint: Advice if no option has a similar name.

    Raises:
        RequestError: There is no such option, or several groups have one.
    """
    found = [name] if name in known else [path for path in known if path.endswith(f".{name}")]
    if len(found) > 1:
        raise RequestError(f"{name} can be {' or '.join(found)}: say which.")
    if found:
        return found[0]
    if any(path.startswith(f"{name}.") for path in known):
        raise RequestError(f"{name} is a group of options: write {name}.NAME=VALUE.")
    last_names = {path.rpartition(".")[2]: path for path in known}
    near = nearest_option(name.rpartition(".")[2], last_names)
    raise RequestError(f"There is no option {name}; " + (f"did you mean {last_names[near]}?" if near else hint))


def is_about_option(word: str) -> bool:
    """Whether a word is `name=value` or `~name`."""
    match = _WORD.fullmatch(word)
    return match is not None and (match["value"] is not None or match["prefix"] == "~")


def override_of(word: str, config: DictConfig, sweeps: bool, path_options: Collection[str], hint: str) -> Override:
    """Return the override that Hydra reads for a word about an option.

    Args:
        config: The structured config that it overrides.
        sweeps: Whether several values are several runs.
        path_options: Options whose values are files.
        hint: Advice if no option has a similar name.
    """
    match = _WORD.fullmatch(word)
    assert match is not None, "the word is about an option"
    name, value = match["name"], match["value"]
    if re.match(r"hydra[./]", name):
        return Override(word, name, value, word)
    types = option_types(OmegaConf.get_type(config))
    is_entry = _plain(types.get(name.rpartition(".")[0])) is dict
    path = name if is_entry else full_path(name, types, hint)
    if match["prefix"] == "~":
        # Hydra deletes an option, so that its default applies, but refuses to delete None.
        return Override(word, path, value, "" if OmegaConf.select(config, path) is None else f"~{path}")
    kind = Any if is_entry else _plain(types[path])
    prefix = "++" if match["prefix"] or is_entry or kind is dict else ""
    return Override(word, path, value, f"{prefix}{path}={_values(value, kind, sweeps, path in path_options)}")


def split(text: str) -> list[str]:
    """Split a text at its commas, except those inside quotes or brackets that a part begins with."""
    return [part.strip() for part in _PART.findall(text) if part.strip()] or [""]


def quoted(text: str) -> str:
    """Quote a text for Hydra's grammar and OmegaConf's interpolation, so that it is read back as it is."""
    return QuotedString(re.sub(r"(\\*)\$\{", r"\1\1\\${", text), Quote.single).with_quotes()


def quoted_once(text: str) -> str:
    """Quote a text unless the user did."""
    if text in ("", "null") or (is_in_quotes(text) and _parsed_as(text) is ValueType.ELEMENT):
        return text
    return quoted(text[1:-1] if is_in_quotes(text) else text)


def is_in_quotes(text: str) -> bool:
    return len(text) > 1 and text[0] == text[-1] and text[0] in "'\""


def _values(text: str, kind: Any, sweeps: bool, is_path: bool) -> str:
    """Return the value of an option, or its values for several runs, as Hydra reads them."""
    if sweeps and _SWEEP.fullmatch(text):
        return text
    if kind not in (str, list, tuple):
        is_read = _parsed_as(text) is ValueType.ELEMENT or (sweeps and _parsed_as(text) is not None)
        return text if is_read else quoted(text)
    values = split(text) if sweeps and not (is_path and isfile(text)) else [text]
    if sweeps and is_path:
        values = [file for value in values for file in _files(value)]
    return ",".join(quoted_once(value) if kind is str else _list(value) for value in values)


def _list(text: str) -> str:
    """Return a list with its items quoted, and brackets around it."""
    text = text.strip()
    if text == "null" or text.startswith("[") != text.endswith("]"):
        return quoted_once(text)
    items = split(text.removeprefix("[").removesuffix("]"))
    return f"[{','.join(quoted_once(item) for item in items if item)}]"


def _files(pattern: str) -> list[str]:
    """Return the files that a pattern matches, in order; the pattern if there are none."""
    name = pattern[1:-1] if is_in_quotes(pattern) else pattern
    # Brackets are part of many songs' names, and no pattern.
    return sorted(filter(isfile, glob(name.replace("[", "[[]"), recursive=True))) or [pattern]


def _parsed_as(text: str) -> ValueType | None:
    """Return what Hydra reads a value as; None if it cannot."""
    try:
        return OverridesParser.create().parse_override(f"value={text}").value_type
    except HydraException:
        return None


def _plain(kind: Any) -> Any:
    """Return a type without None and without the types of its items."""
    if isinstance(kind, UnionType):
        kind = next(each for each in get_args(kind) if each is not NoneType)
    return get_origin(kind) or kind
