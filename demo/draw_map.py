"""Draws a map as an SVG picture: some moments on the playfield, and the whole song as a timeline.

python -m demo.draw_map MAP.osu PICTURE.svg [--moments 20000 30000 40000]
python -m demo.draw_map MAP.osu PICTURE.svg --before OTHER.osu [--moments 20000]     both maps side by side
"""

from __future__ import annotations

import argparse
import sys
from html import escape
from pathlib import Path

from osu_beatmap.beatmap import Beatmap, Circle, Slider, Spinner
from osu_beatmap.files.reader import read_beatmap
from osu_beatmap.geometry.combos import combo_colour_indices, combo_numbers
from osu_beatmap.geometry.slider_path import SliderPath
from osu_beatmap.rules import circle_radius_px
from osu_beatmap.timing.active_point import Timing, end_time_ms

COLOURS = ("#ff7aa8", "#6fc3ff", "#ffd166", "#8be28b")
BACKGROUND, PANEL, INK = "#16161e", "#20212c", "#e6e6f0"
MOMENT_MS = 1_800.0
PANEL_WIDTH, PANEL_HEIGHT, GAP = 400, 300, 16
TIMELINE_HEIGHT = 110
BIN_MS = 1_000.0


def draw(beatmap: Beatmap, moments_ms: list[float]) -> str:
    """The SVG text."""
    width = len(moments_ms) * (PANEL_WIDTH + GAP) + GAP
    height = PANEL_HEIGHT + TIMELINE_HEIGHT + 3 * GAP + 24
    title = f"{beatmap.metadata.artist} - {beatmap.metadata.title} [{beatmap.metadata.version}]"
    parts = [_title(GAP, title)]
    for index, start_ms in enumerate(moments_ms):
        left = GAP + index * (PANEL_WIDTH + GAP)
        parts += _moment(beatmap, start_ms, left, GAP + 20)
    parts += _timeline(beatmap, moments_ms, width, PANEL_HEIGHT + 2 * GAP + 20)
    return _picture(width, height, parts)


def draw_side_by_side(maps: dict[str, Beatmap], moments_ms: list[float]) -> str:
    """The SVG text: a column for each map, under its name, and a row for each moment."""
    width = len(maps) * (PANEL_WIDTH + GAP) + GAP
    height = len(moments_ms) * (PANEL_HEIGHT + GAP) + GAP + 24
    parts = []
    for column, (name, beatmap) in enumerate(maps.items()):
        left = GAP + column * (PANEL_WIDTH + GAP)
        parts.append(_title(left, name))
        for row, start_ms in enumerate(moments_ms):
            parts += _moment(beatmap, start_ms, left, GAP + 20 + row * (PANEL_HEIGHT + GAP))
    return _picture(width, height, parts)


def _picture(width: int, height: int, parts: list[str]) -> str:
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif">'
    background = f'<rect width="{width}" height="{height}" fill="{BACKGROUND}"/>'
    return "\n".join([head, background, *parts, "</svg>"]) + "\n"


def _title(left: int, text: str) -> str:
    return f'<text x="{left}" y="{GAP + 8}" fill="{INK}" font-size="15">{escape(text)}</text>'


def _moment(beatmap: Beatmap, start_ms: float, left: float, top: float) -> list[str]:
    """What is on the playfield for a while, the next object on top."""
    scale = PANEL_WIDTH / 640
    radius = circle_radius_px(beatmap.difficulty.circle_size)
    colours, numbers = combo_colour_indices(beatmap), combo_numbers(beatmap)
    parts = [
        f'<rect x="{left}" y="{top}" width="{PANEL_WIDTH}" height="{PANEL_HEIGHT}" rx="8" fill="{PANEL}"/>',
        f'<text x="{left + 10}" y="{top + 18}" fill="{INK}" font-size="11" opacity="0.7">{_clock(start_ms)}</text>',
        f'<g transform="translate({left + 64 * scale} {top + 48 * scale}) scale({scale})">',
    ]
    shown = [i for i, o in enumerate(beatmap.hit_objects) if start_ms <= o.time_ms < start_ms + MOMENT_MS]
    for index in reversed(shown):
        hit_object, number = beatmap.hit_objects[index], numbers[index]
        colour = COLOURS[colours[index] % len(COLOURS)]
        fade = 1.0 - 0.6 * (hit_object.time_ms - start_ms) / MOMENT_MS
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


def _timeline(beatmap: Beatmap, moments_ms: list[float], width: float, top: float) -> list[str]:
    """Objects a second, kiai, and where the moments above are."""
    timing = Timing(beatmap.timing_points)
    ends_ms = [end_time_ms(o, timing, beatmap.difficulty) for o in beatmap.hit_objects]
    song_ms = max(ends_ms, default=BIN_MS) + BIN_MS
    bins = [[0, 0] for _ in range(int(song_ms / BIN_MS) + 1)]
    for hit_object in beatmap.hit_objects:
        bins[int(hit_object.time_ms / BIN_MS)][0 if isinstance(hit_object, Circle) else 1] += 1
    highest = max(1, *(sum(counts) for counts in bins))
    inner = width - 2 * GAP
    step, unit = inner / len(bins), (TIMELINE_HEIGHT - 30) / highest
    base = top + TIMELINE_HEIGHT - 20
    parts = [f'<rect x="{GAP}" y="{top}" width="{inner}" height="{TIMELINE_HEIGHT}" rx="8" fill="{PANEL}"/>']
    for index, counts in enumerate(bins):
        x, y = GAP + index * step, base
        if timing.kiai_at((index + 0.5) * BIN_MS):
            parts.append(f'<rect x="{x:.1f}" y="{base + 3}" width="{step:.1f}" height="4" fill="{COLOURS[2]}"/>')
        for count, colour in zip(counts, COLOURS, strict=False):
            y -= count * unit
            parts.append(
                f'<rect x="{x:.1f}" y="{y:.1f}" width="{step * 0.8:.1f}" height="{count * unit:.1f}" fill="{colour}"/>'
            )
    for start_ms in moments_ms:
        x = GAP + inner * start_ms / (len(bins) * BIN_MS)
        parts.append(
            f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{top + 4}" y2="{base}" stroke="{INK}" stroke-dasharray="3"/>'
        )
    legend = f"circles and sliders a second, at most {highest}; yellow: kiai; {_clock(song_ms)}"
    return [*parts, f'<text x="{GAP + 8}" y="{top + TIMELINE_HEIGHT - 4}" fill="{INK}" font-size="10">{legend}</text>']


def _clock(time_ms: float) -> str:
    return f"{int(time_ms // 60_000):02}:{int(time_ms // 1000 % 60):02}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("map", type=Path)
    parser.add_argument("picture", type=Path)
    parser.add_argument("--moments", type=float, nargs="+", default=[12_000.0, 26_000.0, 44_000.0])
    parser.add_argument("--before", type=Path, metavar="OTHER")
    parser.add_argument("--titles", nargs=2, default=["As written, on a grid of 32 px", "Refined"])
    arguments = parser.parse_args()
    beatmap = read_beatmap(arguments.map)
    if arguments.before is None:
        picture = draw(beatmap, arguments.moments)
    else:
        maps = zip(arguments.titles, (read_beatmap(arguments.before), beatmap), strict=True)
        picture = draw_side_by_side(dict(maps), arguments.moments)
    arguments.picture.write_text(picture, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
