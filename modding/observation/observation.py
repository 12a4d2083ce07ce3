"""Observation with its surprisal by a model and by habits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from modding.aspects import Aspect
from modding.habits.habits import Habits
from modding.habits.places import TICKS_PER_BEAT
from osu_beatmap.beatmap import Beatmap, GameMode
from osu_beatmap.timing.active_point import Timing
from osuT5.generation.token_scores import Surprisal

MODEL_SHARES: Mapping[Aspect, float] = {
    Aspect.POSITION: 0.25,
    Aspect.COLUMN: 0.25,
    Aspect.COMBO: 0.25,
    Aspect.ADDITIONS: 0.25,
    Aspect.COLOUR: 0.25,
    Aspect.BANK: 0.25,
}
"""Weight of the bundled model next to the habits of the map, if not 1: low for aspects of which it is uncertain.

On charts of training songs with inserted faults, habits alone found as much of these or more.
"""

BEAT_MODEL_SHARES: Mapping[Aspect, float] = {
    Aspect.RHYTHM: 0.5,
    Aspect.ABSENCE: 2.0,
    Aspect.POSITION: 0.75,
    Aspect.COLUMN: 0.25,
    Aspect.COMBO: 0.75,
    Aspect.ADDITIONS: 0.5,
    Aspect.COLOUR: 0.25,
    Aspect.BANK: 0.25,
}
"""The same for the models on the beat clock: the weights that find most faults in 8 charts of training songs."""

TOLD_BY_HABIT = frozenset({Aspect.COLUMN, Aspect.ADDITIONS, Aspect.COLOUR})
"""Aspects with the same answers from habits and model: the one with the higher surprisal gives the expected answer."""


@dataclass(frozen=True, slots=True)
class Observation:
    """Surprisal of one aspect of a map.

    `actual` and `expected` are values of the aspect: a time in ms, a point, a column, the presence of a new combo, a
    velocity, hitsound flags, a pair of sample sets, a kind of event. `expected` is None if nothing is better.
    `habit_bits`: the part of the surprisal by the habits of the map. `part` names the part of a slider.
    """

    aspect: Aspect
    time_ms: float
    surprise: Surprisal
    obj: int | None = None
    actual: object = None
    expected: object = None
    part: str = ""
    habit_bits: float = 0.0


class HabitJudge:
    """Observations of one map by a model and by its habits.

    Args:
        beatmap: The map.
        habits: Its habits.
        shares: Weight of the model next to them, by aspect; 1 unless given.
    """

    def __init__(self, beatmap: Beatmap, habits: Habits, shares: Mapping[Aspect, float] = MODEL_SHARES) -> None:
        self.beatmap, self.habits, self.shares = beatmap, habits, shares
        self.timing = Timing(beatmap.timing_points)

    def of_model(
        self, aspect: Aspect, obj: int, surprise: Surprisal, actual: object, expected: object, part: str = ""
    ) -> Observation:
        """Return an observation by the model alone."""
        return Observation(aspect, self._time_ms(obj), surprise, obj, actual, expected, part)

    def judged(
        self, aspect: Aspect, obj: int, surprise: Surprisal, actual: object, expected: object, part: str = ""
    ) -> Observation:
        """Return an observation by the model and the habits."""
        habit = self.habits.get((aspect, obj))
        if habit is None:
            return self.of_model(aspect, obj, surprise, actual, expected, part)
        surprise = surprise.scale(self.shares.get(aspect, 1.0))
        if aspect in TOLD_BY_HABIT and habit.surprise.bits > surprise.bits:
            expected = habit.usual
        observation = self.of_model(aspect, obj, surprise + habit.surprise, actual, expected, part)
        return replace(observation, habit_bits=habit.surprise.bits)

    def by_habit(self, aspect: Aspect, obj: int, actual: object) -> Iterator[Observation]:
        """Yield the observation of a habit if no model answers a question."""
        habit = self.habits.get((aspect, obj))
        if habit is not None:
            observation = self.of_model(aspect, obj, habit.surprise, actual, habit.usual)
            yield replace(observation, habit_bits=habit.surprise.bits)

    def mania_scroll(self, obj: int) -> Iterator[Observation]:
        """Yield the observation of a scroll speed in mania.

        There speeds are no events of objects, so only the map's habits count.
        """
        if self.beatmap.mode is GameMode.MANIA:
            yield from self.by_habit(Aspect.SCROLL, obj, self.timing.sv_at(self._time_ms(obj)))

    def absent(self, obj: int, bits: float, likeliest_ms: float) -> Observation:
        """Return the observation that nothing comes before an object.

        Args:
            obj: The object.
            bits: Surprisal by the model.
            likeliest_ms: Most likely time of an object.
        """
        bits *= self.shares.get(Aspect.ABSENCE, 1.0)
        observation = self.of_model(Aspect.ABSENCE, obj, Surprisal(bits, 0.0), None, likeliest_ms)
        habit = self.habits.get((Aspect.ABSENCE, obj))
        if habit is None:
            return observation
        habit_bits = habit.surprise.bits
        expected = self._usual_ms(obj, habit.usual) if habit_bits > bits else likeliest_ms
        surprise = observation.surprise + habit.surprise
        return replace(observation, surprise=surprise, habit_bits=habit_bits, expected=expected)

    def _time_ms(self, obj: int) -> float:
        return self.beatmap.hit_objects[obj].time_ms

    def _usual_ms(self, obj: int, gap_ticks: int) -> float:
        """Return the time of an object after a usual gap."""
        time_ms = self._time_ms(obj)
        before_ms = max(other.time_ms for other in self.beatmap.hit_objects[:obj] if other.time_ms < time_ms)
        return before_ms + gap_ticks / TICKS_PER_BEAT * self.timing.beat_length_at(time_ms)
