"""Working form of a map for repairs, and conversion both ways.

In a .osu file the end of a slider follows from its length, the slider velocity and the tempo, and the velocity is a
line that must lie exactly where its slider starts: hardly a time can be moved without spoiling another. Here every
object carries its own end and velocity, and what the lines say is apart from the tempo; `compose` writes lines and
slider lengths anew.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields, replace

from osu_beatmap.beatmap import (
    EFFECT_KIAI,
    EFFECT_OMIT_BARLINE,
    Beatmap,
    Circle,
    GameMode,
    HitObject,
    HoldNote,
    Slider,
    SliderEdge,
    Spinner,
    TimingPoint,
)
from osu_beatmap.timing.active_point import Timing, end_time_ms, slider_velocity_px_per_ms
from osu_beatmap.timing.edits import step_function
from osuT5.encoding.scroll_speed import line_speed
from pipeline.finishing.ticks import whole_ms

FOLLOWS_EDGE_MS = 15.0
"""A change of sound this soon after an object's edge belongs to it and moves with it."""


@dataclass(slots=True)
class Piece:
    """Object with its own end and slider velocity.

    A circle ends when it starts.
    """

    obj: HitObject
    end_ms: float
    speed: float

    @property
    def start_ms(self) -> float:
        return self.obj.time_ms

    @property
    def duration_ms(self) -> float:
        return self.end_ms - self.obj.time_ms

    @property
    def has_exact_end(self) -> bool:
        """Return whether the file stores the end as a length.

        It then has any fraction of a millisecond.
        """
        return isinstance(self.obj, Slider)


@dataclass(frozen=True, slots=True)
class Sound:
    """Sound of a timing point."""

    volume: int
    sample_set: int
    sample_index: int


@dataclass
class WorkingMap:
    """A map taken apart.

    `settings` is the beatmap without objects and lines, `timing` has red lines only. `pieces` are in time order.
    `speeds` are the changes of the scroll speed of mania, which belongs to no object; `sounds` those of volume and
    samples; both (time_ms, value) in time order. `kiai` holds (start_ms, end_ms) spans.
    """

    settings: Beatmap
    timing: Timing
    song_ms: float
    pieces: list[Piece]
    speeds: list[tuple[float, float]] = field(default_factory=list)
    sounds: list[tuple[float, Sound]] = field(default_factory=list)
    kiai: list[tuple[float, float]] = field(default_factory=list)

    @property
    def mode(self) -> GameMode:
        return self.settings.mode

    def sort(self) -> None:
        self.pieces.sort(key=lambda piece: piece.start_ms)

    def velocity_px_per_ms(self, piece: Piece) -> float:
        """Return the velocity of a piece's slider ball.

        No line can change the velocity before the first one.
        """
        speed = piece.speed if piece.start_ms >= self.timing.reds[0].time_ms else 1.0
        return slider_velocity_px_per_ms(piece.start_ms, self.timing, self.settings.difficulty) * speed

    def slide_px(self, piece: Piece) -> float:
        """Return the length of one slide of a slider."""
        assert isinstance(piece.obj, Slider), "only sliders have a length"
        return piece.duration_ms / piece.obj.slides * self.velocity_px_per_ms(piece)


def decompose(beatmap: Beatmap, song_ms: float) -> WorkingMap:
    """Decompose a map; copy its objects as far as repairs change them.

    Red lines get whole milliseconds, as in osu!'s editor.

    Raises:
        BeatmapError: There is no red line.
    """
    timing = Timing(beatmap.timing_points)
    pieces = [
        Piece(
            replace(obj, sample=replace(obj.sample)),
            end_time_ms(obj, timing, beatmap.difficulty),
            timing.sv_at(obj.time_ms),
        )
        for obj in beatmap.hit_objects
    ]
    settings = replace(
        beatmap,
        metadata=replace(beatmap.metadata, tags=list(beatmap.metadata.tags)),
        difficulty=replace(beatmap.difficulty),
        breaks=list(beatmap.breaks),
        hit_objects=[],
        timing_points=[],
    )
    work = WorkingMap(
        settings,
        Timing(_whole_reds(timing.reds)),
        song_ms,
        pieces,
        _changes(timing.points, line_speed) if beatmap.mode is GameMode.MANIA else [],
        _changes(timing.points, lambda line: Sound(line.volume, line.sample_set, line.sample_index)),
        [(start, max(song_ms, start) if math.isinf(end) else end) for start, end in timing.kiai_spans()],
    )
    work.sort()
    return work


def compose(work: WorkingMap) -> Beatmap:
    """Compose the map again.

    Velocities, sounds and kiai become lines, sliders get their lengths.
    """
    work.sort()
    objects = []
    for piece in work.pieces:
        obj = piece.obj
        if isinstance(obj, Slider):
            obj = replace(obj, length_px=work.slide_px(piece), edges=_edges(obj))
        elif isinstance(obj, Spinner | HoldNote):
            obj = replace(obj, end_ms=piece.end_ms)
        objects.append(obj)
    return replace(work.settings, hit_objects=objects, timing_points=_lines(work))


def move_changes(changes: Sequence[tuple], moves: Sequence[tuple[float, float]]) -> list[tuple]:
    """Move the (time_ms, value) changes just after an edge with it.

    `moves` are (old_ms, new_ms).
    """
    moves = sorted(moves)
    old_times = [old_ms for old_ms, _ in moves]
    found = []
    for time_ms, value in changes:
        index = bisect_right(old_times, time_ms + 0.5) - 1
        if index >= 0 and time_ms - old_times[index] <= FOLLOWS_EDGE_MS:
            time_ms += moves[index][1] - old_times[index]
        found.append((whole_ms(time_ms), value))
    return drop_redundant_changes(found)


def drop_redundant_changes(changes: Sequence[tuple]) -> list[tuple]:
    """Drop changes without effect, and return the rest in time order.

    Of several at one time, the last stays.
    """
    at_time = dict(sorted(changes, key=lambda change: change[0]))
    found: list[tuple] = []
    for time_ms, value in at_time.items():
        if not found or found[-1][1] != value:
            found.append((time_ms, value))
    return found


def edges_ms(piece: Piece) -> list[float]:
    """Return the times of the start, repeats and end of an object."""
    slides = piece.obj.slides if isinstance(piece.obj, Slider) else 1
    if piece.end_ms <= piece.start_ms:
        return [piece.start_ms]
    return [piece.start_ms + number * piece.duration_ms / slides for number in range(slides + 1)]


def reduce_to_circle(piece: Piece) -> None:
    """Reduce an object to its rhythm: a circle at its start."""
    piece.obj = Circle(**common_fields(piece.obj))
    piece.end_ms = piece.start_ms


def with_sound(line: TimingPoint, sound: Sound | TimingPoint, **changes: object) -> TimingPoint:
    """Copy a line with the sound of another, and other changes."""
    said = {"volume": sound.volume, "sample_set": sound.sample_set, "sample_index": sound.sample_index}
    return replace(line, **said, **changes)


def common_fields(obj: HitObject) -> dict:
    """Return the fields that all kinds share."""
    return {shared.name: getattr(obj, shared.name) for shared in fields(HitObject)}


def _edges(slider: Slider) -> list[SliderEdge]:
    """Return one sound for each edge.

    Surplus ones are dropped, missing ones are those of the body.
    """
    missing = slider.slides + 1 - len(slider.edges)
    return [*slider.edges[: slider.slides + 1], *(SliderEdge(slider.hitsound) for _ in range(missing))]


def _whole_reds(reds: Sequence[TimingPoint]) -> list[TimingPoint]:
    """Return copies at whole milliseconds; of equal times, the last."""
    by_time = {float(round(red.time_ms)): red for red in reds}
    return [replace(red, time_ms=time_ms) for time_ms, red in by_time.items()]


def _changes(lines: Sequence[TimingPoint], value_of: Callable[[TimingPoint], object]) -> list[tuple]:
    return drop_redundant_changes([(line.time_ms, value_of(line)) for line in lines])


def _lines(work: WorkingMap) -> list[TimingPoint]:
    """Return red lines and the green ones that they need.

    A green line is at each change that no red line there states.
    """
    reds = {red.time_ms: red for red in work.timing.reds}
    first_ms = work.timing.reds[0].time_ms
    speeds = work.speeds if work.mode is GameMode.MANIA else _object_speeds(work)
    times = {*reds, *(time_ms for time_ms, _ in [*speeds, *work.sounds])}
    times |= {edge_ms for span in work.kiai for edge_ms in span}
    speed_at, sound_at = step_function(speeds), step_function(work.sounds)
    lines: list[TimingPoint] = []
    state = None
    for time_ms in sorted(time_ms for time_ms in times if first_ms <= time_ms <= work.song_ms or time_ms in reds):
        red, speed = reds.get(time_ms), speed_at(time_ms, 1.0)
        sound = sound_at(time_ms, work.sounds[0][1])
        kiai = EFFECT_KIAI if any(start_ms <= time_ms < end_ms for start_ms, end_ms in work.kiai) else 0
        if red is not None:
            effects = red.effects & EFFECT_OMIT_BARLINE | (kiai if lines else 0)
            lines.append(with_sound(red, sound, effects=effects))
            state = (1.0, sound, effects & EFFECT_KIAI)
        if (speed, sound, kiai) != state:
            green = TimingPoint(time_ms, -100.0 / speed, lines[-1].meter, uninherited=False)
            lines.append(with_sound(green, sound, effects=kiai))
            state = (speed, sound, kiai)
    return lines


def _object_speeds(work: WorkingMap) -> list[tuple[float, float]]:
    """Return the velocities that have an effect.

    In taiko every object moves by them, elsewhere only sliders.
    """
    is_taiko = work.mode is GameMode.TAIKO
    return drop_redundant_changes([(p.start_ms, p.speed) for p in work.pieces if is_taiko or isinstance(p.obj, Slider)])
