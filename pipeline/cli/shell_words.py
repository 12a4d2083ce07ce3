"""Words of a command line as a shell wants them written, and what a terminal makes of a dragged file, read back.

POSIX shells, and on Windows cmd and PowerShell. Rules: POSIX "Shell Command Language" 2.2; Microsoft's "Parsing C
command-line arguments" for the programs that both Windows shells start; about_Quoting_Rules and about_Parsing of
PowerShell.
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Sequence
from enum import Enum
from pathlib import Path
from urllib.parse import unquote, urlsplit
from urllib.request import url2pathname

from pipeline.cli.overrides import is_in_quotes, quoted


class Shell(Enum):
    POSIX = "posix"
    CMD = "cmd"
    POWERSHELL = "powershell"


_PLAIN = re.compile(r"[\w+=:./\\][\w+=:./\\-]*|-[a-z]+")
"""Words that the shells of Windows take as they are."""

_PLAIN_ITEM = re.compile(r"(?!null$)[\w./-]+( [\w./-]+)*")

_SINGLE_QUOTES = re.compile("(['\u2018\u2019\u201a\u201b])")
"""All of these end a string of PowerShell's."""


def command_line(words: Sequence[str], shell: Shell) -> str:
    """Words -> one line which the shell splits into the same words again."""
    if shell is Shell.POSIX:
        return shlex.join(words)
    if shell is Shell.CMD:
        return " ".join(map(_for_cmd, words))
    return _for_powershell(words)


def assignment(name: str, value: object) -> str:
    """Return an option as a word of the command line, quoted for Hydra where it would be read otherwise."""
    if isinstance(value, list | tuple) and value:
        items = [item if _PLAIN_ITEM.fullmatch(item) else quoted(item) for item in map(str, value)]
        return f"{name}=[{','.join(items)}]"
    text = value_text(value)
    return f"{name}={quoted(text) if is_in_quotes(text) else text}"


def value_text(value: object) -> str:
    """Return a raw value as users write it."""
    if value is None or value == [] or value == "":
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    return "[" + ",".join(map(str, value)) + "]" if isinstance(value, list | tuple) else str(value)


def dropped_path(text: str, shell: Shell) -> str:
    """The path that was meant where one was typed, pasted, or dragged into the terminal.

    Terminals write a dragged file as their shell would want it: in quotes, with backslashes before spaces, after the
    call operator of PowerShell, or as a file:// address.
    """
    text = text.strip()
    if not text or os.path.exists(text):
        return text
    if text.startswith("& ") and text[2:3] in ("'", '"'):
        text = text[2:]
    if text.startswith("file://"):
        address = urlsplit(text)
        return url2pathname(address.path) if shell is not Shell.POSIX else unquote(address.path)
    if shell is not Shell.POSIX:
        return text[1:-1] if is_in_quotes(text) else text
    try:
        words = shlex.split(text)
    except ValueError:
        return text[1:-1] if is_in_quotes(text) else text
    return words[0] if len(words) == 1 else text


def shell_of_this_terminal() -> Shell:
    """The shell that we were started from, as far as that can be told."""
    from psutil import Error, Process

    try:
        names = (Path(parent.name().lower()).stem for parent in Process().parents())
        # On Windows the Python of a virtual environment starts another one.
        started_by = next((name for name in names if not name.startswith("py")), "")
    except Error:
        started_by = ""
    if started_by in ("powershell", "pwsh"):
        return Shell.POWERSHELL
    return Shell.CMD if os.name == "nt" and started_by != "bash" else Shell.POSIX


def _for_cmd(word: str) -> str:
    if _PLAIN.fullmatch(word):
        return word
    quoted = _windows_argument(word)
    # Within quotes cmd still replaces %NAME%, and it does not know that \" leaves them open.
    return re.sub(r'([()%!^"<>&|])', r"^\1", quoted) if re.search('["%]', word) else quoted


def _for_powershell(words: Sequence[str]) -> str:
    program, *rest = words
    called = _in_single_quotes(program)
    if called != program:
        called = f"& {called}"
    # Up to version 7.2 quotes within a word, or a backslash at its end, are lost on the way; after --% nothing is.
    if any('"' in word or (word.endswith("\\") and " " in word) for word in rest):
        return " ".join([called, "--%", *map(_windows_argument, rest)])
    return " ".join([called, *map(_in_single_quotes, rest)])


def _in_single_quotes(word: str) -> str:
    if _PLAIN.fullmatch(word):
        return word
    return "'" + _SINGLE_QUOTES.sub(r"\1\1", word) + "'"


def _windows_argument(word: str) -> str:
    """A word in double quotes as programs of Windows take their command line apart."""
    word = re.sub(r'(\\*)"', r'\1\1\\"', word)
    return '"' + re.sub(r"(\\+)$", r"\1\1", word) + '"'
