"""Literal drafts for the tests of finishing: 120 BPM (a beat of 500 ms) from 0 ms on, in a song of a minute."""

from osu_beatmap.beatmap import (
    Beatmap,
    Circle,
    Difficulty,
    GameMode,
    HitObject,
    TimingPoint,
)
from osu_beatmap.files.reader import parse_beatmap
from osu_beatmap.files.writer import write_beatmap
from osu_beatmap.rules import Finding, Severity, check
from pipeline.finishing.working_map import WorkingMap, decompose

SONG_MS = 60_000.0
RED = TimingPoint(0.0, 500.0)


def draft_of(
    *objects: HitObject,
    mode: GameMode = GameMode.STANDARD,
    lines: tuple[TimingPoint, ...] = (RED,),
    difficulty: Difficulty | None = None,
) -> Beatmap:
    return Beatmap(
        mode=mode,
        difficulty=difficulty or Difficulty(circle_size=4.0),
        timing_points=list(lines),
        hit_objects=list(objects),
    )


def work_of(*objects: HitObject, song_ms: float = SONG_MS, **draft) -> WorkingMap:
    return decompose(draft_of(*objects, **draft), song_ms)


def steady_circles(first_ms: float = 1000.0, last_ms: float = 40_000.0) -> list[HitObject]:
    """One circle each bar, enough for 30 s to play."""
    count = int((last_ms - first_ms) // 2000.0) + 1
    return [Circle(first_ms + 2000.0 * number, 256.0, 192.0) for number in range(count)]


def times_of(work: WorkingMap) -> list[tuple[float, float]]:
    return [(piece.start_ms, piece.end_ms) for piece in work.pieces]


def problems(beatmap: Beatmap, song_ms: float = SONG_MS) -> list[Finding]:
    """What breaks a rule in the map as its file gives it."""
    read = parse_beatmap(write_beatmap(beatmap))
    return [finding for finding in check(read, song_ms) if finding.severity is Severity.PROBLEM]
