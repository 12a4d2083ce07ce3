"""Small literal beatmaps for the tests of the rules: a clean one per mode, to be broken in one way each."""

from osu_beatmap.beatmap import (
    Beatmap,
    Circle,
    CurveKind,
    Difficulty,
    GameMode,
    HitObject,
    Metadata,
    PathSegment,
    Point,
    Slider,
    TimingPoint,
)
from osu_beatmap.rules import Finding, Severity, check

BEAT_MS = 500.0
EASY, NORMAL, HARD, INSANE, EXPERT = 1.5, 2.5, 3.5, 5.0, 6.0
"""A star rating of each level."""


def clean_map(mode: GameMode = GameMode.STANDARD, objects: list[HitObject] | None = None) -> Beatmap:
    """A map of 120 BPM that breaks no rule: 80 notes a beat apart, unless objects are given."""
    return Beatmap(
        mode=mode,
        preview_time_ms=0.0,
        metadata=Metadata(title="Title", artist="Artist", creator="Mapper", version="Normal", tags=["tag"]),
        difficulty=Difficulty(circle_size=4.0, slider_multiplier=1.0),
        timing_points=[TimingPoint(0.0, BEAT_MS)],
        hit_objects=notes(80) if objects is None else objects,
    )


def notes(count: int, step_ms: float = BEAT_MS, start_ms: float = 0.0, xs: tuple[float, ...] = (64, 192, 320, 448)):
    """Circles at equal times, in turn at the given x."""
    return [Circle(start_ms + number * step_ms, xs[number % len(xs)], 192.0) for number in range(count)]


def slider(time_ms: float, points: list[Point], length_px: float, slides: int = 1) -> Slider:
    """A straight slider; 100 px last one beat in a clean map."""
    segments = [PathSegment(CurveKind.LINEAR, points)]
    return Slider(time_ms, *points[0], segments=segments, slides=slides, length_px=length_px)


def found(
    beatmap: Beatmap, rule: str, audio_ms: float | None = None, star_rating: float = EXPERT
) -> list[tuple[Severity, float | None, tuple[int, ...]]]:
    """Severity, time and objects of the findings of one rule."""
    return [(it.severity, it.time_ms, it.objects) for it in findings(beatmap, rule, audio_ms, star_rating)]


def findings(beatmap: Beatmap, rule: str, audio_ms: float | None = None, star_rating: float = EXPERT) -> list[Finding]:
    return [finding for finding in check(beatmap, audio_ms, star_rating) if finding.rule == rule]
