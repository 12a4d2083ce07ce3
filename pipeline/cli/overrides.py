"""Words of the command line -> overrides of Hydra.

Text is taken as it is: names of songs are full of `=`, `[` and `,`, so values of text options are quoted for Hydra's
grammar, unless the user did so. Options in groups are also found by their last name. With many runs, commas outside
quotes and brackets separate values, as in Hydra, and `*` in the name of a file stands for all files that match.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import is_dataclass
from functools import cache
from glob import glob
from os.path import isfile
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import ValueType
from hydra.errors import HydraException
from omegaconf import DictConfig, OmegaConf

from pipeline.cli.shell_words import command_line, is_in_quotes, quote
from pipeline.request import option_values
from pipeline.request.option_values import readers
from pipeline.request.options import RequestError, nearest_option

LISTED = "-h lists them all."

_WORD = re.compile(r"(\+{0,2}|~)([A-Za-z_][\w./@-]*)(?:=(.*))?", re.DOTALL)
_PART = re.compile(r"""(\s*(?:"[^"]*"|'(?:\\.|[^'\\])*'|\[[^\]]*\])[^,]*|[^,]*)(?:,|$)""", re.DOTALL)
_SWEEP = re.compile(r"(choice|range|interval|shuffle|sort|tag)\(.*\)", re.DOTALL)


@cache
def option_types(options: type) -> dict[str, Any]:
    """Return the types of a config's options by their paths.

    A path is loop.total_steps, for example.
    """
    types: dict[str, Any] = {}
    for name, kind in get_type_hints(options).items():
        inner = {f"{name}.{path}": each for path, each in option_types(kind).items()} if is_dataclass(kind) else {}
        types |= inner or {name: kind}
    return types


def full_path(name: str, known: Collection[str], hint: str = LISTED) -> str:
    """Return the path of an option given by path or last name.

    Raises:
        RequestError: There is no such option, or several groups have one. The hint is for names that none resembles.
    """
    if name not in known and any(path.startswith(f"{name}.") for path in known):
        raise RequestError(f"{name} is a group of options: write {name}.NAME=VALUE.")
    found = [name] if name in known else [path for path in known if path.endswith(f".{name}")]
    if len(found) > 1:
        raise RequestError(f"{name} can be {' or '.join(found)}: say which.")
    if found:
        return found[0]
    last_names = {path.rpartition(".")[2]: path for path in known}
    near = nearest_option(name.rpartition(".")[2], last_names)
    raise RequestError(f"There is no option {name}; " + (f"did you mean {last_names[near]}?" if near else hint))


def read_words(words: Sequence[str], config: DictConfig, sweeps: bool, example: str, files_option: str) -> list[str]:
    """Return Hydra's overrides for the words of a command line.

    Args:
        config: The structured config that they override.
        sweeps: Whether several values are several runs.
        example: Beginning of a correct command line.
        files_option: The list option that words without a name belong to, if there is one.

    Raises:
        RequestError: A word is no option, or none of this config.
    """
    overrides, files = [], []
    before = example.partition("=")[0] + "="
    for word in words:
        match = _WORD.fullmatch(word)
        # The shell cuts names at spaces.
        whole = before + ("" if before.endswith("=") else " ") + word
        whole = command_line([whole.replace("'", "").replace('"', "")])
        if match and (match[3] is not None or match[1] == "~"):
            is_cut = overrides and not match[1]
            hint = f"if it belongs to the word before it, put quotes around both: {whole}" if is_cut else LISTED
            overrides.append(override_of(word, config, sweeps, hint))
            before = word
        elif files_option:
            files.append(quote(word))
        else:
            raise RequestError(
                f"{word} is not an option; did you mean {whole}? "
                "Options are written name=value, without spaces around the =, and -h lists them all."
            )
    return [*overrides, f"{files_option}=[{','.join(files)}]"] if files else overrides


def override_of(word: str, config: DictConfig, sweeps: bool = False, hint: str = LISTED) -> str:
    """Return the override that Hydra reads for `name=value` or `~name`.

    The hint is for names that none resembles.
    """
    prefix, name, value = _WORD.fullmatch(word).groups()
    if name.startswith(("hydra.", "hydra/")):
        return word
    options = OmegaConf.get_type(config)
    types = option_types(options)
    is_entry = _plain(types.get(name.rpartition(".")[0])) is dict
    path = name if is_entry else full_path(name, types, hint)
    if prefix == "~":
        # Hydra deletes an option, so that its default applies, but refuses to delete None.
        return f"{path}=null" if OmegaConf.select(config, path) is None else f"~{path}"
    kind = Any if is_entry else _plain(types[path])
    is_file = readers(options).get(path) is option_values.path
    return f"{'++' if prefix or is_entry or kind is dict else ''}{path}={_value(value, kind, sweeps, is_file)}"


def split(text: str) -> list[str]:
    """Split a text at commas outside quotes and brackets.

    A part begins with these.
    """
    return [part.strip() for part in _PART.findall(text) if part.strip()] or [""]


def _value(text: str, kind: Any, sweeps: bool, is_file: bool) -> str:
    """Return an option's value, or several for a sweep, for Hydra."""
    if sweeps and _SWEEP.fullmatch(text):
        return text
    if kind in (str, list, tuple):
        values = _values_of_runs(text, is_file) if sweeps else [text]
        return ",".join(map(_text if kind is str else _list, values))
    is_read = _detect_type(text) is ValueType.ELEMENT or (sweeps and _detect_type(text) is not None)
    return text if is_read else quote(text)


def _values_of_runs(text: str, is_file: bool) -> list[str]:
    if not is_file:
        return split(text)
    if isfile(text):
        return [text]
    files = []
    for part in split(text):
        # Brackets are part of many songs' names, and no pattern.
        pattern = (part[1:-1] if is_in_quotes(part) else part).replace("[", "[[]")
        files += sorted(filter(isfile, glob(pattern, recursive=True))) or [part]
    return files


def _text(text: str) -> str:
    """Quote a text unless the user did."""
    if text in ("", "null") or (is_in_quotes(text) and _detect_type(text) is ValueType.ELEMENT):
        return text
    return quote(text[1:-1] if is_in_quotes(text) else text)


def _list(text: str) -> str:
    """Return a list with its items quoted, and brackets around it."""
    text = text.strip()
    if text == "null" or text.startswith("[") != text.endswith("]"):
        return _text(text)
    return f"[{','.join(_text(item) for item in split(text.removeprefix('[').removesuffix(']')) if item)}]"


def _detect_type(text: str) -> ValueType | None:
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
