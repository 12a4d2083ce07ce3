"""Text of a .osu file as lines that reproduce the same bytes."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from osu_beatmap.beatmap import HitObject, TimingPoint
from osu_beatmap.files.number_fields import FieldError

_LINES = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|$)")
Entry = HitObject | TimingPoint


@dataclass(slots=True)
class FileText:
    """A .osu file as lines with their ends.

    Its encoding reproduces the same bytes.
    """

    lines: list[str]
    encoding: str
    line_end: str

    @classmethod
    def of(cls, data: bytes) -> FileText:
        # Latin-1 maps bytes to characters one to one; what .osu syntax is made of is ASCII in all other encodings.
        encoding = "latin-1"
        if data.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in data[:2]:
            encoding = "utf-16-be" if data[:2] == b"\xfe\xff" or data[:1] == b"\0" else "utf-16-le"
        lines = [line for line in _LINES.findall(data.decode(encoding, errors="surrogatepass")) if line]
        ends = [line[len(line.rstrip("\r\n")) :] for line in lines[:1]]
        return cls(lines, encoding, ends[0] if ends and ends[0] else "\r\n")

    def encode(self, line: str) -> str:
        """Return a new line in the encoding of this text."""
        text = line.encode("utf-8").decode("latin-1") if self.encoding == "latin-1" else line
        return text + self.line_end

    def data(self) -> bytes:
        return "".join(self.lines).encode(self.encoding, errors="surrogatepass")


def bare_line(line: str) -> str:
    """Return a line without the spaces and byte order marks around it."""
    return line.strip().lstrip("\ufeff").removeprefix("ï»¿")


def read_entry(parse: Callable[[str, int], Entry], line: str, format_version: int) -> Entry | None:
    """Parse a line; None for one that osu! skips."""
    comment = line.find("//")
    try:
        return parse(line[:comment].rstrip() if comment > 0 else line, format_version) if line and comment else None
    except FieldError:
        return None
