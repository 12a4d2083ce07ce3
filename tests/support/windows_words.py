"""How cmd.exe and programs of Windows take a command line apart."""

from __future__ import annotations

import re


def windows_words(line: str) -> list[str]:
    """A line as C programs of Windows take it apart."""
    words, word, quoted, started = [], "", False, False
    for slashes, char in re.findall(r"(\\*)([^\\]|$)", line):
        if char == '"':
            word += "\\" * (len(slashes) // 2)
            if len(slashes) % 2:
                word += '"'
            else:
                quoted = not quoted
            started = True
            continue
        word += slashes
        if char in (" ", "") and not quoted:
            if started or word:
                words.append(word)
            word, started = "", False
        else:
            word += char
    return words


def through_cmd(line: str) -> str:
    """What cmd hands on of a line: carets before a character are gone, except within quotes."""
    handed, quoted, chars = "", False, iter(line)
    for char in chars:
        if char == "^" and not quoted:
            handed += next(chars)
            continue
        quoted ^= char == '"'
        assert quoted or char not in "&|<>()", line
        handed += char
    return handed
