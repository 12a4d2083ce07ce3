"""One line of [HitObjects] and one hit object: reading and writing.

The rules are those of osu!(lazer)'s decoder. Values that it repairs are repaired: a negative slider length, a spinner
that ends before it starts, edge lists of the wrong length. Lines that it refuses raise FieldError.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import groupby, pairwise

from osu_beatmap.beatmap import (
    Circle,
    CurveKind,
    HitObject,
    HitSample,
    HoldNote,
    PathSegment,
    Point,
    SampleSet,
    Slider,
    SliderEdge,
    Spinner,
)
from osu_beatmap.editor_notation import clock
from osu_beatmap.files.number_fields import (
    FIRST_FRACTIONAL_VERSION,
    MAX_COORDINATE_PX,
    FieldError,
    format_coordinate,
    format_number,
    parse_coordinate,
    parse_float,
    parse_int,
    quote_text,
    round_coordinate,
    time_offset_ms,
)
from osu_beatmap.quirks import NO_QUIRKS, Quirks

TYPE_CIRCLE, TYPE_SLIDER, TYPE_NEW_COMBO, TYPE_SPINNER, TYPE_HOLD = 1, 2, 4, 8, 128
COMBO_SKIP_SHIFT, COMBO_SKIP_MASK = 4, 7
HITSOUND_MASK = 15
MAX_SLIDES = 9000
MAX_DEGREE_DIGITS = 9
MIN_FIELDS = 5
MAX_PATH_POINTS = 1_000
"""A Bezier curve takes time and memory by the square of its points; human-made sliders have up to 220 or so."""


# ---- reading ----


def parse_object_line(line: str, format_version: int, quirks: Quirks = NO_QUIRKS) -> HitObject:
    """Parse a hit object; apply the time offset of old formats.

    Raises:
        FieldError: osu! would refuse the line.
    """
    offset_ms = 0.0 if quirks.early_old_formats else time_offset_ms(format_version)
    fields = line.split(",")
    if len(fields) < MIN_FIELDS:
        raise FieldError(f"{len(fields)} fields where a hit object has at least {MIN_FIELDS}")
    object_type = parse_int(fields[3])
    common = {
        "time_ms": parse_float(fields[2]) + offset_ms,
        "x": parse_coordinate(fields[0], format_version),
        "y": parse_coordinate(fields[1], format_version),
        "new_combo": bool(object_type & TYPE_NEW_COMBO),
        "combo_skip": object_type >> COMBO_SKIP_SHIFT & COMBO_SKIP_MASK,
        "hitsound": parse_int(fields[4]) & HITSOUND_MASK,
    }
    if object_type & TYPE_CIRCLE:
        return Circle(**common, sample=_parse_sample(_field(fields, 5)))
    if object_type & TYPE_SLIDER:
        return _parse_slider(fields, common, format_version, quirks)
    if object_type & TYPE_SPINNER:
        return Spinner(
            **common,
            sample=_parse_sample(_field(fields, 6)),
            end_ms=_parse_end_ms(_field(fields, 5), common["time_ms"], offset_ms),
        )
    if object_type & TYPE_HOLD:
        end, _, sample = _field(fields, 5).partition(":")
        return HoldNote(
            **common,
            sample=_parse_sample(sample),
            end_ms=_parse_end_ms(end, common["time_ms"], offset_ms) if end else common["time_ms"],
        )
    raise FieldError(f"type {object_type} is not a known kind of object")


def _field(fields: Sequence[str], index: int) -> str:
    """Return a field, "" if an old format omits it."""
    return fields[index].strip() if index < len(fields) else ""


def _parse_end_ms(text: str, start_ms: float, offset_ms: float) -> float:
    return max(start_ms, parse_float(text) + offset_ms)


@lru_cache(maxsize=4096)
def _sample_fields(text: str) -> tuple[int, int, int, int, str]:
    """Parse `normalSet:additionSet:index:volume:filename`; any tail may be missing."""
    if not text:
        return SampleSet.AUTO, SampleSet.AUTO, 0, 0, ""
    parts = text.split(":", 4)
    numbers = [parse_int(part) for part in parts[:4] if part]
    numbers += [0] * (4 - len(numbers))
    filename = parts[4] if len(parts) > 4 else ""
    return _sample_set(numbers[0]), _sample_set(numbers[1]), numbers[2], max(0, numbers[3]), filename


def _sample_set(number: int) -> int:
    """Return a sample set, AUTO for an unknown number, as in osu!."""
    return number if number in (SampleSet.NORMAL, SampleSet.SOFT, SampleSet.DRUM) else int(SampleSet.AUTO)


def _parse_sample(text: str) -> HitSample:
    return HitSample(*_sample_fields(text))


def _parse_slider(fields: Sequence[str], common: dict, format_version: int, quirks: Quirks) -> Slider:
    slides = parse_int(_field(fields, 6))
    if slides > MAX_SLIDES:
        at = clock(common["time_ms"])
        raise FieldError(f"the slider at {at} has {slides} slides, more than the {MAX_SLIDES} that osu! accepts")
    slides = max(1, slides)
    path = _field(fields, 5)
    if path.count("|") > MAX_PATH_POINTS:
        at, count = clock(common["time_ms"]), path.count("|")
        raise FieldError(f"the slider at {at} has a path of {count} points, more than the {MAX_PATH_POINTS} supported")
    length = _field(fields, 7)
    sample = _parse_sample(_field(fields, 10))
    parse_segments = _parse_whole_path if quirks.whole_paths else parse_path
    sounds, sets = _field(fields, 8), _field(fields, 9)
    edges = _parse_edges(sounds, sets, slides + 1, common["hitsound"], sample)
    if quirks.plain_edges:
        edges = _parse_plain_edges(sounds, sets, slides + 1)
    return Slider(
        **common,
        sample=sample,
        segments=parse_segments(path, (common["x"], common["y"]), format_version),
        slides=slides,
        # 0 stands for a length that the file leaves to the path itself.
        length_px=max(0.0, parse_float(length, MAX_COORDINATE_PX)) if length else 0.0,
        edges=edges,
    )


def _parse_edges(sounds: str, sets: str, edge_count: int, hitsound: int, sample: HitSample) -> list[SliderEdge]:
    """Return exactly `edge_count` edges.

    Surplus entries are dropped; missing ones sound like the slider itself.
    """
    edges = [SliderEdge(hitsound, sample.normal_set, sample.addition_set) for _ in range(edge_count)]
    if sounds:
        for edge, text in zip(edges, sounds.split("|"), strict=False):
            edge.hitsound = int(text) & HITSOUND_MASK if text.isdecimal() and len(text) < 10 else 0
    for edge, text in zip(edges, sets.split("|"), strict=False):
        if text:
            edge.normal_set, edge.addition_set = _sample_fields(text)[:2]
    return edges


def _parse_plain_edges(sounds: str, sets: str, edge_count: int) -> list[SliderEdge]:
    """Return exactly `edge_count` edges; missing ones have no sounds.

    The last one is the file's last.
    """
    listed = [int(text) & HITSOUND_MASK if text.isdecimal() and len(text) < 10 else 0 for text in sounds.split("|")]
    listed_sets = [_sample_fields(text)[:2] for text in sets.split("|")]
    missing = edge_count - 1
    own_sounds = [*(listed + [0] * missing)[:missing], listed[-1]]
    own_sets = [*(listed_sets + [(SampleSet.AUTO, SampleSet.AUTO)] * missing)[:missing], listed_sets[-1]]
    return [SliderEdge(sound, *banks) for sound, banks in zip(own_sounds, own_sets, strict=True)]


def _parse_whole_path(text: str, head: Point, format_version: int) -> list[PathSegment]:
    """Return the path field as one segment of the first letter.

    It has all points, doubled ones too.

    Raises:
        FieldError: A point is unreadable.
    """
    letter, *tokens = text.split("|")
    points = [_parse_point(token, format_version) for token in tokens if not token[:1].isalpha()]
    return [PathSegment(curve_kind(letter[:1] or "C"), [head, *points])]


def parse_path(text: str, head: Point, format_version: int) -> list[PathSegment]:
    """Parse the `B|x:y|x:y|...` field as segments that share their joints.

    The first segment starts at `head`.

    A letter begins a segment of its kind (osu!lazer writes several), and a Bezier point given twice is a red anchor,
    which ends a segment. Perfect curves of other than three points are Bezier, straight ones linear; neighbouring
    linear segments become one. At least one segment of two points comes back. Raises FieldError.
    """
    pieces: list[tuple[str, list[Point]]] = []
    for token in text.split("|"):
        if token[:1].isalpha():
            pieces.append((token, []))
        elif not pieces:
            raise FieldError(f"slider path {quote_text(text)} has no curve type")
        else:
            pieces[-1][1].append(_parse_point(token, format_version))
    if not all(points for _, points in pieces[1:]):
        raise FieldError(f"slider path {quote_text(text)} has a curve type without points")
    if len(pieces) > 1 and len(pieces[-1][1]) == 1:
        # osu!lazer gives a red last point a letter, though no segment follows it.
        pieces[-2][1].extend(pieces.pop()[1])
    segments: list[PathSegment] = []
    for index, (token, own_points) in enumerate(pieces):
        kind = curve_kind(token)
        written = "" if token == kind.value else token
        points = [head, *own_points] if index == 0 else own_points
        following = pieces[index + 1][1][:1] if index + 1 < len(pieces) else []
        for segment in _split_piece(kind, points, following, format_version):
            segment.written = written
            _append_segment(segments, segment)
    if segments:
        return segments
    kind = curve_kind(pieces[0][0])
    return [PathSegment(CurveKind.BEZIER if kind is CurveKind.PERFECT else kind, [head, head])]


def curve_kind(text: str) -> CurveKind:
    """Return the curve kind that osu!lazer reads.

    Only `B` may have a degree; unknown letters are Catmull.
    """
    degree = text[1:]
    if text[0] == "B" and degree.isascii() and degree.isdecimal() and 0 < len(degree.lstrip("0")) <= MAX_DEGREE_DIGITS:
        return CurveKind(f"B{int(degree)}")
    return CurveKind(text[0]) if text[0] in "LBP" else CurveKind.CATMULL


def _parse_point(token: str, format_version: int) -> Point:
    x, separator, y = token.partition(":")
    if not separator:
        raise FieldError(f"slider point {quote_text(token)} is not x:y")
    return parse_coordinate(x, format_version), parse_coordinate(y, format_version)


def _split_piece(
    kind: CurveKind, points: list[Point], following: list[Point], format_version: int
) -> list[PathSegment]:
    """Return the segments of one letter.

    `following` is the next letter's first point, if any.
    """
    if kind is CurveKind.PERFECT:
        kind = _perfect_kind([*points, *following])
    keeps_doubles = kind is CurveKind.CATMULL and format_version < FIRST_FRACTIONAL_VERSION
    segments: list[PathSegment] = []
    current = points[:1]
    for index in range(1, len(points)):
        doubled = points[index] == points[index - 1]
        # As in osu!: the last point never opens a segment, nor does an old Catmull slider have inner ones.
        # A double of the head adds nothing to any curve.
        if doubled and index != len(points) - 1 and not (keeps_doubles and len(current) > 1):
            if len(current) > 1:
                segments.append(PathSegment(kind, current))
                current = [points[index]]
        else:
            current.append(points[index])
    current.extend(following)
    if len(current) > 1:
        segments.append(PathSegment(kind, current))
    return segments


def _perfect_kind(points: list[Point]) -> CurveKind:
    """Return the actual kind of a perfect curve through these points."""
    if len(points) != 3:
        return CurveKind.BEZIER
    (ax, ay), (bx, by), (cx, cy) = points
    straight = abs((by - ay) * (cx - ax) - (bx - ax) * (cy - ay)) <= 1e-3
    return CurveKind.LINEAR if straight else CurveKind.PERFECT


def _append_segment(segments: list[PathSegment], segment: PathSegment) -> None:
    """Append a segment; linear ones lose doubled points.

    They join a linear neighbour, which changes no shape.
    """
    if segment.kind is not CurveKind.LINEAR:
        segments.append(segment)
        return
    points = _drop_doubles(segment.points)
    if segments and segments[-1].kind is CurveKind.LINEAR:
        segments[-1].points = _drop_doubles([*segments[-1].points, *points])
    else:
        segments.append(PathSegment(CurveKind.LINEAR, points, segment.written))


def _drop_doubles(points: Sequence[Point]) -> list[Point]:
    """Drop immediate repetitions of points, but keep at least two."""
    kept = [point for point, _ in groupby(points)]
    return kept if len(kept) > 1 else [points[0], points[0]]


# ---- writing ----


def format_object_line(obj: HitObject, format_version: int) -> str:
    """Return the line that `parse_object_line` reads back.

    Raises:
        BeatmapError: A number is not finite.
    """
    offset_ms = time_offset_ms(format_version)
    type_bits = (obj.combo_skip & COMBO_SKIP_MASK) << COMBO_SKIP_SHIFT
    if obj.new_combo:
        type_bits |= TYPE_NEW_COMBO
    sample = _format_sample(obj.sample)
    match obj:
        case Circle():
            type_bits |= TYPE_CIRCLE
            tail = sample
        case Slider():
            type_bits |= TYPE_SLIDER
            tail = f"{_format_slider_fields(obj, format_version)},{sample}"
        case Spinner():
            type_bits |= TYPE_SPINNER
            tail = f"{format_number(obj.end_ms - offset_ms)},{sample}"
        case HoldNote():
            type_bits |= TYPE_HOLD
            tail = f"{format_number(obj.end_ms - offset_ms)}:{sample}"
        case _:
            raise AssertionError(f"{type(obj).__name__} is not a kind of hit object that a file can hold")
    x, y = format_coordinate(obj.x, format_version), format_coordinate(obj.y, format_version)
    return f"{x},{y},{format_number(obj.time_ms - offset_ms)},{type_bits},{int(obj.hitsound)},{tail}"


def _format_sample(sample: HitSample) -> str:
    filename = sample.filename.replace(",", "").replace("\r", "").replace("\n", "")
    return f"{int(sample.normal_set)}:{int(sample.addition_set)}:{sample.index}:{sample.volume}:{filename}"


def _format_slider_fields(slider: Slider, format_version: int) -> str:
    sounds = "|".join(str(int(edge.hitsound)) for edge in slider.edges)
    sets = "|".join(f"{int(edge.normal_set)}:{int(edge.addition_set)}" for edge in slider.edges)
    path = format_path(slider.segments, format_version)
    return f"{path},{slider.slides},{format_number(slider.length_px)},{sounds},{sets}"


def format_path(segments: Sequence[PathSegment], format_version: int) -> str:
    """Return the path field.

    Paths of Bezier curves, or of B-splines of one degree, take the red-anchor form, which every osu! reads. Other
    combinations name each segment's kind, which osu!lazer reads and osu!stable does not.
    """
    pieces = [
        (segment.written or segment.kind.value, _write_points(segment.points, format_version)) for segment in segments
    ]
    is_one_kind = segments[0].kind.value[0] == "B" and len({kind for kind, _ in pieces}) == 1
    has_doubles = any(one == following for _, points in pieces for one, following in pairwise(points))
    if is_one_kind and not has_doubles:
        # Each later segment repeats the joint, which makes it a red anchor.
        points = pieces[0][1][1:] + [point for _, later in pieces[1:] for point in later]
        return "|".join([pieces[0][0], *(_format_point(point, format_version) for point in points)])
    tokens: list[str] = []
    for index, (kind, points) in enumerate(pieces):
        is_last = index == len(pieces) - 1
        # The head stands at the start of the line; an inner end is the next segment's first point.
        own = points[1 if index == 0 else 0 : None if is_last else -1]
        tokens += [kind, *(_format_point(point, format_version) for point in own)]
    return "|".join(tokens)


def _write_points(points: Sequence[Point], format_version: int) -> list[Point]:
    """Round points as the format stores them.

    Rounding must not turn two near points into a red anchor.
    """
    rounded = [tuple(round_coordinate(value, format_version) for value in point) for point in points]
    kept = rounded[:1]
    for index in range(1, len(points)):
        if rounded[index] != kept[-1] or points[index] == points[index - 1]:
            kept.append(rounded[index])
    return kept if len(kept) > 1 else [kept[0], kept[0]]


def _format_point(point: Point, format_version: int) -> str:
    return f"{format_coordinate(point[0], format_version)}:{format_coordinate(point[1], format_version)}"
