"""Where sliders end, by our geometry and by the `slider` package: `python -m benchmarks.maps.slider_ends FOLDER...`

Every slider line of every .osu file below the folders is read twice, by our parser and by plain splitting here,
and the end of one slide computed twice. Where the two ends lie more than 1 px apart, the package's own curve
shapes are sampled densely and measured by osu!'s rules (cut or prolong by distance along the path). A slider whose
dense end agrees with ours is listed under the reason for which the package is off; any other is unresolved, is
printed, and makes the exit status 1.
"""

from __future__ import annotations

import argparse
import math
import re
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from slider.curve import Bezier, Catmull, Curve, Perfect, get_center
from slider.position import Position

from osu_beatmap.beatmap import Point
from osu_beatmap.errors import BeatmapError
from osu_beatmap.files.hit_object_lines import parse_object_line
from osu_beatmap.files.number_fields import FieldError
from osu_beatmap.geometry.slider_path import SliderPath, end_position

AGREEMENT_PX = 1.0
DENSE_STEPS = 1000
FINE_TOLERANCE_PX = 0.001
TOO_LONG_FOR_DENSE = "as one of the above, and so long that osu!'s polyline is shorter than the dense curve"
SLIDER_BIT = 2
UNRESOLVED_SHOWN = 40


@dataclass(frozen=True)
class RawSlider:
    """A slider line split without our parser: (letter, points) of each curve, the head first; the length."""

    curves: list[tuple[str, list[Position]]]
    length_px: float

    @property
    def kind(self) -> str:
        return self.curves[0][0] if len(self.curves) == 1 else "several"

    @property
    def points(self) -> list[Position]:
        return [point for _, points in self.curves for point in points]


@dataclass
class SliderEndReport:
    """Counts of compared sliders, and the reasons for differences."""

    files: int = 0
    compared: Counter = field(default_factory=Counter)  # by letter
    agreed: Counter = field(default_factory=Counter)  # by letter
    largest_agreed_px: float = 0.0
    skipped: Counter = field(default_factory=Counter)  # by reason
    reasons: dict[str, list[tuple[float, float]]] = field(default_factory=lambda: defaultdict(list))
    unresolved: list[str] = field(default_factory=list)
    our_seconds: float = 0.0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER")
    report = SliderEndReport()
    for folder in parser.parse_args().folders:
        for path in sorted(folder.rglob("*.osu")):
            report.files += 1
            for version, line in slider_lines(path):
                compare(line, version, path.name, report)
    print_report(report)
    return 1 if report.unresolved else 0


def slider_lines(path: Path) -> Iterator[tuple[int, str]]:
    """(format version, line) of each slider."""
    raw = path.read_bytes()
    text = raw.decode("utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8", errors="replace")
    version = re.search(r"osu file format v(\d+)", text)
    _, _, objects = text.partition("[HitObjects]")
    for line in objects.splitlines():
        fields = line.split(",")
        if len(fields) > 5 and fields[3].strip().isdigit() and int(fields[3]) & (SLIDER_BIT | 1) == SLIDER_BIT:
            yield int(version[1]) if version else 14, line.strip()


def compare(line: str, version: int, name: str, report: SliderEndReport) -> None:
    try:
        started = time.perf_counter()
        slider = parse_object_line(line, version)
        ours = end_position(slider)
        report.our_seconds += time.perf_counter() - started
    except (BeatmapError, FieldError) as error:
        report.skipped[f"osu! refuses the line too: {error}"] += 1
        return
    raw = split_line(line, version)
    report.compared[raw.kind] += 1
    theirs, failure = package_end(raw)
    error_px = math.dist(ours, theirs) if theirs else math.inf
    if error_px <= AGREEMENT_PX:
        report.agreed[raw.kind] += 1
        report.largest_agreed_px = max(report.largest_agreed_px, error_px)
        return
    dense, natural_px = dense_end(raw)
    dense_error_px = math.dist(ours, dense)
    if dense_error_px <= AGREEMENT_PX:
        report.reasons[failure or reason(raw, natural_px)].append((error_px, dense_error_px))
    elif math.dist(SliderPath(slider.segments, slider.length_px, FINE_TOLERANCE_PX).end, dense) <= AGREEMENT_PX:
        report.reasons[TOO_LONG_FOR_DENSE].append((error_px, dense_error_px))
    else:
        report.unresolved.append(f"{name}: {line} -> ours {ours}, package {theirs}, dense {dense}")


def split_line(line: str, version: int) -> RawSlider:
    fields = line.split(",")
    # Up to format 127 osu! cuts the fraction off coordinates.
    whole = float if version >= 128 else (lambda text: int(float(text)))
    curves: list[tuple[str, list[Position]]] = []
    for token in fields[5].split("|"):
        if token[0].isalpha():
            curves.append((token, []))
        else:
            point = Position(*map(whole, token.split(":")))
            if len(curves) > 1 and not curves[-1][1]:
                curves[-2][1].append(point)  # the first point of a curve also ends the one before
            curves[-1][1].append(point)
    curves[0][1].insert(0, Position(whole(fields[0]), whole(fields[1])))
    return RawSlider(curves, max(0.0, float(fields[7]) if len(fields) > 7 else 0.0))


def package_end(raw: RawSlider) -> tuple[Point | None, str]:
    """The package's end, or None and what is the matter with it."""
    if raw.kind == "several":
        return None, "several curve kinds in one slider (osu!lazer): the package does not read them"
    try:
        with np.errstate(all="ignore"):
            x, y = Curve.from_kind_and_points(raw.kind, raw.points, raw.length_px)(1)
            end = float(x), float(y)
    except Exception as error:
        return None, f"the package raises {type(error).__name__}"
    return (end, "") if all(map(math.isfinite, end)) else (None, "the package's end is NaN")


def dense_end(raw: RawSlider) -> tuple[Point, float]:
    """The end by dense samples of the package's curves, and their natural length."""
    pieces = [piece for curve in raw.curves if curve[1] for piece in package_pieces(*curve)]
    line = np.concatenate(pieces)
    steps_px = np.hypot(*np.diff(line, axis=0).T)
    moving = np.concatenate([[True], steps_px > 0])
    line, distance_px = line[moving], np.concatenate([[0.0], np.cumsum(steps_px)])[moving]
    natural_px = float(distance_px[-1])
    if raw.length_px > natural_px and len(line) > 1:
        direction = last_direction(*raw.curves[-1], line)
        end = line[-1] + direction * (raw.length_px - natural_px)
    else:
        wanted_px = raw.length_px or natural_px
        end = [np.interp(wanted_px, distance_px, line[:, axis]) for axis in (0, 1)]
    return (float(end[0]), float(end[1])), natural_px


def last_direction(kind: str, points: list[Position], line: np.ndarray) -> np.ndarray:
    """Unit vector in which osu! prolongs a path: along the last line of its own polyline, not the tangent."""
    step = line[-1] - line[-2]
    if kind == "P" and len(points) == 3 and not is_straight_arc(kind, points):
        chord_px = float(np.hypot(*np.diff(line, axis=0).T).sum()) / osu_arc_chords(points)
        distance_px = np.cumsum(np.hypot(*np.diff(line[::-1], axis=0).T))
        step = line[-1] - line[::-1][np.searchsorted(distance_px, chord_px)]
    elif kind in "BP" and not is_straight_arc(kind, points):
        step = osu_last_bezier_line(np.array(bezier_points(points)[-1], dtype=np.float64))
    return step / np.hypot(*step)


def osu_arc_chords(points: list[Position]) -> int:
    """Into how many chords osu! divides an arc (tolerance 0.1 px)."""
    centre = get_center(*points)
    radius_px = math.dist(points[0], centre)
    arc = Perfect(points, math.inf, _center=centre)
    return max(2, math.ceil(abs(arc._angle) / (2 * math.acos(1 - 0.1 / radius_px))) - 1)


def osu_last_bezier_line(control: np.ndarray) -> np.ndarray:
    """The last line of osu!'s polyline of a Bezier curve (tolerance 0.25 px): halve, keep the second half."""
    while len(control) > 2 and np.hypot(*(control[2:] - 2 * control[1:-1] + control[:-2]).T).max() > 0.5:
        control = bezier_halves(control)[1]
    if len(control) == 2:
        return control[1] - control[0]
    first, second = bezier_halves(control)
    before, at, after = np.concatenate([first, second[1:]])[-4:-1]
    return control[-1] - (before + 2 * at + after) / 4


def bezier_halves(control: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    starts, ends = [], []
    while len(control):
        starts.append(control[0])
        ends.append(control[-1])
        control = (control[1:] + control[:-1]) / 2
    return np.array(starts), np.array(ends[::-1])


def package_pieces(kind: str, points: list[Position]) -> list[np.ndarray]:
    """The package's curves [n, 2] for control points, split where osu! splits."""
    t = np.linspace(0.0, 1.0, DENSE_STEPS + 1)
    if kind == "L" or is_straight_arc(kind, points):
        return [np.array(points, dtype=np.float64)]
    if kind == "C":
        return catmull_pieces(points, t)
    if kind == "P" and len(points) == 3:
        arc = Perfect(points, math.inf, _center=get_center(*points))
        return [np.array([arc(share) for share in t])]
    return [Bezier(own, None).at(t) for own in bezier_points(points)]


def is_straight_arc(kind: str, points: list[Position]) -> bool:
    if kind != "P" or len(points) != 3:
        return False
    a, b, c = points
    return abs((b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x)) <= 1e-3


def bezier_points(points: list[Position]) -> list[list[Position]]:
    """Control points between red anchors; a doubled last point is no anchor to osu!."""
    pieces, start = [], 0
    for index in range(1, len(points) - 1):
        if points[index] == points[index - 1]:
            pieces.append(points[start:index])
            start = index
    return [*pieces, points[start:]]


def catmull_pieces(points: list[Position], t: np.ndarray) -> list[np.ndarray]:
    """Hermite pieces by the package's matrix, with the tangents as osu! has them (the package mixes x and y)."""
    points = points[1:] if points[:1] == points[1:2] else points
    at = np.array(points, dtype=np.float64)
    tangents = (np.concatenate([at[1:], 2 * at[-1:] - at[-2:-1]]) - np.concatenate([at[:1], at[:-1]])) / 2
    powers = np.stack([t**3, t**2, t, np.ones_like(t)], axis=1)
    basis = powers @ Catmull(points, None).h
    return [
        basis @ np.stack([at[index], at[index + 1], tangents[index], tangents[index + 1]])
        for index in range(len(at) - 1)
    ]


def reason(raw: RawSlider, natural_px: float) -> str:
    """Why the package's end of this slider is off."""
    if raw.length_px == 0:
        return "no length given: osu! takes the natural one, the package the head"
    if raw.kind == "C":
        return "Catmull: the package ignores the length and mixes x and y in the tangents"
    if is_straight_arc(raw.kind, raw.points):
        return "perfect curve through points on a line: a line to osu!, a Bezier to the package"
    if raw.kind != "L" and raw.points[-1] == raw.points[-2]:
        return "doubled last point: no anchor to osu!, one to the package"
    if raw.length_px > natural_px:
        if raw.kind == "P" and len(raw.points) == 3:
            return "arc shorter than its length: the package does not prolong it"
        return "curve shorter than its length: the package extrapolates the polynomial, osu! goes straight on"
    if raw.length_px < natural_px - last_piece_px(raw):
        return "cut by more than its last piece: the package cuts no other piece"
    return "cut inside a Bezier: the package takes its parameter for the distance along it"


def last_piece_px(raw: RawSlider) -> float:
    pieces = package_pieces(*raw.curves[0])
    last = pieces[-1][-2:] if raw.kind == "L" else pieces[-1]
    return float(np.hypot(*np.diff(last, axis=0).T).sum())


def print_report(report: SliderEndReport) -> None:
    compared, agreed = report.compared.total(), report.agreed.total()
    print(f"{report.files} files, {compared} sliders compared; reading and ends by us: {report.our_seconds:.1f} s")
    print(f"within {AGREEMENT_PX:g} px: {agreed}, the largest difference among them {report.largest_agreed_px:.3f} px")
    for kind, count in sorted(report.compared.items()):
        print(f"  {kind}: {report.agreed[kind]} of {count}")
    print(f"the package is off: {sum(map(len, report.reasons.values()))}")
    for name, errors in sorted(report.reasons.items(), key=lambda item: -len(item[1])):
        largest = [max(column) for column in zip(*errors, strict=True)]
        print(f"  {len(errors):6d}  {name} (by up to {largest[0]:.0f} px; we and the dense curve: {largest[1]:.3f} px)")
    for name, count in report.skipped.most_common():
        print(f"skipped {count}: {name}")
    print(f"unresolved: {len(report.unresolved)}")
    for line in report.unresolved[:UNRESOLVED_SHOWN]:
        print("  " + line[:400])


if __name__ == "__main__":
    sys.exit(main())
