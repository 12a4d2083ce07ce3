"""Charts with absurd numbers: times of decades, zero beats, endless sliders."""

from __future__ import annotations

import random
from collections.abc import Callable

from benchmarks.fuzz.sane import sane_chart
from osu_beatmap.beatmap import GameMode

ABSURD = (
    *("0", "-1", "1", "0.5", "1e-9", "-1e-9", "0.001", "6", "-0.0", "59.9", "1e4", "1e5", "-1e5", "7.2e6", "-7.2e6"),
    *("1e7", "-1e7", "1814400000", "2000000000", "2100000000", "-2100000000", "2147483647", "-2147483648", "4e9"),
    *("1e18", "1e308", "-1e308", "nan", "inf", "-inf", "1e400", "", " ", "x", "0x10", "1_000", "١٢", "9" * 400),
)
"""Numbers, and texts that some readers take for numbers."""

Lines = list[str]


def absurd_number(rng: random.Random) -> str:
    """Return a number that no chart has, or one of any size."""
    if rng.random() < 0.6:
        return rng.choice(ABSURD)
    size = rng.choice((-1, 1)) * 10 ** rng.uniform(-6, 10)
    return str(round(size)) if rng.random() < 0.5 else repr(size)


def mode_of(seed: int) -> GameMode:
    """Return the mode of the chart that is mutated."""
    return random.Random(seed).choice(tuple(GameMode))


def absurd_chart(seed: int) -> str:
    """Return the text of a chart with one to four mutations."""
    rng = random.Random(seed)
    lines = sane_chart(rng.choice(tuple(GameMode))).split("\n")
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        rng.choice(MUTATIONS)(lines, rng)
    return "\n".join(lines)


def _body(lines: Lines, section: str) -> range:
    """Return the lines of a section; empty if a mutation removed it."""
    header = f"[{section}]"
    if header not in lines:
        return range(0)
    first = lines.index(header) + 1
    return range(first, next((at for at in range(first, len(lines)) if not lines[at]), len(lines)))


def _set_field(lines: Lines, rng: random.Random, section: str, separators: str = ",") -> None:
    """Put an absurd number in place of a field of a line."""
    places = _body(lines, section)
    if not places:
        return
    at = rng.choice(places)
    separator = rng.choice(separators)
    fields = lines[at].split(separator)
    fields[rng.randrange(len(fields))] = absurd_number(rng)
    lines[at] = separator.join(fields)


def _change_timing_field(lines: Lines, rng: random.Random) -> None:
    _set_field(lines, rng, "TimingPoints")


def _change_object_field(lines: Lines, rng: random.Random) -> None:
    _set_field(lines, rng, "HitObjects", ",,,,|:")


def _change_setting(lines: Lines, rng: random.Random) -> None:
    section = rng.choice(("General", "Difficulty", "Metadata", "Events", "Colours"))
    _set_field(lines, rng, section, ",:")


def _change_object_times(lines: Lines, rng: random.Random) -> None:
    places = _body(lines, "HitObjects")
    for at in rng.sample(places, min(len(places), rng.choice((1, 1, 3, 20)))):
        fields = lines[at].split(",")
        if len(fields) > 5:
            fields[rng.choice((2, 5))] = absurd_number(rng)
            lines[at] = ",".join(fields)


def _insert_red_line(lines: Lines, rng: random.Random) -> None:
    places = _body(lines, "TimingPoints")
    line = f"{absurd_number(rng)},{absurd_number(rng)},{rng.choice(('4', '3', absurd_number(rng)))},2,1,60,1,0"
    lines.insert(rng.choice(places or range(1, 2)), line)


def _insert_many_lines(lines: Lines, rng: random.Random) -> None:
    """Insert up to thousands of lines, dense or far apart."""
    count, step_ms = 10 ** rng.randint(1, 4), 10 ** rng.uniform(-3, 6)
    is_red = rng.random() < 0.5
    beat = absurd_number(rng) if rng.random() < 0.5 else "500"
    new = [
        f"{number * step_ms:.3f},{beat if is_red else -50},4,2,1,60,{int(is_red)},{number % 2}"
        for number in range(count)
    ]
    places = _body(lines, "TimingPoints")
    at = places[-1] + 1 if places else 1
    lines[at:at] = new


def _insert_many_objects(lines: Lines, rng: random.Random) -> None:
    count, step_ms = 10 ** rng.randint(1, 4), 10 ** rng.uniform(-3, 6)
    places = _body(lines, "HitObjects")
    at = places[-1] + 1 if places else 1
    lines[at:at] = [f"{37 * n % 512},{53 * n % 384},{600 + n * step_ms:.0f},1,0,0:0:0:0:" for n in range(count)]


def _insert_long_slider(lines: Lines, rng: random.Random) -> None:
    """Insert a slider of absurd slides, length or points."""
    count = 10 ** rng.randint(0, 4)
    reach = 10 ** rng.uniform(1, 5)
    points = "|".join(f"{rng.uniform(-reach, reach):.0f}:{rng.uniform(-reach, reach):.0f}" for _ in range(count))
    slides = rng.choice(("1", "2", "9000", "1000000", absurd_number(rng)))
    length = rng.choice(("100", "100000", absurd_number(rng)))
    places = _body(lines, "HitObjects")
    at = rng.choice(places or range(1, 2))
    lines.insert(
        at, f"256,192,{rng.choice(('3100', absurd_number(rng)))},2,0,{rng.choice('BLPCX')}|{points},{slides},{length}"
    )


def _insert_long_object(lines: Lines, rng: random.Random) -> None:
    places = _body(lines, "HitObjects")
    kind = rng.choice(("12", "128"))
    lines.insert(
        rng.choice(places or range(1, 2)),
        f"64,192,{rng.choice(('11000', absurd_number(rng)))},{kind},0,{absurd_number(rng)}",
    )


def _change_mode(lines: Lines, rng: random.Random) -> None:
    lines[:] = [f"Mode: {rng.choice('0123')}" if line.startswith("Mode:") else line for line in lines]


def _change_version(lines: Lines, rng: random.Random) -> None:
    lines[0] = f"osu file format v{rng.choice(('3', '5', '9', '128', '9999', absurd_number(rng)))}"


def _drop_lines(lines: Lines, rng: random.Random) -> None:
    """Take a section away, its header or its lines."""
    section = rng.choice(("General", "Metadata", "Difficulty", "Events", "TimingPoints", "HitObjects"))
    places = _body(lines, section)
    if places:
        first = places.start - rng.choice((0, 1))
        del lines[first : places.stop]


def _cut(lines: Lines, rng: random.Random) -> None:
    del lines[rng.randrange(len(lines)) :]


MUTATIONS: tuple[Callable[[Lines, random.Random], None], ...] = (
    *(
        _change_timing_field,
        _change_timing_field,
        _change_object_field,
        _change_object_field,
        _change_object_times,
        _change_object_times,
        _insert_red_line,
        _insert_red_line,
    ),
    *(
        _insert_many_lines,
        _insert_many_objects,
        _insert_long_slider,
        _insert_long_slider,
        _insert_long_object,
        _change_setting,
        _change_setting,
        _change_mode,
        _change_version,
    ),
    *(_drop_lines, _cut),
)
