"""`-h` from the comments of a YAML: what users read in the file is what the help says.

A comment line that stands alone begins a group, and so does a key whose options are indented under it;
`option: default  # what it is` is an option, and indented comment lines under it continue its explanation. Nothing but
the standard library is imported, so the answer comes at once.
"""

from __future__ import annotations

import re
import shutil
import textwrap
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

_OPTION = re.compile(r"(?P<indent> *)(?P<name>[A-Za-z_]\w*):\s*(?P<default>(?!#).*?)\s*(?:(?:^|\s)#\s*(?P<about>.*))?$")
_HEADING = re.compile(r"# (?P<heading>\S.*)")
_CONTINUED = re.compile(r"\s+#\s*(?P<more>.*)")
MAX_WIDTH = 110


@dataclass
class OptionHelp:
    """An option as its YAML shows it."""

    name: str
    default: str
    about: str


@dataclass
class HelpGroup:
    heading: str
    options: list[OptionHelp] = field(default_factory=list)


def read_help(config_path: Path) -> list[HelpGroup]:
    """The groups of options in a YAML, in its order; options before the first heading have an empty one."""
    groups = [HelpGroup("")]
    parent = ""
    before, *lines = ["", *config_path.read_text(encoding="utf-8").splitlines(), ""]
    for line, after in pairwise(lines):
        options = groups[-1].options
        if heading := _HEADING.fullmatch(line):
            if not before.strip() and not after.strip():
                groups.append(HelpGroup(heading["heading"]))
        elif more := _CONTINUED.fullmatch(line):
            if options:
                options[-1].about += " " + more["more"]
        elif option := _OPTION.fullmatch(line):
            if not option["default"]:
                parent = option["name"]
                groups.append(HelpGroup(option["about"] or parent))
            else:
                name = f"{parent}.{option['name']}" if option["indent"] else option["name"]
                options.append(OptionHelp(name, option["default"], option["about"] or ""))
        before = line
    return [group for group in groups if group.options]


def help_text(script: str, purpose: str, example: str, config_path: Path) -> str:
    """The whole answer to `-h`, fitted to the terminal."""
    width = min(MAX_WIDTH, max(60, shutil.get_terminal_size((MAX_WIDTH, 24)).columns))
    lines = [purpose, "", f"  python {script} {example}", ""]
    groups = read_help(config_path)
    name_column = max(len(option.name) for group in groups for option in group.options)
    for group in groups:
        lines += [f"{group.heading}:"] if group.heading else []
        for option in group.options:
            lines += _option_lines(option, name_column, width)
        lines.append("")
    lines += textwrap.wrap(
        "Options are written name=value, in any order; quotes keep a word with spaces or brackets together: "
        f'"{example.partition("=")[0]}=Some Name (1)".',
        width,
    )
    others = sorted(path.stem for path in config_path.parent.glob(f"{config_path.stem}_*.yaml"))
    such = f": {', '.join(others)}" if others else ""
    lines += textwrap.wrap(
        f"The defaults are in configs/{config_path.name}; -cn NAME takes another file of that folder{such}.",
        width,
        break_on_hyphens=False,
    )
    return "\n".join(lines)


def _option_lines(option: OptionHelp, name_column: int, width: int) -> list[str]:
    default = "" if option.default in ("null", "''", '""', "[]") else f" (default {option.default})"
    return textwrap.wrap(
        (option.about + default).strip(),
        width,
        initial_indent=f"  {option.name:<{name_column}} ",
        subsequent_indent=" " * (name_column + 3),
        break_long_words=False,
        break_on_hyphens=False,
    )
