"""Sliders of straight lines."""

from osu_beatmap.beatmap import CurveKind, PathSegment, Slider


def line_slider(time_ms: float, *points: tuple[float, float], length_px: float, slides: int = 1, **more) -> Slider:
    """A slider along points, the first of which is its head; 140 px last one beat unless a velocity is set."""
    segments = [PathSegment(CurveKind.LINEAR, list(points))]
    return Slider(time_ms, *points[0], segments=segments, slides=slides, length_px=length_px, **more)
