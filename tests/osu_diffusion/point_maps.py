"""Small maps with every kind of point, for the tests of refinement."""

from osu_beatmap.beatmap import (
    Beatmap,
    Circle,
    CurveKind,
    Difficulty,
    GameMode,
    HitObject,
    PathSegment,
    Slider,
    Spinner,
    TimingPoint,
)

RED = TimingPoint(0.0, 500.0)


def slider(
    time_ms: float, *segments: PathSegment, length_px: float, slides: int = 1, new_combo: bool = False
) -> Slider:
    """At 120 BPM and slider multiplier 1.4, 140 px last half a second."""
    x, y = segments[0].points[0]
    return Slider(time_ms, x, y, new_combo, segments=list(segments), slides=slides, length_px=length_px)


def line(*points: tuple[float, float]) -> PathSegment:
    return PathSegment(CurveKind.LINEAR, list(points))


def beatmap_of(*objects: HitObject, mode: GameMode = GameMode.STANDARD) -> Beatmap:
    return Beatmap(mode=mode, difficulty=Difficulty(circle_size=4.0), timing_points=[RED], hit_objects=list(objects))


def every_kind() -> Beatmap:
    """Circles, sliders of all curves and of several slides, and a spinner."""
    bezier = PathSegment(CurveKind.BEZIER, [(100.0, 100.0), (150.0, 60.0), (200.0, 100.0)])
    return beatmap_of(
        Circle(0.0, 40.0, 50.0, new_combo=True),
        Circle(250.0, 90.0, 70.0),
        slider(500.0, line((300.0, 100.0), (400.0, 100.0)), length_px=100.0, new_combo=True),
        slider(1500.0, bezier, line((200.0, 100.0), (260.0, 140.0)), length_px=150.0, slides=2),
        slider(
            3000.0, PathSegment(CurveKind.PERFECT, [(300.0, 300.0), (340.0, 340.0), (380.0, 300.0)]), length_px=120.0
        ),
        slider(
            4000.0,
            PathSegment(CurveKind.CATMULL, [(50.0, 300.0), (90.0, 340.0), (130.0, 300.0)]),
            length_px=90.0,
            slides=4,
        ),
        Spinner(6000.0, 256.0, 192.0, end_ms=7000.0),
        Circle(8000.0, 300.0, 200.0),
    )


def long_map(count: int = 200) -> Beatmap:
    """Circles and short sliders that wander over the playfield."""
    objects: list[HitObject] = []
    for number in range(count):
        x, y = 40.0 + (number * 37) % 400, 40.0 + (number * 23) % 300
        time_ms = 250.0 * number
        is_slider = number % 3 == 0
        path = line((x, y), (x + 40.0, y + 20.0))
        objects.append(slider(time_ms, path, length_px=44.0) if is_slider else Circle(time_ms, x, y))
    return beatmap_of(*objects)
