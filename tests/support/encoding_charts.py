"""Small charts for the tests of the encoding, and events written briefly."""

from osu_beatmap.beatmap import (
    Beatmap,
    Circle,
    CurveKind,
    Difficulty,
    GameMode,
    HitObject,
    HitSample,
    PathSegment,
    Slider,
    SliderEdge,
    TimingPoint,
)
from osuT5.tokens.encoding_spec import EncodingSpec
from osuT5.tokens.events import Event, EventGroup, EventKind

V29 = EncodingSpec()
V32 = EncodingSpec(types_first=False, distances=False, position_refine_px=2, slider_layout=2, sustain_ms=8000)

RED = TimingPoint(1000, 500.0, volume=70)
"""120 BPM, so that a slider of 140 px at slider multiplier 1.4 lasts 500 ms."""


def beatmap(objects: list[HitObject], mode: GameMode = GameMode.STANDARD, lines: list[TimingPoint] | None = None):
    return Beatmap(mode=mode, timing_points=lines or [RED], hit_objects=objects, difficulty=Difficulty(circle_size=4.0))


def green(time_ms: float, sv: float, volume: int = 70) -> TimingPoint:
    return TimingPoint(time_ms, -100 / sv, volume=volume, uninherited=False)


def circle(time_ms: float = 2000, x: float = 100, y: float = 100, new_combo: bool = False) -> Circle:
    return Circle(time_ms, x, y, new_combo)


def slider(slides: int = 1, kind: CurveKind = CurveKind.LINEAR) -> Slider:
    """From (0, 0) along x, with a control point in the middle."""
    edges = [SliderEdge(hitsound=2 * (number % 2), normal_set=1) for number in range(slides + 1)]
    path = [PathSegment(kind, [(0.0, 0.0), (70.0, 0.0), (140.0, 0.0)])]
    sample = HitSample(normal_set=2)
    return Slider(2000, 0, 0, segments=path, slides=slides, length_px=140, edges=edges, sample=sample, hitsound=8)


def brief(groups: list[EventGroup]) -> list[str]:
    """Each group as `kind value kind value`, the value left out where it is 0."""
    return [" ".join(_brief_event(event) for event in group.events) for group in groups]


def _brief_event(event: Event) -> str:
    return f"{event.kind.value}{event.value}" if event.value else event.kind.value


def group(time_ms: float, *events: tuple[EventKind, int] | EventKind) -> EventGroup:
    """A group whose parts are given as kinds, or as kinds with values; without a TIME event of its own."""
    return EventGroup(time_ms, tuple(Event(*e) if isinstance(e, tuple) else Event(e) for e in events))


def timed(time_ms: float, *events: tuple[EventKind, int] | EventKind) -> EventGroup:
    return group(time_ms, (EventKind.TIME, int(time_ms)), *events)
