"""Hitsounds: additions of objects, colours of taiko notes, and sample sets."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from modding.aspects import Aspect
from modding.habits.choices import Choices, Question, ViewedQuestion, count_views, counted
from modding.habits.places import MapPlaces, Place
from modding.habits.surroundings import Marks, Surroundings, alike
from osu_beatmap.beatmap import GameMode, HitObject, HitSound, Slider, SliderEdge
from osuT5.encoding.hit_objects.circles import object_sound
from osuT5.encoding.hit_objects.hitsounds import resolve
from osuT5.encoding.hit_objects.sliders import edge_sound

ADDITIONS = HitSound.WHISTLE | HitSound.FINISH | HitSound.CLAP
RIM = HitSound.WHISTLE | HitSound.CLAP
BLOCK_OBJECTS = 32
ONSET_SHARE = 0.7
"""Weight of the presence of an object, relative to its hitsounds."""


class SoundHabits:
    def __init__(self, places: MapPlaces) -> None:
        self.places = places
        self.is_taiko = places.beatmap.mode is GameMode.TAIKO
        self.is_mania = places.beatmap.mode is GameMode.MANIA
        self.sounds = [self._sound(place.obj) for place in places]
        additions = [int(sound.hitsound & ADDITIONS) for sound in self.sounds]
        self.additions = [colour_of(each) for each in additions] if self.is_taiko else additions
        self._at_tick: dict[int, list[int]] = defaultdict(list)
        for place, sound in zip(places, self.additions, strict=True):
            self._at_tick[place.tick].append(sound)
        self._ticks = sorted(self._at_tick)
        self._numbers = {tick: number for number, tick in enumerate(self._ticks)}

    def _sound(self, obj: HitObject) -> SliderEdge:
        sound = edge_sound(obj, 0) if isinstance(obj, Slider) else object_sound(obj)
        return resolve(sound, obj.time_ms, self.places.timing)

    def choices(self) -> Iterator[Choices]:
        yield self._additions()
        yield self._banks()

    def _additions(self) -> Choices:
        questions = questions_of(self.additions)
        seen = [
            {name: ViewedQuestion(contexts, question.candidates) for name, contexts in self._contexts(place)}
            for place, question in zip(self.places, questions, strict=True)
        ]
        views = count_views(questions, seen)
        views["like_chords" if self.is_mania else "alike"] = alike(questions, self._surroundings())
        return Choices(Aspect.COLOUR if self.is_taiko else Aspect.ADDITIONS, questions, views)

    def _contexts(self, place: Place) -> Iterator[tuple[str, tuple]]:
        phase, block = place.bar_phase, place.index // BLOCK_OBJECTS
        if self.is_mania:  # what the other notes of its chord sound like says most
            mates = list(self._at_tick[place.tick])
            mates.remove(self.additions[place.index])
            yield "mates", (("count", len(mates)), ("all", *sorted(mates)), ("bar", phase, *sorted(mates)))
            return
        yield "bar", (("bar", phase), ("kind", phase, type(place.obj)), ("block", phase, block))
        number = self._numbers[place.tick]
        around = self._find_sounds_at(number - 1), self._find_sounds_at(number + 1)
        yield "between", (around, (*around, place.gap_before, place.gap_after), ("bar", *around, phase))

    def _find_sounds_at(self, number: int) -> int | None:
        """Return the additions that sound at a time.

        Of a chord, they are those of the note with most.
        """
        if not 0 <= number < len(self._ticks):
            return None
        return max(self._at_tick[self._ticks[number]], key=lambda sound: (sound.bit_count(), sound))

    def _surroundings(self) -> Surroundings:
        kinds = sorted(set(self.additions))
        ticks = self.places.ticks
        onsets = Marks(ticks, [0] * len(ticks), 1, ONSET_SHARE)
        sounds = Marks(ticks, [kinds.index(sound) for sound in self.additions], len(kinds))
        return Surroundings.of(self.places.bar_phases, onsets.around(ticks), sounds.around(ticks))

    def _banks(self) -> Choices:
        banks = [(int(sound.normal_set), int(sound.addition_set)) for sound in self.sounds]
        return neighbourly(Aspect.BANK, range(len(banks)), banks)


def colour_of(additions: int) -> int:
    """Return the colour of a taiko note.

    Whistles and claps are the same.
    """
    return (int(HitSound.WHISTLE) if additions & RIM else 0) | (additions & HitSound.FINISH)


def questions_of(answers: Sequence, objects: Sequence[int] | None = None) -> list[Question]:
    """Return a question for each answer.

    All answers of the map are candidates.
    """
    candidates = tuple(dict.fromkeys(answers))
    places = {answer: place for place, answer in enumerate(candidates)}
    objects = range(len(answers)) if objects is None else objects
    return [Question(obj, candidates, places[answer]) for obj, answer in zip(objects, answers, strict=True)]


def neighbourly(aspect: Aspect, objects: Sequence[int], answers: Sequence) -> Choices:
    """Return choices that mostly stay the same between neighbours."""
    questions = questions_of(answers, objects)
    padded = [None, *answers, None]
    around = zip(padded, padded[2:], strict=False)
    seen = [
        ViewedQuestion((("before", b), ("both", b, a)), q.candidates)
        for q, (b, a) in zip(questions, around, strict=True)
    ]
    return Choices(aspect, questions, {"around": counted(questions, seen)})
