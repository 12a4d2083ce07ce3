"""Objects of each mode as plain data for the player.

Names are short, times in ms, and positions in osu! pixels.

Every object has `kind` and `time`, and where it lasts `end`. Besides:

standard  circle   x, y, number in the combo, colour (index into the map's colours); places are after stacking
          slider   the same, path [x0, y0, x1, y1, ...] of one slide from the head, slides, ticks (shares of the path)
          spinner
taiko     don, kat, roll, denden   big, scroll (see `scroll_at`)
catch     fruit, droplet, tiny, banana   x, colour, and hyper where the way to the next needs a hyperdash
mania     note, hold   column from 0

`object` is the index in the .osu file, by which suggestions name objects.
"""

from __future__ import annotations

import numpy as np

from osu_beatmap.beatmap import PLAYFIELD_WIDTH_PX, GameMode, HitSound, HoldNote, Slider, Spinner
from osu_beatmap.geometry.combos import combo_colour_indices, combo_numbers
from osu_beatmap.geometry.slider_path import SliderPath
from osu_beatmap.geometry.slider_ticks import tick_shares
from osu_beatmap.geometry.stacking import stack_heights, step_px
from osu_beatmap.rules.catch import fruits, movements
from osu_beatmap.rules.chart import Chart
from osu_beatmap.timing.active_point import slider_velocity_px_per_ms
from osuT5.encoding.hit_objects.positions import column_event

MAX_PATH_POINTS = 400
"""A finer polyline than this is taken at equal distances along it."""

TINY_GAP_MS, LARGEST_TINY_STEP_MS = 80.0, 100.0
"""Fruits of a stream further apart than this have tiny droplets between them, at most so far apart."""

BANANA_STEP_MS = 100.0
MAX_BANANAS = 500
BANANA_SEED = 1337


def objects_of(chart: Chart) -> list[dict]:
    """Return the objects of a chart by time for the player."""
    drawn = _BY_MODE[chart.beatmap.mode](chart)
    return sorted(drawn, key=lambda each: each["time"])


def tenth(value: float) -> float:
    """Round a value for transfer; whole numbers have no point.

    They are shorter.
    """
    rounded = round(float(value), 1)
    return int(rounded) if rounded.is_integer() else rounded


def scroll_at(chart: Chart, time_ms: float) -> float:
    """Return the scroll speed of notes in taiko and mania.

    It is in px of slider a ms, by tempo and by slider velocity.
    """
    return round(slider_velocity_px_per_ms(time_ms, chart.timing, chart.difficulty), 4)


def _standard(chart: Chart) -> list[dict]:
    numbers, colours = combo_numbers(chart.beatmap), combo_colour_indices(chart.beatmap)
    shifts_px = -stack_heights(chart) * step_px(chart)
    drawn = []
    for place, obj in enumerate(chart.objects):
        index = chart.indices[place]
        if isinstance(obj, Spinner):
            drawn.append(_base(chart, place, "spinner", is_long=True))
            continue
        x, y = chart.start_xy[place] + shifts_px[place]
        look = {"x": tenth(x), "y": tenth(y), "number": numbers[index], "colour": colours[index]}
        if place not in chart.paths:
            drawn.append(_base(chart, place, "circle") | look)
            continue
        ticks = tick_shares(obj, chart.timing, chart.difficulty, chart.beatmap.format_version)
        drawn.append(
            _base(chart, place, "slider", is_long=True)
            | look
            | {
                "path": _flat(chart.paths[place], shifts_px[place]),
                "slides": obj.slides,
                "ticks": np.round(ticks, 4).tolist(),
            }
        )
    return drawn


def _taiko(chart: Chart) -> list[dict]:
    drawn = []
    for place, obj in enumerate(chart.objects):
        kind = "kat" if obj.hitsound & (HitSound.WHISTLE | HitSound.CLAP) else "don"
        if isinstance(obj, Slider):
            kind = "roll"
        elif isinstance(obj, Spinner | HoldNote):
            kind = "denden"
        look = {"big": bool(obj.hitsound & HitSound.FINISH), "scroll": scroll_at(chart, obj.time_ms)}
        drawn.append(_base(chart, place, kind, is_long=kind in ("roll", "denden")) | look)
    return drawn


def _mania(chart: Chart) -> list[dict]:
    keys = chart.sound_beatmap().key_count
    drawn = []
    for place, obj in enumerate(chart.objects):
        is_hold = chart.end_ms[place] > chart.start_ms[place]
        column = column_event(obj.x, keys).value
        drawn.append(_base(chart, place, "hold" if is_hold else "note", is_hold) | {"column": column})
    return drawn


def _catch(chart: Chart) -> list[dict]:
    colours = combo_colour_indices(chart.beatmap)
    rng = np.random.default_rng(BANANA_SEED)
    caught = fruits(chart)
    hyper_from = {movement.fruit for movement in movements(chart, caught) if movement.is_hyperdash}
    drawn, before = [], None
    for fruit in caught:
        index = chart.indices[fruit.place]
        look = {"colour": colours[index], "object": index}
        if before is not None and before.place == fruit.place:
            drawn += [look | tiny for tiny in _tiny_droplets(chart, before.time_ms, fruit.time_ms, fruit.place)]
        kind = "droplet" if fruit.is_droplet else "fruit"
        drawn.append(look | {"kind": kind, "time": tenth(fruit.time_ms), "x": tenth(fruit.x)})
        if fruit in hyper_from:
            drawn[-1]["hyper"] = True
        before = fruit
    for place, obj in enumerate(chart.objects):
        if isinstance(obj, Spinner):
            drawn += [{"object": chart.indices[place]} | banana for banana in _bananas(chart, place, rng)]
    return drawn


def _tiny_droplets(chart: Chart, start_ms: float, end_ms: float, place: int) -> list[dict]:
    """Return the droplets between two fruits of a stream.

    The few px by which the game shifts them at random are omitted.
    """
    if end_ms - start_ms <= TINY_GAP_MS:
        return []
    slider: Slider = chart.objects[place]
    path = chart.paths[place]
    times_ms = _halved_steps(start_ms, end_ms, LARGEST_TINY_STEP_MS)[1:-1]
    slide_ms = (chart.end_ms[place] - slider.time_ms) / slider.slides
    shares = np.abs(((times_ms - slider.time_ms) / slide_ms + 1.0) % 2.0 - 1.0)
    xs = np.clip(path.positions(shares * path.length_px)[:, 0], 0, PLAYFIELD_WIDTH_PX)
    return [{"kind": "tiny", "time": tenth(time_ms), "x": tenth(x)} for time_ms, x in zip(times_ms, xs, strict=True)]


def _bananas(chart: Chart, place: int, rng: np.random.Generator) -> list[dict]:
    """Return the bananas of a shower at random positions.

    The game throws them to random positions too, which no file holds.
    """
    times_ms = _halved_steps(float(chart.start_ms[place]), float(chart.end_ms[place]), BANANA_STEP_MS)
    xs = rng.uniform(0, PLAYFIELD_WIDTH_PX, len(times_ms))
    return [{"kind": "banana", "time": tenth(time_ms), "x": tenth(x)} for time_ms, x in zip(times_ms, xs, strict=True)]


def _halved_steps(start_ms: float, end_ms: float, largest_step_ms: float) -> np.ndarray:
    """Return times in equal steps, halved as in osu!lazer.

    The span from start to end is halved until a step is short enough.
    """
    steps = 1
    while (end_ms - start_ms) / steps > largest_step_ms and steps < MAX_BANANAS:
        steps *= 2
    return np.linspace(start_ms, end_ms, steps + 1)


def _base(chart: Chart, place: int, kind: str, is_long: bool = False) -> dict:
    found = {"kind": kind, "time": tenth(chart.start_ms[place]), "object": chart.indices[place]}
    return found | {"end": tenth(chart.end_ms[place])} if is_long else found


def _flat(path: SliderPath, shift_px: float) -> list[float]:
    """Return [x0, y0, x1, ...] in tenths of a px.

    A place that repeats the one before is left out.
    """
    points = path.points
    if len(points) > MAX_PATH_POINTS:
        points = path.positions(np.linspace(0.0, path.length_px, MAX_PATH_POINTS))
    rounded = np.round(points + shift_px, 1)
    kept = np.append(True, (rounded[1:] != rounded[:-1]).any(axis=1))
    return [tenth(value) for value in rounded[kept].ravel()]


_BY_MODE = {
    GameMode.STANDARD: _standard,
    GameMode.TAIKO: _taiko,
    GameMode.CATCH: _catch,
    GameMode.MANIA: _mania,
}
