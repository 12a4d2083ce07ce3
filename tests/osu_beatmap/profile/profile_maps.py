"""Maps of 120 BPM in 4/4 whose profile can be told by hand."""

from collections.abc import Sequence

from osu_beatmap.beatmap import (
    Beatmap,
    Circle,
    Difficulty,
    GameMode,
    HitObject,
    Metadata,
    TimingPoint,
)

BEAT_MS = 500.0
OFFSET_MS = 1000.0


def map_of(objects: Sequence[HitObject], mode: GameMode = GameMode.STANDARD, lines=(), title: str = "Song") -> Beatmap:
    red = TimingPoint(OFFSET_MS, BEAT_MS)
    return Beatmap(
        mode=mode,
        metadata=Metadata(title=title, creator="Mapper", version="Hard"),
        difficulty=Difficulty(circle_size=4.0, slider_multiplier=1.4),
        timing_points=[red, *lines],
        hit_objects=list(objects),
    )


def ms(beat: float) -> float:
    return OFFSET_MS + beat * BEAT_MS


def circles(beats: Sequence[float], places=((100.0, 100.0), (200.0, 100.0)), **more) -> list[HitObject]:
    return [Circle(ms(beat), *places[index % len(places)], **more) for index, beat in enumerate(beats)]


def notes(rows: Sequence[Sequence[int]], keys: int = 4, step: float = 0.5) -> list[HitObject]:
    """Mania notes in the columns of each row."""
    return [
        Circle(ms(index * step), (column + 0.5) * 512 / keys, 192.0) for index, row in enumerate(rows) for column in row
    ]
