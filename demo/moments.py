"""Moments of a map as SVG: some seconds on a panel.

They show the view of a player of its mode.

Standard is the playfield, the next object on top. Taiko is lanes, one below the other. Mania and catch are strips from
left to right, in which time runs upwards.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from osu_beatmap.beatmap import Beatmap, GameMode, Slider, Spinner
from osu_beatmap.geometry.combos import combo_colour_indices, combo_numbers
from osu_beatmap.geometry.slider_path import SliderPath
from osu_beatmap.rules import circle_radius_px
from osu_beatmap.rules.chart import Chart
from webui.preview_objects import objects_of

COLOURS = ("#ff7aa8", "#6fc3ff", "#ffd166", "#8be28b")
BACKGROUND, PANEL, INK, LINE = "#16161e", "#20212c", "#e6e6f0", "#4a4c60"
DON, KAT, ROLL, SWELL = "#eb452c", "#448dab", "#fcb806", "#9b6bdf"
PANEL_WIDTH, PANEL_HEIGHT = 400, 300

MOMENT_MS = {GameMode.STANDARD: 1_800.0, GameMode.TAIKO: 9_000.0, GameMode.CATCH: 4_000.0, GameMode.MANIA: 6_000.0}
STRIPS = {GameMode.TAIKO: 3, GameMode.CATCH: 2, GameMode.MANIA: 3}
"""Lanes or strips of a moment, each with its share of the time."""

TOP, MARGIN = 26, 10
FRUIT_SIZES = {"fruit": 1.0, "droplet": 0.5, "tiny": 0.25, "banana": 0.7}


def draw_moment(beatmap: Beatmap, start_ms: float, left: float, top: float) -> list[str]:
    """Draw the events from a time on, on a panel."""
    inside = _standard(beatmap, start_ms) if beatmap.mode is GameMode.STANDARD else _strips(beatmap, start_ms)
    return [
        f'<g transform="translate({left} {top})">',
        f'<rect width="{PANEL_WIDTH}" height="{PANEL_HEIGHT}" rx="8" fill="{PANEL}"/>',
        f'<text x="10" y="18" fill="{INK}" font-size="11" opacity="0.7">{clock(start_ms)}</text>',
        *inside,
        "</g>",
    ]


def moments_of(beatmap: Beatmap, count: int = 4) -> list[float]:
    """Return times of objects spread over a map."""
    times_ms = [each.time_ms for each in beatmap.hit_objects]
    return [times_ms[(2 * index + 1) * len(times_ms) // (2 * count)] for index in range(count)] if times_ms else [0.0]


def clock(time_ms: float) -> str:
    """Format minutes and seconds."""
    return f"{int(time_ms // 60_000):02}:{int(time_ms // 1000 % 60):02}"


def _standard(beatmap: Beatmap, start_ms: float) -> list[str]:
    scale = PANEL_WIDTH / 640
    radius = circle_radius_px(beatmap.difficulty.circle_size)
    colours, numbers = combo_colour_indices(beatmap), combo_numbers(beatmap)
    length_ms = MOMENT_MS[GameMode.STANDARD]
    parts = [f'<g transform="translate({64 * scale} {48 * scale}) scale({scale})">']
    shown = [i for i, o in enumerate(beatmap.hit_objects) if start_ms <= o.time_ms < start_ms + length_ms]
    for index in reversed(shown):
        hit_object, number = beatmap.hit_objects[index], numbers[index]
        colour = COLOURS[colours[index] % len(COLOURS)]
        fade = 1.0 - 0.6 * (hit_object.time_ms - start_ms) / length_ms
        if isinstance(hit_object, Spinner):
            parts.append(f'<circle cx="256" cy="192" r="150" fill="none" stroke="{colour}" stroke-width="6"/>')
            continue
        parts.append(f'<g opacity="{fade:.2f}">')
        if isinstance(hit_object, Slider):
            parts += _slider(hit_object, radius, colour)
        parts += [
            f'<circle cx="{hit_object.x:g}" cy="{hit_object.y:g}" r="{radius:.1f}" fill="{colour}" '
            f'stroke="white" stroke-width="4"/>',
            f'<text x="{hit_object.x:g}" y="{hit_object.y + radius / 3:g}" text-anchor="middle" fill="white" '
            f'font-size="{radius:.0f}" font-weight="bold">{number}</text>',
            "</g>",
        ]
    return [*parts, "</g>"]


def _slider(slider: Slider, radius: float, colour: str) -> list[str]:
    path = SliderPath(slider.segments, slider.length_px).points
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in path.tolist())
    line = f'<polyline points="{points}" fill="none" stroke-linecap="round" stroke-linejoin="round"'
    return [
        f'{line} stroke="white" stroke-width="{2 * radius:.1f}"/>',
        f'{line} stroke="{PANEL}" stroke-width="{2 * radius - 8:.1f}"/>',
        f'{line} stroke="{colour}" stroke-opacity="0.35" stroke-width="{2 * radius - 8:.1f}"/>',
    ]


def _strips(beatmap: Beatmap, start_ms: float) -> list[str]:
    """Draw the lanes or strips of a moment.

    Each has the bar lines and objects of its time.
    """
    chart, draw = Chart(beatmap), _STRIPS[beatmap.mode]
    objects, count = objects_of(chart), STRIPS[beatmap.mode]
    length_ms = MOMENT_MS[beatmap.mode] / count
    parts = []
    for index in range(count):
        from_ms = start_ms + index * length_ms
        bars = [
            (b.time_ms - from_ms) / length_ms for b in chart.timing.beats(from_ms, from_ms + length_ms) if not b.in_bar
        ]
        shown = [
            each
            | {
                "at": (each["time"] - from_ms) / length_ms,
                "until": (each.get("end", each["time"]) - from_ms) / length_ms,
            }
            for each in objects
            if each["time"] < from_ms + length_ms and each.get("end", each["time"]) >= from_ms
        ]
        parts += draw(beatmap, index, bars, shown)
    return parts


def _lane(beatmap: Beatmap, index: int, bars: list[float], notes: list[dict]) -> Iterator[str]:
    """Draw a lane of taiko; time runs from left to right."""
    height = (PANEL_HEIGHT - TOP - MARGIN) / STRIPS[GameMode.TAIKO]
    width, middle = PANEL_WIDTH - 2 * MARGIN, TOP + (index + 0.5) * height
    yield f'<rect x="{MARGIN}" y="{middle - 32}" width="{width}" height="64" fill="{BACKGROUND}"/>'
    for share in bars:
        x = MARGIN + share * width
        yield f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{middle - 32}" y2="{middle + 32}" stroke="{LINE}"/>'
    for note in reversed(notes):
        radius = 17 if note["big"] else 11
        x, end = (MARGIN + min(1.0, max(0.0, note[edge])) * width for edge in ("at", "until"))
        colour = {"don": DON, "kat": KAT, "roll": ROLL, "denden": SWELL}[note["kind"]]
        if note["kind"] in ("roll", "denden"):
            body = f'y="{middle - radius}" width="{end - x:.1f}" height="{2 * radius}"'
            yield f'<rect x="{x:.1f}" {body} fill="{colour}" opacity="0.6"/>'
        if note["at"] >= 0:
            yield f'<circle cx="{x:.1f}" cy="{middle}" r="{radius}" fill="{colour}" stroke="white" stroke-width="2"/>'


def _keys(beatmap: Beatmap, index: int, bars: list[float], notes: list[dict]) -> Iterator[str]:
    """Draw a strip of mania; time runs upwards."""
    left, width, y_at = _strip(GameMode.MANIA, index)
    column_width = width / max(1, beatmap.key_count)
    yield from _strip_ground(left, width, bars, y_at)
    for note in notes:
        start, end = y_at(max(0.0, note["at"])), y_at(min(1.0, note["until"]))
        x = left + note["column"] * column_width + 1
        colour = COLOURS[1] if note["column"] in (0, beatmap.key_count - 1) else INK
        if note["kind"] == "hold":
            body = f'y="{end:.1f}" width="{column_width - 2:.1f}" height="{start - end:.1f}"'
            yield f'<rect x="{x:.1f}" {body} fill="{colour}" opacity="0.5"/>'
        if note["at"] >= 0:
            yield (
                f'<rect x="{x:.1f}" y="{start - 6:.1f}" width="{column_width - 2:.1f}" height="6" rx="2" '
                f'fill="{colour}"/>'
            )


def _fruits(beatmap: Beatmap, index: int, bars: list[float], fruits: list[dict]) -> Iterator[str]:
    """Draw a strip of catch; time runs upwards."""
    left, width, y_at = _strip(GameMode.CATCH, index)
    scale = width / 640
    radius = circle_radius_px(beatmap.difficulty.circle_size) * scale
    yield from _strip_ground(left, width, bars, y_at)
    for fruit in fruits:
        colour = COLOURS[2] if fruit["kind"] == "banana" else COLOURS[fruit.get("colour", 0) % len(COLOURS)]
        edge = ' stroke="#ff4646" stroke-width="3"' if fruit.get("hyper") else ""
        x, size = left + (64 + fruit["x"]) * scale, radius * FRUIT_SIZES[fruit["kind"]]
        yield f'<circle cx="{x:.1f}" cy="{y_at(fruit["at"]):.1f}" r="{size:.1f}" fill="{colour}"{edge}/>'


def _strip(mode: GameMode, index: int) -> tuple[float, float, Callable[[float], float]]:
    """Return a strip's left edge, width, and height by time.

    The time is a fraction.
    """
    width = (PANEL_WIDTH - MARGIN) / STRIPS[mode] - MARGIN
    return (
        MARGIN + index * (width + MARGIN),
        width,
        lambda share: PANEL_HEIGHT - MARGIN - share * (PANEL_HEIGHT - TOP - MARGIN),
    )


def _strip_ground(left: float, width: float, bars: list[float], y_at: Callable[[float], float]) -> Iterator[str]:
    height = PANEL_HEIGHT - TOP - MARGIN
    yield f'<rect x="{left:.1f}" y="{TOP}" width="{width:.1f}" height="{height}" fill="{BACKGROUND}"/>'
    for share in bars:
        y = y_at(share)
        yield f'<line x1="{left:.1f}" x2="{left + width:.1f}" y1="{y:.1f}" y2="{y:.1f}" stroke="{LINE}"/>'


_STRIPS = {GameMode.TAIKO: _lane, GameMode.CATCH: _fruits, GameMode.MANIA: _keys}
