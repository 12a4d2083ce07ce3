"""Pictures of a map of any mode as SVG: moments and timeline.

    python -m demo.draw_map MAP.osu PICTURE.svg [--moments 20000 30000 40000]
    python -m demo.draw_map MAP.osu PICTURE.svg --beside OTHER.osu [--titles "Generated" "Human-made"]

The second command draws the moments of both maps side by side, MAP on the left. Moments are times in ms; without
`--moments`, four objects of MAP begin them. A picture of a map that you may not distribute may not be distributed
either.
"""

from __future__ import annotations

import argparse
import sys
from html import escape
from pathlib import Path

from demo.moments import BACKGROUND, COLOURS, INK, PANEL, PANEL_HEIGHT, PANEL_WIDTH, clock, draw_moment, moments_of
from osu_beatmap.beatmap import Beatmap, Circle
from osu_beatmap.files.reader import read_beatmap
from osu_beatmap.timing.active_point import Timing, end_time_ms

GAP = 16
TIMELINE_HEIGHT = 110
BIN_MS = 1_000.0


def draw(beatmap: Beatmap, moments_ms: list[float]) -> str:
    """Return the SVG text."""
    width = len(moments_ms) * (PANEL_WIDTH + GAP) + GAP
    height = PANEL_HEIGHT + TIMELINE_HEIGHT + 3 * GAP + 24
    title = f"{beatmap.metadata.artist} - {beatmap.metadata.title} [{beatmap.metadata.version}]"
    parts = [_title(GAP, title)]
    for index, start_ms in enumerate(moments_ms):
        left = GAP + index * (PANEL_WIDTH + GAP)
        parts += draw_moment(beatmap, start_ms, left, GAP + 20)
    parts += _timeline(beatmap, moments_ms, width, PANEL_HEIGHT + 2 * GAP + 20)
    return _picture(width, height, parts)


def draw_side_by_side(maps: dict[str, Beatmap], moments_ms: list[float]) -> str:
    """Return an SVG with a column per map, a row per moment.

    The map's name is above its column.
    """
    width = len(maps) * (PANEL_WIDTH + GAP) + GAP
    height = len(moments_ms) * (PANEL_HEIGHT + GAP) + GAP + 24
    parts = []
    for column, (name, beatmap) in enumerate(maps.items()):
        left = GAP + column * (PANEL_WIDTH + GAP)
        parts.append(_title(left, name))
        for row, start_ms in enumerate(moments_ms):
            parts += draw_moment(beatmap, start_ms, left, GAP + 20 + row * (PANEL_HEIGHT + GAP))
    return _picture(width, height, parts)


def _picture(width: int, height: int, parts: list[str]) -> str:
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif">'
    background = f'<rect width="{width}" height="{height}" fill="{BACKGROUND}"/>'
    return "\n".join([head, background, *parts, "</svg>"]) + "\n"


def _title(left: int, text: str) -> str:
    return f'<text x="{left}" y="{GAP + 8}" fill="{INK}" font-size="15">{escape(text)}</text>'


def _timeline(beatmap: Beatmap, moments_ms: list[float], width: float, top: float) -> list[str]:
    """Draw objects per second, kiai times and the moments as SVG elements."""
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
    legend = f"circles and sliders a second, at most {highest}; yellow: kiai; {clock(song_ms)}"
    return [*parts, f'<text x="{GAP + 8}" y="{top + TIMELINE_HEIGHT - 4}" fill="{INK}" font-size="10">{legend}</text>']


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("map", type=Path)
    parser.add_argument("picture", type=Path)
    parser.add_argument("--moments", type=float, nargs="+", metavar="MS")
    parser.add_argument("--beside", type=Path, metavar="OTHER")
    parser.add_argument("--titles", nargs=2, default=["Generated", "Human-made"])
    arguments = parser.parse_args()
    beatmap = read_beatmap(arguments.map)
    moments_ms = arguments.moments or moments_of(beatmap)
    if arguments.beside is None:
        picture = draw(beatmap, moments_ms)
    else:
        maps = zip(arguments.titles, (beatmap, read_beatmap(arguments.beside)), strict=True)
        picture = draw_side_by_side(dict(maps), moments_ms)
    arguments.picture.write_text(picture, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
