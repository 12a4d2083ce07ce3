"""Observation with its surprisal by a model and by habits."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

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
    Aspect.POSITION: 0.75,
    Aspect.COLUMN: 0.1,
    Aspect.COMBO: 0.75,
    Aspect.ADDITIONS: 0.5,
    Aspect.COLOUR: 0.5,
    Aspect.BANK: 0.25,
}
"""The same for the models on the beat clock: the weights that find most faults in charts of training songs.

Object times are judged by odds instead (`modding/observation/beat_observer.py`).
"""

LEAST_CHANCE = 1e-6
UNKNOWN_LOG_CHANCE = -14.0
"""Log probability of answers that a model does not have."""

TOLD_BY_HABIT = frozenset({Aspect.COLUMN, Aspect.ADDITIONS, Aspect.COLOUR})
"""Aspects with the same answers from habits and model: the one with the higher surprisal gives the expected answer."""


@dataclass(frozen=True, slots=True)
class Observation:
    """Surprisal of one aspect of a map.

    `actual` and `expected` are values of the aspect: a time in ms, a point, a column, the presence of a new combo, a
    velocity, hitsound flags, a pair of sample sets, a kind of event. `expected` is None if nothing is better.
    `habit_bits`: the part of the surprisal by the habits of the map. `model_bits`: that of the model, unless it is the
    rest. `part` names the part of a slider.
    """

    aspect: Aspect
    time_ms: float
    surprise: Surprisal
    obj: int | None = None
    actual: object = None
    expected: object = None
    part: str = ""
    habit_bits: float = 0.0
    model_bits: float | None = None


def surprise_of(log_chances: np.ndarray, actual: int, reach: int = 0, is_cyclic: bool = False) -> Surprisal:
    """Return the surprisal of an answer; neighbours up to `reach` count.

    Args:
        log_chances: Of all answers, in nats [answers].
        actual: Index of the answer.
        reach: Neighbours on either side.
        is_cyclic: Whether the last answer is next to the first.
    """
    chances = np.exp(log_chances.astype(np.float64))
    if reach:
        padded = np.pad(chances, reach, mode="wrap" if is_cyclic else "constant")
        chances = np.convolve(padded, np.ones(2 * reach + 1), mode="valid")
    bits = -np.log2(np.clip(chances, LEAST_CHANCE, 1.0))
    return Surprisal(float(bits[actual]), float(np.exp(log_chances) @ bits))


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

    def pooled(
        self, aspect: Aspect, obj: int, chances: Mapping[Hashable, float], actual: Hashable, part: str = ""
    ) -> Observation:
        """Return an observation by the probabilities of model and habits together.

        They are multiplied, those of the model to the power of its weight (a logarithmic opinion pool), so that what
        one of them explains is no surprise.

        Args:
            aspect: The question.
            obj: The object.
            chances: Log probabilities of answers by the model, in nats.
            actual: The answer.
            part: Part of a slider.
        """
        habit = self.habits.get((aspect, obj))
        answers = tuple(habit.chances if habit is not None else chances)
        logits = np.array([chances.get(answer, UNKNOWN_LOG_CHANCE) for answer in answers])
        own = surprise_of(_normalize(logits), answers.index(actual))
        if habit is None:
            surprise, likeliest = own, answers[int(logits.argmax())]
            return self.of_model(aspect, obj, surprise, actual, likeliest, part)
        logits = self.shares.get(aspect, 1.0) * _normalize(logits) + np.array(list(habit.chances.values()))
        surprise = surprise_of(_normalize(logits), answers.index(actual))
        observation = self.of_model(aspect, obj, surprise, actual, answers[int(logits.argmax())], part)
        return replace(observation, habit_bits=habit.surprise.bits, model_bits=own.bits)

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


def _normalize(logits: np.ndarray) -> np.ndarray:
    return logits - np.logaddexp.reduce(logits)
