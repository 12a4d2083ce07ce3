"""`-h` from the comments of a YAML: what users read in the file is what the help says.

A comment line that stands alone begins a group, and so does a key whose options are indented under it;
`option: default  # what it is` is an option, and indented comment lines under it continue its explanation.
"""

from __future__ import annotations

import re
import shutil
import textwrap
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

_OPTION = re.compile(r"( *)([A-Za-z_]\w*):\s*((?!#).*?)\s*(?:(?:^|\s)#\s*(.*))?$")
_HEADING = re.compile(r"# (\S.*)")
_CONTINUED = re.compile(r"\s+#\s*(.*)")
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
    """Return the groups of options in a YAML, in its order; options before the first heading have an empty one."""
    groups = [HelpGroup("")]
    prefix = before = ""
    lines = [line for line in config_path.read_text(encoding="utf-8").splitlines() if not line.startswith("defaults:")]
    for line, after in pairwise([*lines, ""]):
        options = groups[-1].options
        if (heading := _HEADING.fullmatch(line)) and not before.strip() and not after.strip():
            groups.append(HelpGroup(heading[1]))
        elif (more := _CONTINUED.fullmatch(line)) and options:
            options[-1].about += " " + more[1]
        elif option := _OPTION.fullmatch(line):
            indent, name, default, about = option.groups(default="")
            if default:
                options.append(OptionHelp(f"{prefix}{name}" if indent else name, default, about))
            else:
                prefix = f"{name}."
                groups.append(HelpGroup(about or name))
        before = line
    return [group for group in groups if group.options]


def help_text(script: str, purpose: str, example: str, config_path: Path) -> str:
    """Return the whole answer to `-h`, fitted to the terminal."""
    width = min(MAX_WIDTH, max(60, shutil.get_terminal_size((MAX_WIDTH, 24)).columns))
    lines = [purpose, "", f"  python {script} {example}"]
    for group in read_help(config_path):
        lines += ["", f"{group.heading}:"]
        for option in group.options:
            default = "" if option.default in ("null", "''", '""', "[]") else f" (default {option.default})"
            lines += textwrap.wrap(
                f"  {option.name:<27} {option.about}{default}",
                width,
                subsequent_indent=" " * 30,
                break_long_words=False,
                break_on_hyphens=False,
            )
    others = ", ".join(sorted(path.stem for path in config_path.parent.glob(f"{config_path.stem}_*.yaml")))
    first_option = example.partition("=")[0]
    end = (
        f'Options are written name=value; quotes keep a word with spaces together: "{first_option}=A (1)". '
        f"Defaults are in configs/{config_path.name}; -cn NAME takes another file: {others or 'yours'}."
    )
    return "\n".join([*lines, "", *textwrap.wrap(end, width, break_on_hyphens=False)])
