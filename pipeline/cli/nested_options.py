"""Options in groups, given by their whole path or, where only one has it, by their last name alone.

`loop.total_steps=100` and `total_steps=100` are one thing on the command line, and so they are at the top of a user's
YAML. Which options there are is what the config itself says: its defaults list all of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from typing import Any

from pipeline.request.options import RequestError

Config = dict[str, Any]


def with_flat_names(config: Config) -> Config:
    """The config with options that stand at its top by their last name moved to where they belong.

    Raises RequestError for a name that several groups have.
    """
    groups = {name: value for name, value in config.items() if isinstance(value, Mapping)}
    paths = list(option_paths(groups))
    moved = {name: _full_path(name, paths) for name in config if name not in groups}
    result = deepcopy({name: value for name, value in config.items() if moved.get(name, name) == name})
    for name, path in moved.items():
        if path != name:
            _put(result, path, config[name])
    return result


def with_assignments(config: Config, assignments: Sequence[tuple[str, str]]) -> Config:
    """The config with `name=value` words of a command line, the last of one name counting. Raises RequestError."""
    result = deepcopy(config)
    for name, text in assignments:
        name = name.lstrip("+")
        top = [key for key, value in result.items() if not isinstance(value, Mapping)]
        _put(result, name if name in top else _full_path(name, list(option_paths(result))), read_value(text))
    return result


def read_value(text: str) -> Any:
    """What a word means in YAML: a number, true, a list...; the word itself where it is no YAML."""
    from omegaconf import OmegaConf
    from omegaconf.errors import OmegaConfBaseException
    from yaml import YAMLError

    try:
        return OmegaConf.to_container(OmegaConf.from_dotlist([f"value={text}"]), resolve=True)["value"]
    except (YAMLError, OmegaConfBaseException):
        return text


def option_paths(config: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    """The path of every option, such as loop.total_steps. An empty group counts as one."""
    for name, value in config.items():
        if isinstance(value, Mapping) and value:
            yield from option_paths(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}"


def _full_path(name: str, paths: Sequence[str]) -> str:
    """The path that a name stands for; the name itself where it is one, or where nothing has it."""
    found = [path for path in paths if path == name or path.endswith(f".{name}")]
    if name in found or not found:
        return name
    if len(found) > 1:
        raise RequestError(f"{name} can be {' or '.join(found)}: say which.")
    return found[0]


def _put(config: Config, path: str, value: Any) -> None:
    *groups, last = path.split(".")
    for depth, group in enumerate(groups):
        config = config.setdefault(group, {})
        if not isinstance(config, dict):
            raise RequestError(f"{'.'.join(groups[: depth + 1])} is an option and no group, so there is no {path}.")
    config[last] = value
