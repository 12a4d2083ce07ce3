"""Object tokens -> drafts of hit objects, one after the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from osu_beatmap.beatmap import (
    PLAYFIELD_HEIGHT_PX,
    Circle,
    Difficulty,
    GameMode,
    HitSound,
    HoldNote,
    Point,
    Slider,
    SliderEdge,
    Spinner,
)
from osu_beatmap.timing.active_point import Timing, slider_length_px
from osu_beatmap.timing.beat_clock import TICKS_PER_BEAT, BeatClock
from osuT5.encoding.hit_objects.hitsounds import Sound, sound_of
from osuT5.encoding.hit_objects.object_drafts import Draft, sample_of
from osuT5.encoding.hit_objects.positions import CENTRE, column_x
from osuT5.objects.tokens.chart_tokens import CATCH_ROW_PX
from osuT5.objects.tokens.fields import (
    DURATION_TICKS,
    HOLD,
    NOTE,
    SLIDE_COUNTS,
    SPEEDS,
    TURN_STEP,
    Field,
    ObjectKind,
)
from osuT5.objects.tokens.placement import Cursor
from osuT5.objects.tokens.slider_shapes import catch_path, path_segments

TAIKO_SOUNDS = {
    ObjectKind.DON: HitSound.NONE,
    ObjectKind.KAT: HitSound.CLAP,
    ObjectKind.BIG_DON: HitSound.FINISH,
    ObjectKind.BIG_KAT: HitSound.CLAP | HitSound.FINISH,
    ObjectKind.DRUMROLL: HitSound.NONE,
    ObjectKind.BIG_DRUMROLL: HitSound.FINISH,
    ObjectKind.SWELL: HitSound.NONE,
}

Values = Mapping[Field, int]


class DraftBuilder:
    """Builder of the objects of one map; `cursor` follows the last one."""

    def __init__(self, mode: GameMode, clock: BeatClock, timing: Timing, difficulty: Difficulty, keys: int) -> None:
        self.mode, self.clock, self.timing, self.difficulty, self.keys = mode, clock, timing, difficulty, keys
        self.cursor = Cursor()
        self.drafts: list[Draft] = []

    def add(self, step: int, values: Values) -> None:
        """Add an object of standard, catch or taiko."""
        kind = ObjectKind(values[Field.KIND])
        time_ms = self.time_ms(step)
        if self.mode is GameMode.TAIKO:
            self.drafts.append(self._taiko(kind, step, values))
        elif kind is ObjectKind.SPINNER:
            sound = sound_of(max(0, values[Field.SOUND]))
            spinner = Spinner(time_ms, *CENTRE, True, hitsound=sound.hitsound, sample=sample_of(sound))
            spinner.end_ms = self._end_ms(step, values)
            self.drafts.append(Draft(spinner))
            self.cursor = Cursor()
        else:
            head = self.cursor.place(values[Field.DISTANCE], values[Field.TURN])
            if self.mode is GameMode.CATCH:
                head = (head[0], CATCH_ROW_PX)
            self.cursor = self.cursor.moved(head)
            if kind is ObjectKind.CIRCLE:
                sound = sound_of(values[Field.SOUND])
                circle = Circle(time_ms, *head, bool(values[Field.NEW_COMBO]), hitsound=sound.hitsound)
                circle.sample = sample_of(sound)
                self.drafts.append(Draft(circle))
            else:
                self._add_slider(step, values, head)

    def add_row(self, step: int, columns: Sequence[int], durations: Sequence[int], sound_value: int) -> None:
        """Add the notes of a mania row.

        Durations are classes, NONE where no hold note begins.
        """
        sound = sound_of(max(0, sound_value))
        plain = replace(sound, hitsound=HitSound.NONE)
        for column, value in enumerate(columns):
            if value not in (NOTE, HOLD):
                continue
            x, time_ms = column_x(column, self.keys), self.time_ms(step)
            if value == NOTE:
                note: Circle | HoldNote = Circle(time_ms, x, PLAYFIELD_HEIGHT_PX / 2)
            else:
                end_ms = self.time_ms(step + int(DURATION_TICKS[durations[column]]))
                note = HoldNote(time_ms, x, PLAYFIELD_HEIGHT_PX / 2, end_ms=end_ms)
            note.hitsound, note.sample = sound.hitsound, sample_of(sound)
            self.drafts.append(Draft(note))
            sound = plain  # one note of a chord has the additions

    def length_px(self, step: int, duration: int, slides: int, speed: int) -> float:
        """Return the length of a slider of these classes."""
        time_ms = self.time_ms(step)
        slide_ms = (self.time_ms(step + int(DURATION_TICKS[duration])) - time_ms) / int(SLIDE_COUNTS[slides])
        return float(SPEEDS[speed]) * slider_length_px(slide_ms, time_ms, self.timing, self.difficulty)

    def time_ms(self, step: int) -> float:
        """Return the time of a step; beyond the clock, its end."""
        is_inside = step < len(self.clock) * TICKS_PER_BEAT
        return float(self.clock.times_at(np.array(step))) if is_inside else self.clock.end_ms

    def _end_ms(self, step: int, values: Values) -> float:
        return self.time_ms(step + int(DURATION_TICKS[max(0, values[Field.DURATION])]))

    def _taiko(self, kind: ObjectKind, step: int, values: Values) -> Draft:
        time_ms, hitsound = self.time_ms(step), TAIKO_SOUNDS[kind]
        speed = float(SPEEDS[values[Field.SPEED]])
        if kind is ObjectKind.SWELL:
            return Draft(Spinner(time_ms, *CENTRE, True, end_ms=self._end_ms(step, values)), speed)
        if kind in (ObjectKind.DRUMROLL, ObjectKind.BIG_DRUMROLL):
            edges = [SliderEdge(hitsound), SliderEdge(hitsound)]
            return Draft(
                Slider(time_ms, *CENTRE, hitsound=hitsound, edges=edges), speed, self._end_ms(step, values) - time_ms
            )
        return Draft(Circle(time_ms, *CENTRE, hitsound=hitsound), speed)

    def _add_slider(self, step: int, values: Values, head: Point) -> None:
        slides = int(SLIDE_COUNTS[values[Field.SLIDES]])
        length_px = self.length_px(step, *(values[each] for each in (Field.DURATION, Field.SLIDES, Field.SPEED)))
        direction = self.cursor.heading + values[Field.SLIDER_TURN] * TURN_STEP
        if self.mode is GameMode.CATCH:
            segments = catch_path(values[Field.SHAPE], values[Field.ARC], head, direction, length_px)
            head = segments[0].points[0]
        else:
            segments = path_segments(values[Field.SHAPE], head, direction, length_px)
        head_sound, end_sound = sound_of(values[Field.SOUND]), sound_of(max(0, values[Field.END_SOUND]))
        sounds = edge_sounds(head_sound, end_sound, slides)
        time_ms = self.time_ms(step)
        slider = Slider(
            time_ms,
            *head,
            bool(values[Field.NEW_COMBO]),
            sample=sample_of(head_sound),
            segments=segments,
            slides=slides,
            length_px=length_px,
            edges=[SliderEdge(each.hitsound, each.normal_set, each.addition_set) for each in sounds],
        )
        slide_ms = (self._end_ms(step, values) - time_ms) / slides
        self.drafts.append(Draft(slider, float(SPEEDS[values[Field.SPEED]]), slide_ms))
        end = segments[-1].points[-1]
        self.cursor = self.cursor.slid((end[0], CATCH_ROW_PX) if self.mode is GameMode.CATCH else end, slides)


def edge_sounds(head: Sound, end: Sound, slides: int) -> list[Sound]:
    """Return the sounds of a slider's edges.

    Edges at the end of the path sound like the last one there, those at the head like the head.
    """
    return [head, *(end if number % 2 == slides % 2 else head for number in range(1, slides + 1))]
