"""`-h` from the comments of a YAML: what users read in the file is what the help says.

A line `# Heading` between options begins a group; `option: default  # what it is` is an option, and comment lines
indented under it continue its explanation. Nothing but the standard library is imported, so the answer comes at once.
"""

from __future__ import annotations

import re
import shutil
import textwrap
from dataclasses import dataclass, field
from pathlib import Path

_OPTION = re.compile(r"(?P<name>[A-Za-z_]\w*):\s*(?P<default>.*?)\s*(?:(?:^|\s)#\s*(?P<about>.*))?$")
_HEADING = re.compile(r"# (?P<heading>\S.*)")
_CONTINUED = re.compile(r"\s+#\s*(?P<more>.*)")
MAX_WIDTH = 110
NAME_COLUMN = 21


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
    """The groups of options in a YAML; options before the first heading have an empty one."""
    groups: list[HelpGroup] = []
    for line in config_path.read_text(encoding="utf-8").splitlines():
        if heading := _HEADING.fullmatch(line):
            groups.append(HelpGroup(heading["heading"]))
        elif (more := _CONTINUED.fullmatch(line)) and groups and groups[-1].options:
            groups[-1].options[-1].about += " " + more["more"]
        elif option := _OPTION.fullmatch(line):
            groups = groups or [HelpGroup("")]
            groups[-1].options.append(OptionHelp(option["name"], option["default"], option["about"] or ""))
    return [group for group in groups if group.options]


def help_text(script: str, purpose: str, example: str, config_path: Path) -> str:
    """The whole answer to `-h`, fitted to the terminal."""
    width = min(MAX_WIDTH, max(60, shutil.get_terminal_size((MAX_WIDTH, 24)).columns))
    lines = [purpose, "", f"  python {script} {example}", ""]
    for group in read_help(config_path):
        lines.append(f"{group.heading}:")
        for option in group.options:
            lines += _option_lines(option, width)
        lines.append("")
    lines += textwrap.wrap(
        "Options are written name=value, in any order. Put quotes around a word with spaces or brackets: "
        '"audio_path=My Song (TV Size).mp3".',
        width,
    )
    lines += textwrap.wrap(
        f"The defaults are in configs/{config_path.name}; -cn NAME takes another file of that folder.", width
    )
    return "\n".join(lines)


def _option_lines(option: OptionHelp, width: int) -> list[str]:
    default = "" if option.default in ("null", "''", "[]") else f" (default {option.default})"
    return textwrap.wrap(
        option.about + default,
        width,
        initial_indent=f"  {option.name:<{NAME_COLUMN}} ",
        subsequent_indent=" " * (NAME_COLUMN + 3),
        break_long_words=False,
    )
