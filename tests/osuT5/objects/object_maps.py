"""Small maps and networks for tests of the object model."""

import numpy as np

from osu_beatmap.attributes import attributes_of
from osu_beatmap.beatmap import (
    Beatmap,
    Circle,
    CurveKind,
    Difficulty,
    GameMode,
    HitSound,
    HoldNote,
    PathSegment,
    Slider,
    SliderEdge,
    Spinner,
    TimingPoint,
)
from osu_beatmap.timing.active_point import Timing
from osu_beatmap.timing.beat_clock import BeatClock
from osuT5.objects.corpus import ObjectChart, ObjectSong, SongSound
from osuT5.objects.model.config import ObjectConfig
from osuT5.objects.tokens.chart_tokens import encode_chart
from osuT5.rhythm.conditions import RhythmConditions

SMALL = ObjectConfig(
    width=16,
    heads=2,
    beat_layers=1,
    object_layers=2,
    condition_width=8,
    sound_width=16,
    tick_width=4,
    column_width=8,
    dropout=0.0,
    window_beats=16,
    window_objects=24,
    star_count=11,
)
BEAT_MS = 500.0
LINES = [TimingPoint(0.0, BEAT_MS, 4)]


def clock_of(seconds: float = 40.0) -> BeatClock:
    return BeatClock.from_timing(Timing(LINES), 1000 * seconds)


def make_map(mode: GameMode = GameMode.STANDARD, keys: int = 4, count: int = 40) -> Beatmap:
    """A map with an object on every half beat, every kind among them."""
    objects = [_object(mode, number, keys) for number in range(count)]
    return Beatmap(
        mode=mode,
        difficulty=Difficulty(circle_size=float(keys)),
        timing_points=list(LINES),
        hit_objects=objects,
    )


def _object(mode: GameMode, number: int, keys: int):
    time_ms, x, y = BEAT_MS / 2 * number, 100.0 + 37 * number % 300, 90.0 + 53 * number % 200
    if mode is GameMode.MANIA:
        x = (number % keys + 0.5) * 512 / keys
        return HoldNote(time_ms, x, 192.0, end_ms=time_ms + 600) if number % 5 == 4 else Circle(time_ms, x, 192.0)
    if number % 9 == 8:
        return Spinner(time_ms, 256.0, 192.0, True, end_ms=time_ms + 125)
    if number % 3 == 2:
        bend = PathSegment(CurveKind.PERFECT, [(x, y), (x + 30, y + 20), (x + 60, y)])
        return Slider(time_ms, x, y, number % 6 == 5, segments=[bend], length_px=35.0, edges=[SliderEdge()] * 2)
    sound = (HitSound.NONE, HitSound.CLAP, HitSound.FINISH)[number % 3]
    return Circle(time_ms, x, y, number % 8 == 0, hitsound=sound)


def make_object_song(*maps: Beatmap, seed: int = 0) -> ObjectSong:
    """A song with random sound and these maps."""
    clock, rng = clock_of(), np.random.default_rng(seed)
    sound = SongSound(
        rng.normal(size=(len(clock), 24, SMALL.tick_width)).astype(np.float16),
        rng.normal(size=(len(clock), SMALL.sound_width)).astype(np.float16),
        clock.place_in_bar,
        clock.bar_beats,
        clock.beat_length_ms.astype(np.float32),
    )
    charts = []
    for number, beatmap in enumerate(maps):
        keys = beatmap.key_count if beatmap.mode is GameMode.MANIA else 0
        conditions = RhythmConditions(beatmap.mode, 3.0, keys)
        charts.append(ObjectChart(str(number), conditions, attributes_of(beatmap, 3.0), encode_chart(beatmap, clock)))
    return ObjectSong("song", sound, tuple(charts))
