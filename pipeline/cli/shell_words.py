"""Options as command-line words, and words quoted for a shell.

Rules: POSIX "Shell Command Language" 2.2; Microsoft's "Parsing C command-line arguments". PowerShell takes a line for
cmd.exe as well, after `&` if the program is in quotes, unless a word holds `"`, `%`, `$` or a backtick.
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Sequence

from hydra.core.override_parser.types import Quote, QuotedString

IS_WINDOWS = os.name == "nt"
_PLAIN = re.compile(r"[\w+=:./\\][\w+=:./\\-]*|-[a-z]+")
"""Words that the shells of Windows take as they are."""

_PLAIN_ITEM = re.compile(r"(?!null$)[\w./-]+( [\w./-]+)*")


def command_line(words: Sequence[str], for_cmd: bool = IS_WINDOWS) -> str:
    """Return one line that cmd.exe or a POSIX shell splits back."""
    return " ".join(map(_cmd_word, words)) if for_cmd else shlex.join(words)


def assignment(name: str, value: object) -> str:
    """Return an option as a command-line word, quoted for Hydra.

    It is quoted only if Hydra would read it otherwise.
    """
    if isinstance(value, list | tuple) and value:
        items = [item if _PLAIN_ITEM.fullmatch(item) else quote(item) for item in map(str, value)]
        return f"{name}=[{','.join(items)}]"
    text = value_text(value)
    return f"{name}={quote(text) if is_in_quotes(text) else text}"


def value_text(value: object) -> str:
    """Return a raw value as users write it."""
    if value is None or value == [] or value == "":
        return "null"
    if isinstance(value, list | tuple):
        return f"[{','.join(map(str, value))}]"
    return str(value).lower() if isinstance(value, bool) else str(value)


def quote(text: str) -> str:
    """Quote a text for Hydra's grammar and OmegaConf's interpolation.

    It is then read back unchanged.
    """
    return QuotedString(re.sub(r"(\\*)\$\{", r"\1\1\\${", text), Quote.single).with_quotes()


def is_in_quotes(text: str) -> bool:
    return len(text) > 1 and text[0] == text[-1] and text[0] in "'\""


def _cmd_word(word: str) -> str:
    if _PLAIN.fullmatch(word):
        return word
    # Backslashes before a quote count double; `subprocess.list2cmdline` leaves words such as R&B without quotes.
    escaped = re.sub(r'(\\*)("|\Z)', lambda found: found[1] * 2 + found[2].replace('"', r"\""), word)
    # Within quotes cmd.exe still replaces %NAME%, and does not know that \" leaves them open: there, all is escaped.
    return re.sub(r'([()%!^"<>&|])', r"^\1", f'"{escaped}"') if re.search('["%]', word) else f'"{escaped}"'
