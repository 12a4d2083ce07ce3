"""Columns of mania notes: chords, hands, jacks, and similar passages.

Mappers think in hands and in patterns rather than in columns, so some views ask for what is the same wherever a pattern
stands: how far a hand moves, how long a column has rested, the pattern's mirror image.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Hashable, Iterator

import numpy as np

from modding.aspects import Aspect
from modding.habits.choices import Choices, Question, View, ViewedQuestion, count_views
from modding.habits.column_network import ColumnNetwork, MapRows, column_logits, load_column_network
from modding.habits.places import TICKS_PER_BEAT, MapPlaces, Place
from modding.habits.surroundings import Marks, Surroundings, alike
from osuT5.encoding.hit_objects.positions import column_event

Chord = tuple[int, ...] | None
"""Columns of the notes at one time; None beyond the ends of a map."""

PATTERNS = "patterns"
"""View by the column network."""

LONGEST_REST = 8
"""Number of chords after which the rest of a column makes no difference."""

LONGEST_GAP = 2 * TICKS_PER_BEAT


class ColumnHabits:
    def __init__(self, places: MapPlaces, network: ColumnNetwork | None = None) -> None:
        self.places = places
        self.network = network or load_column_network()
        self.keys = int(places.beatmap.key_count)
        self.columns = [column_event(place.obj.x, places.beatmap.key_count).value for place in places]
        by_number: dict[int, list[int]] = defaultdict(list)
        self._hits: dict[int, list[int]] = defaultdict(list)
        for place, column in zip(places, self.columns, strict=True):
            number = places.numbers[place.obj.time_ms]
            by_number[number].append(column)
            self._hits[column].append(number)
        self.chords = [tuple(sorted(by_number[number])) for number in range(len(by_number))]

    def choices(self) -> Choices:
        questions = [self._question(place) for place in self.places]
        seen = [dict(self._seen(place, question)) for place, question in zip(self.places, questions, strict=True)]
        views = count_views(questions, seen) | self._find_like_passages(questions) | self._patterns(questions)
        return Choices(Aspect.COLUMN, questions, views)

    def _question(self, place: Place) -> Question:
        own = self.columns[place.index]
        mates = self._mates(place)
        candidates = tuple(column for column in range(self.keys) if column == own or column not in mates)
        return Question(place.index, candidates, candidates.index(own))

    def _mates(self, place: Place) -> tuple[int, ...]:
        """Return the other columns of a note's chord."""
        chord = self.chords[self.places.numbers[place.obj.time_ms]]
        return tuple(column for column in chord if column != self.columns[place.index])

    def _chord(self, number: int) -> Chord:
        return self.chords[number] if 0 <= number < len(self.chords) else None

    def _seen(self, place: Place, question: Question) -> Iterator[tuple[str, ViewedQuestion]]:
        number, mates, columns = self.places.numbers[place.obj.time_ms], self._mates(place), question.candidates
        before, after = self._chord(number - 1), self._chord(number + 1)
        yield "mates", ViewedQuestion((("mates", mates), ("before", before, mates)), columns)
        for name, sign, near, gap in (("before", -1, before, place.gap_before), ("after", 1, after, place.gap_after)):
            far = self._chord(number + 2 * sign)
            chords = (("one", near), ("two", near, far), ("all", near, far, gap, mates))
            yield name, ViewedQuestion(chords, columns)
            short = min(gap, LONGEST_GAP)
            rests = tuple(self._rest(number, column, sign) for column in columns)
            yield f"rest_{name}", ViewedQuestion((("gap", short), ("size", short, len(near or ()), len(mates))), rests)
            moves = tuple(self._move(column, near) for column in columns)
            yield f"move_{name}", ViewedQuestion((("gap", short),), moves)
        is_even = min(place.gap_before, LONGEST_GAP) == min(place.gap_after, LONGEST_GAP)
        yield "shape", ViewedQuestion((("even", is_even),), tuple(_shape(column, before, after) for column in columns))

    def _rest(self, number: int, column: int, sign: int) -> int:
        """Return the chords since a column's last use, or until its next.

        1 is a jack.
        """
        hits = self._hits[column]
        place = bisect_left(hits, number) - 1 if sign < 0 else bisect_right(hits, number)
        return min(LONGEST_REST, abs(hits[place] - number)) if 0 <= place < len(hits) else LONGEST_REST + 1

    def _move(self, column: int, chord: Chord) -> Hashable:
        """Return the distance of a column from the notes of a chord.

        For a single note, it also states whether the hand stays the same.
        """
        if not chord:
            return None
        if len(chord) > 1:
            return tuple(sorted(abs(column - other) for other in chord))
        return abs(column - chord[0]), (column < self.keys / 2) == (chord[0] < self.keys / 2)

    def _find_like_passages(self, questions: list[Question]) -> dict[str, View]:
        """Return views of similar passages, and of mirrored ones."""
        mirrored = [self.keys - 1 - column for column in self.columns]
        here, there = self._surroundings(self.columns), self._surroundings(mirrored)
        return {"alike": alike(questions, here), "mirrored": alike(questions, here, there.vectors, mirrored)}

    def _patterns(self, questions: list[Question]) -> dict[str, View]:
        """Return the view by the column network, if it has the keys."""
        logits = column_logits(self.network, MapRows(self.places.beatmap))
        if logits is None:
            return {}
        likely = [logits[question.obj, list(question.candidates)] for question in questions]
        return {PATTERNS: [each - np.logaddexp.reduce(each) for each in likely]}

    def _surroundings(self, columns: list[int]) -> Surroundings:
        ticks = self.places.ticks
        return Surroundings.of(self.places.bar_phases, Marks(ticks, columns, self.keys).around(ticks))


def _shape(column: int, before: Chord, after: Chord) -> Hashable:
    """Return the chords around a note relative to it.

    The result is the same for the mirror image.
    """
    seen = tuple(tuple(other - column for other in chord or ()) for chord in (before, after))
    mirrored = tuple(tuple(sorted(-step for step in steps)) for steps in seen)
    return min(seen, mirrored)
