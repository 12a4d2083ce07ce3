"""Rules of all modes on settings, metadata and colours."""

from __future__ import annotations

import math
from collections.abc import Iterator

from osu_beatmap.beatmap import GameMode
from osu_beatmap.rules.chart import Chart
from osu_beatmap.rules.finding import Finding, problem, warning

MAX_SETTING = 10.0
MIN_KEYS, MAX_KEYS = 1, 18
MIN_USUAL_KEYS, MAX_USUAL_KEYS = 4, 10
MIN_LUMINOSITY, MAX_LUMINOSITY = 43.0, 250.0

SETTINGS = {
    "HP": "hp_drain_rate",
    "CS": "circle_size",
    "OD": "overall_difficulty",
    "AR": "approach_rate",
}


def difficulty_settings(chart: Chart) -> Iterator[Finding]:
    """Report HP, CS, OD and AR outside 0..10 or too precise.

    They have at most one decimal.

    Mania has 1..18 keys in place of CS.
    """
    rule = "difficulty_settings"
    for name, attribute in SETTINGS.items():
        value = getattr(chart.difficulty, attribute)
        is_keys = name == "CS" and chart.beatmap.mode is GameMode.MANIA
        low, high = (MIN_KEYS, MAX_KEYS) if is_keys else (0.0, MAX_SETTING)
        name = "number of keys" if is_keys else name
        if not low <= value <= high:
            yield problem(rule, None, f"The {name} is {value:g}, outside {low:g}..{high:g}.")
        # Some editors stored settings as 32-bit floats, which leaves 5.1999998 in the file for 5.2.
        elif abs(value * 10 - round(value * 10)) > 1e-4:
            yield problem(rule, None, f"The {name} is {value:g}, which has more than one decimal.")
        elif is_keys and not MIN_USUAL_KEYS <= value <= MAX_USUAL_KEYS:
            yield warning(rule, None, f"The number of keys is {value:g}, outside the usual 4..10.")


def preview_time(chart: Chart) -> Iterator[Finding]:
    """Report a missing preview time.

    The song list plays the song from it.
    """
    if not chart.beatmap.preview_time_ms >= 0:
        yield warning("preview_time", None, "The preview time is not set.")


def metadata_characters(chart: Chart) -> Iterator[Finding]:
    """Report non-ASCII characters in romanised fields, and control characters in any."""
    data = chart.beatmap.metadata
    romanised = {"title": data.title, "artist": data.artist, "creator": data.creator, "difficulty name": data.version}
    free = {
        "Unicode title": data.title_unicode,
        "Unicode artist": data.artist_unicode,
        "source": data.source,
        "tags": " ".join(data.tags),
    }
    for name, text in romanised.items():
        if odd := sorted({char for char in text if not char.isascii()}):
            message = f"The {name} has characters that are not ASCII: {' '.join(odd)}"
            yield warning("metadata_characters", None, message)
    for name, text in (romanised | free).items():
        if any(ord(char) < 32 or ord(char) == 127 for char in text):
            yield warning("metadata_characters", None, f"The {name} has a control character.")


def combo_colours(chart: Chart) -> Iterator[Finding]:
    """Report combo colours that are too dark or too bright.

    Circles would be hard to see. This applies to modes that show them.
    """
    if chart.beatmap.mode not in (GameMode.STANDARD, GameMode.CATCH):
        return
    for place, colour in enumerate(chart.beatmap.combo_colours):
        name = f"Combo{chart.beatmap.combo_colour_number(place)}"
        luminosity = _luminosity(colour)
        if luminosity < MIN_LUMINOSITY:
            yield warning("combo_colours", None, f"{name} is too dark (luminosity {luminosity:.0f}).")
        elif luminosity > MAX_LUMINOSITY:
            yield warning("combo_colours", None, f"{name} is too bright (luminosity {luminosity:.0f}).")


def _luminosity(colour: tuple[int, int, int]) -> float:
    """Return the perceived brightness of a colour, 0..255.

    Source: the HSP colour model (alienryderflex.com/hsp.html).
    """
    red, green, blue = (min(255.0, max(0.0, float(channel))) for channel in colour)
    return math.sqrt(0.299 * red * red + 0.587 * green * green + 0.114 * blue * blue)
