"""Number fields of a .osu file, read within osu!'s limits, written losslessly.

The limits are those of osu!(lazer)'s decoder: values within a signed 32-bit integer, coordinates and slider lengths
within
131072. NaN, infinities and anything beyond are refused, so a read beatmap holds finite numbers only.
"""

from __future__ import annotations

import math
from functools import lru_cache

from osu_beatmap.errors import BeatmapError

MAX_VALUE = 2**31 - 1
MAX_COORDINATE_PX = 131_072

# From this format on (osu!lazer) coordinates are fractional; before it osu! truncates them on reading.
FIRST_FRACTIONAL_VERSION = 128

# Formats before 5 are 24 ms early throughout; osu! adds this to every time it reads from them.
FIRST_TIMELY_VERSION = 5
OLD_FORMAT_OFFSET_MS = 24.0


class FieldError(ValueError):
    """Field that osu! would refuse too; the message states what was found."""


def time_offset_ms(format_version: int) -> float:
    """Return the offset of every time in a file of this format.

    Reading adds it, and writing subtracts it.
    """
    return OLD_FORMAT_OFFSET_MS if format_version < FIRST_TIMELY_VERSION else 0.0


def parse_float(text: str, limit: float = MAX_VALUE) -> float:
    """Parse a finite number, or raise FieldError.

    Its size is at most `limit`.
    """
    try:
        value = float(text)
    except ValueError:
        raise FieldError(f"{quote_text(text)} is not a number") from None
    # Written so that NaN fails too. Python alone takes 1_000 for a number.
    if not -limit <= value <= limit or "_" in text:
        raise FieldError(f"{quote_text(text)} is outside what osu! accepts")
    return value


def parse_int(text: str) -> int:
    """Parse a whole number of 32 bits, or raise FieldError."""
    try:
        value = int(text)
    except ValueError:
        raise FieldError(f"{quote_text(text)} is not a whole number") from None
    if not -MAX_VALUE <= value <= MAX_VALUE or "_" in text:
        raise FieldError(f"{quote_text(text)} is outside what osu! accepts")
    return value


# A file repeats few positions many times.
@lru_cache(maxsize=8192)
def parse_coordinate(text: str, format_version: int) -> float:
    """Parse a position in osu! pixels, or raise FieldError.

    It is truncated in formats with whole pixels only.
    """
    value = parse_float(text, MAX_COORDINATE_PX)
    return value if format_version >= FIRST_FRACTIONAL_VERSION else float(int(value))


def format_number(value: float) -> str:
    """Return the shortest text that reads back as the same number.

    Raises:
        BeatmapError: osu! would refuse the number.
    """
    if not -MAX_VALUE <= value <= MAX_VALUE:
        raise BeatmapError(f"A beatmap with the number {value} in it cannot be written: osu! would refuse it.")
    whole = int(value)
    return str(whole) if whole == value else repr(float(value))


def round_coordinate(value: float, format_version: int) -> float:
    """Round a position to what a file in this format can hold.

    Before osu!lazer's format, that is the nearest whole pixel.
    """
    if format_version >= FIRST_FRACTIONAL_VERSION or not math.isfinite(value):
        return value
    return float(math.floor(value + 0.5))


@lru_cache(maxsize=8192)
def format_coordinate(value: float, format_version: int) -> str:
    """Return a position as a file in this format holds it.

    Raises BeatmapError as `format_number` does.
    """
    return format_number(round_coordinate(value, format_version))


def quote_text(text: str) -> str:
    """Quote user text, short enough for a message."""
    return repr(text if len(text) <= 40 else text[:37] + "...")
