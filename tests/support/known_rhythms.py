"""Maps of known rhythms, named in plain words."""

from __future__ import annotations

import random
from collections.abc import Sequence

from osu_beatmap.beatmap import Beatmap, Circle, Difficulty, GameMode, Metadata, TimingPoint

BPM = 180.0
BEATS = 128

BURST = [1 / 4, 1 / 4, 1 / 4, 1 / 4]


def map_of(
    intervals: Sequence[float], bpm: float = BPM, mode: GameMode = GameMode.STANDARD, od: float = 8.0
) -> Beatmap:
    """Circles at these distances in beats, from the first beat on, over and over for BEATS beats."""
    beat_ms = 60_000.0 / bpm
    positions, number = [0.0], 0
    while positions[-1] < BEATS:
        positions.append(positions[-1] + intervals[number % len(intervals)])
        number += 1
    return Beatmap(
        mode=mode,
        metadata=Metadata(title="Known rhythm", creator="us", version="it"),
        difficulty=Difficulty(overall_difficulty=od),
        timing_points=[TimingPoint(1000.0, beat_ms)],
        hit_objects=[Circle(1000.0 + place * beat_ms, 256.0, 192.0) for place in positions],
    )


def known_rhythms() -> dict[str, Beatmap]:
    """From simple to complex."""
    rng = random.Random(7)
    mixed = [interval for _ in range(40) for interval in rng.choice([BURST, [1 / 2, 1 / 2], [1.0], [3 / 4, 1 / 4]])]
    changing = [interval for _ in range(40) for interval in rng.choice([[1 / 3] * 3, BURST, [1 / 6] * 6, [1 / 2] * 2])]
    random_ticks = [rng.choice([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]) / 12 for _ in range(300)]
    return {
        "steady 1/1": map_of([1.0]),
        "steady 1/2": map_of([1 / 2]),
        "gallops": map_of([3 / 4, 1 / 4]),
        "mixed bursts of 1/4": map_of(mixed),
        "changes between 1/3, 1/4 and 1/6": map_of(changing),
        "random multiples of 1/12": map_of(random_ticks),
    }
