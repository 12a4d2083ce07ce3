"""Evidence for downbeats from the objects of a map.

Mappers begin combos, long objects and rests on downbeats, and put finishes and timing points there. The evidence of a
beat is a weighted sum of such marks. It is added to that of the song.
"""

from __future__ import annotations

import numpy as np

from modding.habits.weights import BAR_WEIGHTS
from osu_beatmap.beatmap import Beatmap, GameMode, HitObject, HitSound, Slider
from osu_beatmap.timing.active_point import Timing, end_time_ms
from osu_beatmap.timing.beat_clock import TICKS_PER_BEAT, BeatClock

BAR_MARKS = (
    "starts",
    "together",
    "in_beat",
    "new_combo",
    "finish",
    "clap",
    "length",
    "rest_before",
    "rest_after",
    "green_line",
)
"""Marks of a beat.

An object starts on it; the number of objects that start together, and of those within the beat; a new combo, a finish,
a clap, a green line (inherited timing point). In beats: the longest object, and the gaps to the objects around it.
"""

INDEPENDENT_BEATS = 4.0
"""Beats whose evidence counts as that of one: maps repeat themselves."""

LONGEST_BEATS, LONGEST_REST_BEATS = 4.0, 8.0
NEAR_MS = 30.0
"""Distance up to which a green line is on a beat."""


def bar_evidence(beatmap: Beatmap, clock: BeatClock) -> np.ndarray:
    """Return the evidence for a downbeat by the map, in nats.

    It is up to a constant; the shape is float64 [beats].
    """
    mode = GameMode.STANDARD if beatmap.mode is GameMode.CATCH else beatmap.mode
    weights = np.array([BAR_WEIGHTS[mode].get(mark, 0.0) for mark in BAR_MARKS])
    return bar_marks(beatmap, clock) @ weights / INDEPENDENT_BEATS


def bar_marks(beatmap: Beatmap, clock: BeatClock) -> np.ndarray:
    """Return the marks of each beat, float64 [beats, marks]."""
    marks = np.zeros((len(BAR_MARKS), len(clock)))
    timing, objects = Timing(beatmap.timing_points), sorted(beatmap.hit_objects, key=lambda obj: obj.time_ms)
    starts = clock.steps_at(np.array([obj.time_ms for obj in objects]))
    ends = clock.steps_at(np.array([end_time_ms(obj, timing, beatmap.difficulty) for obj in objects]))

    def mark(name: str, steps: np.ndarray, values: np.ndarray | float = 1.0) -> None:
        """Raise a mark of the beats within a tick of some steps."""
        beats, ticks = np.divmod(steps + 1, TICKS_PER_BEAT)
        is_on_beat = (ticks <= 2) & (beats < len(clock))
        values = np.broadcast_to(np.asarray(values, np.float64), steps.shape)
        np.maximum.at(marks[BAR_MARKS.index(name)], beats[is_on_beat], values[is_on_beat])

    mark("starts", starts)
    mark("new_combo", starts, np.array([obj.new_combo for obj in objects]))
    mark("length", starts, np.minimum(LONGEST_BEATS, (ends - starts) / TICKS_PER_BEAT))
    sounds = [
        sound
        for obj, start, end in zip(objects, starts.tolist(), ends.tolist(), strict=True)
        for sound in _sounds(obj, start, end)
    ]
    steps, flags = np.array(sounds, np.int64).reshape(-1, 2).T
    mark("finish", steps, (flags & HitSound.FINISH) > 0)
    mark("clap", steps, (flags & HitSound.CLAP) > 0)
    np.add.at(marks[BAR_MARKS.index("in_beat")], starts // TICKS_PER_BEAT, 1.0)
    distinct, counts = np.unique(starts, return_counts=True)
    rests = np.minimum(LONGEST_REST_BEATS, np.diff(distinct, prepend=-np.inf, append=np.inf) / TICKS_PER_BEAT)
    mark("together", distinct, counts)
    mark("rest_before", distinct, rests[:-1])
    mark("rest_after", distinct, rests[1:])
    green_ms = np.array([line.time_ms for line in beatmap.timing_points if not line.uninherited])
    nearest = np.abs(green_ms[:, None] - clock.beat_ms).argmin(axis=1)
    marks[BAR_MARKS.index("green_line"), nearest[np.abs(green_ms - clock.beat_ms[nearest]) < NEAR_MS]] = 1.0
    return marks.T


def _sounds(obj: HitObject, start: int, end: int) -> list[tuple[int, int]]:
    """Return step and hitsound of an object and of its slider edges."""
    edges = obj.edges if isinstance(obj, Slider) else []
    steps = np.linspace(start, end, len(edges)).round().astype(int).tolist()
    return [(start, int(obj.hitsound)), *((step, int(edge.hitsound)) for step, edge in zip(steps, edges, strict=True))]
