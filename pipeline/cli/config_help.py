"""Help from the comments of a YAML file: `-h` shows its text.

A comment line that stands alone begins a group, and so does a key whose options are indented under it; `option: default
# what it is` is an option, and indented comment lines under it continue its explanation.
"""

from __future__ import annotations

import re
import shutil
import textwrap
from dataclasses import dataclass
from functools import partial
from itertools import groupby, pairwise
from operator import attrgetter
from pathlib import Path

from paths import REPO_ROOT

_OPTION = re.compile(r"( *)([A-Za-z_]\w*):\s*((?!#).*?)\s*(?:(?:^|\s)#\s*(.*))?$")
_HEADING = re.compile(r"# (\S.*)")
_CONTINUED = re.compile(r"\s+#\s*(.*)")
MAX_WIDTH = 110


@dataclass
class OptionHelp:
    """An option as its YAML shows it, and the heading above it."""

    group: str
    name: str
    default: str
    about: str


def read_help(config_path: Path) -> list[OptionHelp]:
    """Return the options of a YAML, in its order."""
    options: list[OptionHelp] = []
    group = prefix = before = ""
    lines = [line for line in config_path.read_text(encoding="utf-8").splitlines() if not line.startswith("defaults:")]
    for line, after in pairwise([*lines, ""]):
        if (heading := _HEADING.fullmatch(line)) and not before.strip() and not after.strip():
            group = heading[1]
        elif (more := _CONTINUED.fullmatch(line)) and options:
            options[-1].about += " " + more[1]
        elif option := _OPTION.fullmatch(line):
            indent, name, default, about = option.groups(default="")
            if default:
                options.append(OptionHelp(group, f"{prefix}{name}" if indent else name, default, about))
            else:
                group, prefix = about or name, f"{name}."
        before = line
    return options


def help_text(script: str, purpose: str, example: str, config_path: Path) -> str:
    """Return the whole answer to `-h`, fitted to the terminal."""
    width = min(MAX_WIDTH, max(60, shutil.get_terminal_size((MAX_WIDTH, 24)).columns))
    wrap = partial(textwrap.wrap, width=width, break_long_words=False, break_on_hyphens=False)
    lines = [purpose, "", f"  python {script} {example}"]
    for group, options in groupby(read_help(config_path), attrgetter("group")):
        lines += ["", f"{group}:"]
        for option in options:
            default = "" if option.default in ("null", "''", '""', "[]") else f" (default {option.default})"
            lines += wrap(f"  {option.name:<27} {option.about}{default}", subsequent_indent=" " * 30)
    others = ", ".join(sorted(path.stem for path in config_path.parent.glob(f"{config_path.stem}_*.yaml")))
    names = [option.name for option in read_help(config_path)]
    name = next((name for name in names if name.endswith(("path", "folder"))), names[0])
    end = (
        f'Options are written name=value; quotes keep a value with spaces together: "{name}=A (1)". '
        f"Defaults are in {_shorten_path(config_path)}; "
        f"-cn {f'NAME selects {others}' if others else 'FILE takes your file'}."
    )
    return "\n".join([*lines, "", *wrap(end)])


def _shorten_path(config_path: Path) -> str:
    """Return the path of a config, relative to the project if possible."""
    is_bundled = config_path.is_relative_to(REPO_ROOT)
    return (config_path.relative_to(REPO_ROOT) if is_bundled else config_path).as_posix()
