"""A beatmap prepared for the rules.

It has usable objects and lines, and arrays of times and positions.
"""

from __future__ import annotations

from dataclasses import fields, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from osu_beatmap import star_rating as stars
from osu_beatmap.beatmap import Beatmap, Break, Difficulty, HitObject, Slider, Spinner, TimingPoint
from osu_beatmap.files.number_fields import MAX_VALUE
from osu_beatmap.geometry.slider_path import SliderPath, path_of
from osu_beatmap.rules.finding import Level
from osu_beatmap.rules.numbers import is_usable_break, is_usable_line, is_usable_object
from osu_beatmap.timing.active_point import Timing, end_time_ms
from osu_beatmap.timing.beat_grid import sort_lines

FALLBACK_LINE = TimingPoint(0.0, 1000.0)
"""What osu! plays by where a map has no red line: 60 beats per minute."""


def circle_radius_px(circle_size: float) -> float:
    """Return the radius of a circle in osu! pixels.

    Source: the wiki page "Beatmap/Circle size".
    """
    return 54.4 - 4.48 * circle_size


def approach_time_ms(approach_rate: float) -> float:
    """Return the time for which an approaching object is visible.

    Source: the wiki page "Beatmap/Approach rate".
    """
    return 1800.0 - 120.0 * approach_rate if approach_rate < 5 else 1200.0 - 150.0 * (approach_rate - 5)


def has_body(slider: Slider) -> bool:
    """Return whether a slider has path, length and at least one slide."""
    points = {point for segment in slider.segments for point in segment.points}
    return len(points) >= 2 and slider.length_px > 0 and slider.slides >= 1


class Chart:
    """Input of the rules.

    Objects and lines with unusable numbers are left out; nothing here raises.

    `objects` are in file order and `indices` holds their indices in the beatmap; all arrays run along `objects`.
    `lines` are in time order. `has_tempo` is False where `timing` had to be made up.
    """

    def __init__(self, beatmap: Beatmap, audio_ms: float | None = None, star_rating: float | None = None) -> None:
        self.beatmap = beatmap
        self.audio_ms = audio_ms
        self._star_rating = star_rating
        numbered = [pair for pair in enumerate(beatmap.hit_objects) if is_usable_object(pair[1])]
        self.indices: list[int] = [index for index, _ in numbered]
        self.objects: list[HitObject] = [hit_object for _, hit_object in numbered]
        self.lines: list[TimingPoint] = sort_lines(line for line in beatmap.timing_points if is_usable_line(line))
        self.breaks: list[Break] = [pause for pause in beatmap.breaks if is_usable_break(pause)]
        self.has_tempo = any(line.uninherited for line in self.lines)
        self.timing = Timing(self.lines if self.has_tempo else [FALLBACK_LINE, *self.lines])

    @cached_property
    def start_ms(self) -> NDArray[np.float64]:
        """Start times [n]."""
        return np.array([hit_object.time_ms for hit_object in self.objects], dtype=np.float64)

    @cached_property
    def end_ms(self) -> NDArray[np.float64]:
        """End times [n]; those of circles are their start times."""
        difficulty = self.difficulty
        ends = [end_time_ms(hit_object, self.timing, difficulty) for hit_object in self.objects]
        return np.array(ends, dtype=np.float64)

    @cached_property
    def is_spinner(self) -> NDArray[np.bool_]:
        """Spinners among the objects, bool [n]."""
        return np.array([isinstance(hit_object, Spinner) for hit_object in self.objects], dtype=bool)

    @cached_property
    def start_xy(self) -> NDArray[np.float64]:
        """Positions of circles and slider heads [n, 2] in osu! pixels."""
        return np.array([(hit_object.x, hit_object.y) for hit_object in self.objects], dtype=np.float64).reshape(-1, 2)

    @cached_property
    def end_xy(self) -> NDArray[np.float64]:
        """Positions [n, 2] where the objects end, in osu! pixels."""
        ends = self.start_xy.copy()
        for place, path in self.paths.items():
            if self.objects[place].slides % 2 == 1:
                ends[place] = path.points[-1]
        return ends

    @cached_property
    def paths(self) -> dict[int, SliderPath]:
        """Path of each slider with a body, by index in `objects`."""
        return {
            place: path_of(slider)
            for place, slider in enumerate(self.objects)
            if isinstance(slider, Slider) and has_body(slider)
        }

    @cached_property
    def difficulty(self) -> Difficulty:
        """Difficulty settings; the defaults of osu! replace unusable numbers."""
        given = {setting.name: getattr(self.beatmap.difficulty, setting.name) for setting in fields(Difficulty)}
        return Difficulty(**{name: value for name, value in given.items() if -MAX_VALUE <= value <= MAX_VALUE})

    @property
    def radius_px(self) -> float:
        return circle_radius_px(self.difficulty.circle_size)

    @property
    def approach_ms(self) -> float:
        return approach_time_ms(self.difficulty.approach_rate)

    @cached_property
    def level(self) -> Level:
        """Difficulty level.

        It is EXPERT, to which no level rule applies, if there is no star rating.
        """
        rating = self._star_rating
        if rating is None:
            try:
                rating = stars.star_rating(self.sound_beatmap())
            except ValueError:
                return Level.EXPERT
        return Level.of_star_rating(rating)

    def sound_beatmap(self) -> Beatmap:
        """Return the beatmap without parts that cannot be written or rated."""
        return replace(
            self.beatmap,
            difficulty=self.difficulty,
            hit_objects=[it for it in self.objects if not isinstance(it, Slider) or has_body(it)],
            timing_points=self.timing.points,
            breaks=[],
            combo_colours=[],
            preview_time_ms=-1.0,
            audio_lead_in_ms=0.0,
            stack_leniency=0.0,
        )

    def kind(self, place: int) -> str:
        """Return the mapper's word for an object.

        It is circle, slider, spinner or hold note.
        """
        name = type(self.objects[place]).__name__
        return "hold note" if name == "HoldNote" else name.lower()
