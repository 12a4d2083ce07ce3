"""Generation of the objects of a map, one after the other."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor

from osu_beatmap.attributes import Attributes
from osu_beatmap.beatmap import PLAYFIELD_HEIGHT_PX, PLAYFIELD_WIDTH_PX, GameMode, HitObject, Point, Slider, Spinner
from osu_beatmap.rules import approach_time_ms
from osu_beatmap.rules.chart import circle_radius_px
from osu_beatmap.timing.beat_clock import TICKS_PER_BEAT
from osuT5.encoding.hit_objects.object_drafts import Draft
from osuT5.generation.threads import one_thread
from osuT5.objects.corpus import SongSound
from osuT5.objects.model.inputs import (
    CURSOR_FACTS,
    BeatInputs,
    ObjectInputs,
    cursor_facts,
    gap_classes,
    plan_of,
    style_facts,
)
from osuT5.objects.model.network import ObjectNetwork
from osuT5.objects.row_sounds import draw_row_sounds
from osuT5.objects.style_control import StyleControl, style_controls
from osuT5.objects.styles import NEAR_TICKS, Habit, Style
from osuT5.objects.tokens.chart_tokens import ChartTokens
from osuT5.objects.tokens.drafts import DraftBuilder
from osuT5.objects.tokens.fields import (
    CHAIN,
    DISTANCES_PX,
    DURATION_TICKS,
    EMPTY,
    HOLD,
    KINDS_OF_MODE,
    LONG_KINDS,
    MAX_COLUMNS,
    NONE,
    NOTE,
    SPEEDS,
    STACK_PX,
    TURN_STEP,
    TURNS,
    Field,
    ObjectKind,
    nearest_class,
)
from osuT5.objects.tokens.slider_shapes import catch_outline, unit_outline
from osuT5.rhythm.conditions import RhythmConditions
from osuT5.rhythm.inputs import stack_conditions

CLEARANCE_TICKS = 2
"""Ticks between the end of an object and the next one, at least."""

LONGEST_SLIDER_PX = 700.0
OVERLAP_REACH = 5
"""Objects before the last one that a new one should not cover."""

RECENT_ROWS = 16
"""Mania rows in which a row like the last one is looked for."""

FAMILIAR_LOGITS = 0.8
"""Gain in logits of the columns that followed such a row: maps of seven keys repeat too few rows without it.

Pairs of rows recur in 0.37 of the cases with four keys and in 0.15 with seven, without the gain in 0.27 and 0.05 (five
training songs). Human-made maps have 0.09 to 0.58.
"""

DISTANCE_TEMPERATURE = 0.9
"""Factor of the temperature of distances in standard: single wide movements make a map harder than the others do."""

_DIRECTIONS = np.arange(TURNS) * TURN_STEP
_IS_SIDEWAYS = np.isin(np.arange(TURNS), (0, TURNS // 2))
"""Turns in catch: on or back, bool [turns]."""

EXACT_FIELDS = frozenset(
    {Field.KIND, Field.SLIDES, Field.NEW_COMBO, Field.SHAPE, Field.ARC, Field.SOUND, Field.END_SOUND}
)
"""Fields drawn from their probabilities as they are: a nucleus would remove what is rare, such as repeats."""

CATCH_EXACT_FIELDS = frozenset({Field.DISTANCE, Field.TURN, Field.SLIDER_TURN})
"""Fields that in catch, too, are drawn as they are: of two directions, a nucleus would remove the rarer one."""

SOUND_FIELDS = (Field.SOUND, Field.END_SOUND)
FIELDS_OF_KIND = {
    ObjectKind.CIRCLE: (Field.NEW_COMBO, Field.DISTANCE, Field.TURN, Field.SOUND),
    ObjectKind.SLIDER: tuple(field for field in CHAIN if field is not Field.KIND),
    ObjectKind.SPINNER: (Field.DURATION, Field.SOUND),
    **dict.fromkeys(KINDS_OF_MODE[GameMode.TAIKO], (Field.SPEED,)),
    **dict.fromkeys((ObjectKind.DRUMROLL, ObjectKind.BIG_DRUMROLL, ObjectKind.SWELL), (Field.DURATION, Field.SPEED)),
}


@dataclass(frozen=True, slots=True)
class DrawOptions:
    """Options of drawing values from their probabilities.

    Attributes:
        temperature: 0 takes the most likely value.
        top_p: Only the most likely values with this share take part; not in EXACT_FIELDS and columns.
        top_k: Only so many of the most likely values take part; 0 for all.
        guidance: Factor by which logits are led away from those of the opposite; 1 for none.
    """

    temperature: float = 1.0
    top_p: float = 0.95
    top_k: int = 0
    guidance: float = 1.0


@dataclass(frozen=True, slots=True)
class MapTarget:
    """Target of a map: its conditions, attributes and styles.

    Attributes:
        styles: In standard deviations from other maps of the mode and star rating.
        loose_styles: Styles that are conditions of the network alone, and not controlled.
        hold_beats: Typical length of hold notes; None leaves it to the network.
        spacing: Factor of the distances that are drawn.
    """

    conditions: RhythmConditions
    attributes: Attributes
    styles: Mapping[Style | Habit, float]
    loose_styles: Collection[Style] = ()
    hold_beats: float | None = None
    spacing: float = 1.0


class ObjectGenerator:
    """The object model in front of one song on its clock."""

    def __init__(self, network: ObjectNetwork, sound: SongSound) -> None:
        self.network, self.sound = network, sound

    @torch.inference_mode()
    def generate(
        self,
        steps: np.ndarray,
        target: MapTarget,
        builder: DraftBuilder,
        seed: int,
        draws: DrawOptions = DrawOptions(),
        opposite: MapTarget | None = None,
        before: ChartTokens | None = None,
        progress: Callable[[int, int], None] = lambda done, total: None,
    ) -> list[Draft]:
        """Return the objects of a map.

        Args:
            steps: Ticks of the clock at which objects begin, ascending, int64 [objects].
            builder: Builder of the map, at its start.
            seed: Of the draws.
            opposite: What guidance leads away from.
            before: Tokens of the map before the first object, which continue in it.
        """
        given = 0
        if before is not None and len(before):
            steps = steps[steps > before.steps[-1]]
            given = min(len(before), self.network.config.window_objects)
            steps = np.concatenate([before.steps[-given:], steps])
        targets = [target] if opposite is None or draws.guidance == 1 else [target, opposite]
        rows = _Rows(self.network, self.sound, steps, targets)
        chart = _Chart(self.network, rows, builder, steps, seed, draws, target)
        with one_thread():
            for index in range(given):
                chart.read(index, before, len(before) - given + index)
            if given:
                builder.cursor = before.end
            for index in range(given, len(steps)):
                chart.write(index)
                progress(index + 1 - given, len(steps) - given)
            chart.add_rows()
        return builder.drafts

    @torch.inference_mode()
    def draw_sounds(
        self,
        tokens: ChartTokens,
        is_drawn: np.ndarray,
        target: MapTarget,
        builder: DraftBuilder,
        seed: int,
        draws: DrawOptions = DrawOptions(),
        progress: Callable[[int, int], None] = lambda done, total: None,
    ) -> np.ndarray:
        """Draw the sounds of given objects, one after the other.

        Args:
            tokens: The map.
            is_drawn: Objects that get new sounds, bool [objects]; the others are read with theirs.
            builder: Builder of the map, which stays empty.
            seed: Of the draws.

        Returns:
            SOUND and END_SOUND of each object, int64 [objects, 2]; NONE where a field does not apply.
        """
        rows = _Rows(self.network, self.sound, tokens.steps, [target])
        chart = _Chart(self.network, rows, builder, tokens.steps, seed, draws, target)
        sounds = tokens.fields[:, SOUND_FIELDS].astype(np.int64)
        with one_thread():
            if builder.mode is GameMode.MANIA:
                chart.read_rows(tokens)
                sounds[is_drawn, 0] = np.array(chart.row_sounds(), np.int64)[is_drawn]
                return sounds
            for index in range(len(tokens)):
                if is_drawn[index]:
                    sounds[index] = chart.sound(index, tokens)
                else:
                    chart.read(index, tokens, index)
                progress(index + 1, len(tokens))
        return sounds


class _Rows:
    """Inputs of a whole map, a row for each target."""

    def __init__(
        self, network: ObjectNetwork, sound: SongSound, steps: np.ndarray, targets: Sequence[MapTarget]
    ) -> None:
        beats, ticks = np.divmod(steps, TICKS_PER_BEAT)
        encoded = [_encode(network, sound, steps, target) for target in targets]
        self.beats, self.conditions = (torch.cat(parts) for parts in zip(*encoded, strict=True))
        self.count = len(targets)
        self._beats, self._ticks = (torch.from_numpy(each).repeat(self.count, 1) for each in (beats, ticks))
        self._sound = torch.from_numpy(sound.ticks[beats, ticks].astype(np.float32)).repeat(self.count, 1, 1)
        self._gaps = torch.from_numpy(gap_classes(steps)).repeat(self.count, 1, 1)

    def objects(self, indices: Sequence[int], cursors: np.ndarray, held: np.ndarray) -> ObjectInputs:
        """Return the inputs of objects, shapes [rows, objects, ...]."""
        return ObjectInputs(
            self._beats[:, indices],
            self._ticks[:, indices],
            self._sound[:, indices],
            self._gaps[:, indices],
            self.each(cursors),
            self.each(held.astype(np.float32)),
        )

    def each(self, values: np.ndarray) -> Tensor:
        """Return values of objects [objects, ...] for each row, [rows, objects, ...]."""
        return torch.from_numpy(values).expand(self.count, *values.shape)


def _encode(network: ObjectNetwork, sound: SongSound, steps: np.ndarray, target: MapTarget) -> tuple[Tensor, Tensor]:
    """Return beat vectors and conditions of a song, [1, beats, ...].

    They are those of the middles of overlapping windows.
    """
    window, half = network.config.window_beats, network.config.window_beats // 2
    starts = range(-half // 2, len(sound), half)
    numbers = np.array(starts)[:, None] + np.arange(window)
    inside = numbers.clip(0, len(sound) - 1)
    style = [style_facts(target.attributes, target.styles, float(sound.beat_length_ms[row[0]])) for row in inside]
    inputs = BeatInputs(
        torch.from_numpy(sound.beats[inside].astype(np.float32)),
        torch.from_numpy(np.stack([plan_of(steps, start, window) for start in starts])),
        torch.from_numpy(sound.places[inside]),
        torch.from_numpy(sound.bar_beats[inside]),
        stack_conditions([target.conditions] * len(inside), range(len(inside))),
        torch.from_numpy(np.stack(style)),
    )
    middle = slice(half // 2, half // 2 + half)
    beats, known = (each[:, middle].flatten(0, 1)[None, : len(sound)] for each in network.encode(inputs))
    return beats, known


@dataclass(frozen=True, slots=True)
class _ManiaRow:
    """Row of mania notes.

    Attributes:
        index: Of its time.
        held: Columns held before it, bool [18].
        columns_before, columns: What begins in each column before it and in it, int64 [18].
        durations: Classes of durations of hold notes, int64 [18].
    """

    index: int
    held: np.ndarray
    columns_before: np.ndarray
    columns: np.ndarray
    durations: np.ndarray


class _Chart:
    """A map that is being generated."""

    def __init__(
        self,
        network: ObjectNetwork,
        rows: _Rows,
        builder: DraftBuilder,
        steps: np.ndarray,
        seed: int,
        draws: DrawOptions,
        target: MapTarget,
    ) -> None:
        self.network, self.rows, self.builder = network, rows, builder
        self.steps, self.seed, self.draws = steps, seed, draws
        self.spacing = target.spacing
        self.is_hitsounded = bool(target.attributes.hitsounded)
        conditions = target.conditions
        styles = {style: value for style, value in target.styles.items() if style not in target.loose_styles}
        self.controls = style_controls(styles, conditions.mode, conditions.stars, network.config.styles)
        ratio, hold_beats = target.attributes.hold_note_ratio, target.hold_beats
        self.hold_control = None if ratio is None else StyleControl(np.array([0.0, 1.0]), ratio)
        self.hold_length_control = (
            None if hold_beats is None else StyleControl(np.log2(DURATION_TICKS), np.log2(TICKS_PER_BEAT * hold_beats))
        )
        self.rng = np.random.default_rng(seed)
        self.cache = network.new_cache()
        self.fields_before = np.full(len(Field), NONE)
        self.columns_before = np.zeros(MAX_COLUMNS, np.int64)
        self.held_until = np.zeros(MAX_COLUMNS, np.int64)
        self.mania_rows: list[_ManiaRow] = []
        last = len(builder.clock) * TICKS_PER_BEAT
        self.room_ticks = np.diff(np.append(steps, last))

    def write(self, index: int) -> None:
        """Generate one object, or one row of mania notes."""
        step, mode = int(self.steps[index]), self.builder.mode
        held = self.held_until > step
        if mode is GameMode.MANIA and held[: self.builder.keys].all():
            return  # no column is free
        place = self.builder.cursor
        state = self._state(index, np.array([place.x, place.y, place.heading]), held)
        values = dict.fromkeys(Field, NONE)
        columns = np.zeros(MAX_COLUMNS, np.int64)
        if mode is GameMode.MANIA:
            columns = self._write_row(index, state, held, values)
        else:
            self._write_object(index, state, values)
        self.fields_before = np.array([values[each] for each in Field])
        self.columns_before = columns

    def read(self, index: int, tokens: ChartTokens, place: int) -> None:
        """Take an object as it is given."""
        self._state(index, tokens.cursors[place], tokens.held[place])
        self.fields_before = tokens.fields[place].astype(np.int64)
        self.columns_before = tokens.columns[place].astype(np.int64)
        is_hold = tokens.hold_durations[place] != NONE
        ends = tokens.steps[place] + DURATION_TICKS[tokens.hold_durations[place].clip(0)]
        self.held_until = np.where(is_hold, ends, self.held_until)

    def sound(self, index: int, tokens: ChartTokens) -> list[int]:
        """Draw the sounds of a given object; return SOUND_FIELDS."""
        state = self._state(index, tokens.cursors[index], tokens.held[index])
        values = dict(zip(Field, tokens.fields[index].tolist(), strict=True))
        for field in CHAIN:
            if field in SOUND_FIELDS and values[field] != NONE:
                state = self._draw_field(state, field, values)
            else:
                state = self.network.fields.with_field(state, field, torch.tensor(values[field]))
        self.fields_before = np.array([values[each] for each in Field])
        return [values[field] for field in SOUND_FIELDS]

    def _state(self, index: int, cursor: np.ndarray, held: np.ndarray) -> Tensor:
        """Return the state of the next object [rows, width]."""
        is_placed = self.builder.mode in (GameMode.STANDARD, GameMode.CATCH)
        objects = self.rows.objects([index], cursor_facts(cursor[None]) * np.float32(is_placed), held[None])
        before = (self.rows.each(values[None]) for values in (self.fields_before, self.columns_before))
        return self.network.step(self.rows.beats, self.rows.conditions, objects, *before, self.cache)[:, 0]

    def _write_row(self, index: int, state: Tensor, held: np.ndarray, values: dict[Field, int]) -> np.ndarray:
        step, keys = int(self.steps[index]), self.builder.keys
        last_free = int(np.flatnonzero(~held[:keys])[-1])
        has_any, familiar = False, self._familiar_columns()

        def choose(column: int, logits: Tensor) -> int:
            nonlocal has_any
            if held[column]:
                return EMPTY
            scores = self._with_hold_ratio(self._guided(logits))
            if familiar is not None:
                scores[EMPTY + 1 :] += FAMILIAR_LOGITS * familiar[column]
                scores[EMPTY] += FAMILIAR_LOGITS * ~familiar[column]
            if column == last_free and not has_any:
                scores[EMPTY] = -np.inf  # something begins here
            value = self._draw(scores, is_exact=True)
            has_any = has_any or value != EMPTY
            return value

        chosen, logits = self.network.columns.choose_row(state, keys, choose)
        columns, durations = np.zeros(MAX_COLUMNS, np.int64), np.full(MAX_COLUMNS, NONE, np.int64)
        columns[:keys] = chosen
        for column in np.flatnonzero(columns == HOLD):
            lengths = self._guided(logits[:, column])
            control = self.hold_length_control
            durations[column] = self._draw(lengths if control is None else control.tilt(lengths))
            self.held_until[column] = step + DURATION_TICKS[durations[column]]
        self._free_a_column(index, columns, durations)
        values[Field.SOUND] = self._draw(self._guided(self.network.fields(state, Field.SOUND)), is_exact=True)
        self.mania_rows.append(_ManiaRow(index, held, self.columns_before, columns, durations))
        return columns

    def _free_a_column(self, index: int, columns: np.ndarray, durations: np.ndarray) -> None:
        """Shorten a hold note if the next row has no free column."""
        step, room_ticks = int(self.steps[index]), int(self.room_ticks[index])
        if not (self.held_until > step + room_ticks)[: self.builder.keys].all():
            return
        column = int(np.flatnonzero(columns == HOLD)[-1])  # the others were held before
        fitting = np.flatnonzero(room_ticks - CLEARANCE_TICKS >= DURATION_TICKS)
        if len(fitting):
            durations[column] = fitting[-1]
            self.held_until[column] = step + DURATION_TICKS[fitting[-1]]
        else:
            columns[column], durations[column], self.held_until[column] = NOTE, NONE, step

    def _with_hold_ratio(self, scores: np.ndarray) -> np.ndarray:
        """Return the logits of a column, with hold notes as requested."""
        begins = scores[NOTE:]
        if self.hold_control is None:
            return scores.copy()
        tilted = self.hold_control.tilt(begins)
        same_sum = np.logaddexp.reduce(begins) - np.logaddexp.reduce(tilted)  # no more notes in total
        return np.append(scores[:NOTE], tilted + same_sum)

    def _familiar_columns(self) -> np.ndarray | None:
        """Return the columns after a recent row like the last, bool [18]."""
        for row, following in reversed(list(pairwise(self.mania_rows[-RECENT_ROWS:]))):
            if ((row.columns != EMPTY) == (self.columns_before != EMPTY)).all():
                return following.columns != EMPTY
        return None

    def read_rows(self, tokens: ChartTokens) -> None:
        """Take the mania rows of a map as they are given."""
        columns, durations = (each.astype(np.int64) for each in (tokens.columns, tokens.hold_durations))
        before = np.concatenate([np.zeros_like(columns[:1]), columns[:-1]])
        each = zip(tokens.held, before, columns, durations, strict=True)
        self.mania_rows = [_ManiaRow(index, *row) for index, row in enumerate(each)]

    def add_rows(self) -> None:
        """Add the mania rows, with their sounds."""
        for row, sound in zip(self.mania_rows, self.row_sounds(), strict=True):
            step = int(self.steps[row.index])
            self.builder.add_row(step, row.columns[: self.builder.keys], row.durations, sound)

    def row_sounds(self) -> list[int]:
        """Draw the sounds of all mania rows, independent of earlier ones.

        Drawn one after the other, sounds repeat the last one for the rest of the map. The sounds so far are only read
        to generate columns.
        """
        rows, half = self.mania_rows, self.network.config.window_objects // 2
        if not rows:
            return []
        logits = []
        for first in range(0, len(rows), half):
            start = max(0, first - half)
            states = self._states_without_sounds(rows[start : first + half])[:, first - start :]
            scores = self.network.fields(states, Field.SOUND)  # [rows, objects, values]
            logits += [self._guided(scores[:, place]) for place in range(scores.shape[1])]
        places = [self._tick_in_bar(int(self.steps[row.index])) for row in rows]
        draw = partial(self._draw, is_exact=True)
        return draw_row_sounds(np.array(logits), places, self.is_hitsounded, draw, self.seed)

    def _tick_in_bar(self, step: int) -> int:
        beat, tick = divmod(step, TICKS_PER_BEAT)
        return int(self.builder.clock.place_in_bar[beat]) * TICKS_PER_BEAT + tick

    def _states_without_sounds(self, rows: Sequence[_ManiaRow]) -> Tensor:
        """Return states of rows that read no earlier sounds, [rows, objects, width]."""
        held, before = (np.stack(each) for each in zip(*((row.held, row.columns_before) for row in rows), strict=True))
        nowhere = np.zeros((len(rows), CURSOR_FACTS), np.float32)
        objects = self.rows.objects([row.index for row in rows], nowhere, held)
        fields = self.rows.each(np.full((len(rows), len(Field)), NONE))
        return self.network.decode(self.rows.beats, self.rows.conditions, objects, fields, self.rows.each(before))

    def _write_object(self, index: int, state: Tensor, values: dict[Field, int]) -> None:
        step = int(self.steps[index])
        allowed_durations = self.room_ticks[index] - CLEARANCE_TICKS >= DURATION_TICKS
        is_near = index > 0 and step - self.steps[index - 1] <= NEAR_TICKS
        kinds = np.zeros(len(ObjectKind), bool)
        for kind in KINDS_OF_MODE[self.builder.mode]:
            kinds[kind] = kind not in LONG_KINDS or allowed_durations.any()
        state = self._draw_field(state, Field.KIND, values, kinds)
        fields = FIELDS_OF_KIND[ObjectKind(values[Field.KIND])]
        for field in CHAIN[1:]:
            is_without = field is Field.TURN and values[Field.DISTANCE] == 0
            is_without |= field is Field.ARC and self.builder.mode is not GameMode.CATCH
            if is_without or field not in fields:
                state = self.network.fields.with_field(state, field, torch.tensor(NONE))
                continue
            allowed = allowed_durations if field is Field.DURATION else self._allowed(field, step, values)
            state = self._draw_field(state, field, values, allowed, is_near)
        self.builder.add(step, values)

    def _allowed(self, field: Field, step: int, values: dict[Field, int]) -> np.ndarray | None:
        """Return which values of a field keep the object in the playfield.

        None stands for all.
        """
        if field is Field.DISTANCE:
            return self._inside_turns(step, DISTANCES_PX[:, None]).any(1)
        if field is Field.TURN:
            return self._inside_turns(step, np.array([[DISTANCES_PX[values[Field.DISTANCE]]]]))[0]
        if field is Field.SPEED and values[Field.SLIDES] != NONE:
            plain = nearest_class(1.0, SPEEDS)
            fits = SPEEDS * self.builder.length_px(step, values[Field.DURATION], values[Field.SLIDES], plain)
            fits = fits <= LONGEST_SLIDER_PX
            return fits if fits.any() else None
        if field is Field.SLIDER_TURN:
            return self._inside_slider_turns(step, values)
        return None

    def _inside_slider_turns(self, step: int, values: dict[Field, int]) -> np.ndarray:
        """Return which directions keep a slider in the playfield, bool [turns].

        If none does, those that leave it least.
        """
        head = self.builder.cursor.place(values[Field.DISTANCE], values[Field.TURN])
        heading = self.builder.cursor.moved(head).heading
        length_px = self.builder.length_px(step, values[Field.DURATION], values[Field.SLIDES], values[Field.SPEED])
        angles = (heading + _DIRECTIONS)[:, None]
        if self.builder.mode is GameMode.CATCH:  # left or right; height does not matter
            ways = catch_outline(values[Field.SHAPE], values[Field.ARC]) * length_px
            x = head[0] + np.where(np.cos(angles) > 0, ways, -ways)
            outside = np.where(_IS_SIDEWAYS, _outside_px(x, np.zeros_like(x)).max(1), np.inf)
        else:
            x, y = (unit_outline(values[Field.SHAPE]) * length_px).T  # [points]
            outside = _outside_px(
                head[0] + x * np.cos(angles) - y * np.sin(angles), head[1] + x * np.sin(angles) + y * np.cos(angles)
            ).max(1)
        return outside <= max(0.0, outside.min())

    def _inside_turns(self, step: int, distances_px: np.ndarray) -> np.ndarray:
        """Return which turns stay inside the playfield, bool [distances, turns].

        Places that cover a part of another object are left out where there are others.
        """
        place = self.builder.cursor
        angles = place.heading + _DIRECTIONS
        x, y = place.x + distances_px * np.cos(angles), place.y + distances_px * np.sin(angles)
        if self.builder.mode is GameMode.CATCH:
            return (_outside_px(x, np.zeros_like(x)) <= 0) & _IS_SIDEWAYS
        is_inside = _outside_px(x, y) <= 0
        is_free = is_inside & ~self._covers(step, x, y)
        return np.where(is_free.any(1, keepdims=True), is_free, is_inside)

    def _covers(self, step: int, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Return which places partly cover an object that is still visible.

        Places exactly on one do not count.

        The object before does not count: its distance is drawn.
        """
        time_ms, difficulty = self.builder.time_ms(step), self.builder.difficulty
        radius_px = circle_radius_px(difficulty.circle_size)
        covers = np.zeros(x.shape, bool)
        for draft in self.builder.drafts[-1 - OVERLAP_REACH : -1]:
            if time_ms - draft.end_ms < approach_time_ms(difficulty.approach_rate):
                for end_x, end_y in {(draft.obj.x, draft.obj.y), _end_of(draft.obj)}:
                    distances_px = np.hypot(x - end_x, y - end_y)
                    covers |= (distances_px > STACK_PX) & (distances_px < radius_px)
        return covers

    def _draw_field(
        self,
        state: Tensor,
        field: Field,
        values: dict[Field, int],
        allowed: np.ndarray | None = None,
        is_near: bool = True,
    ) -> Tensor:
        """Draw the value of a field; return the state that has it."""
        logits = self._guided(self.network.fields(state, field))
        if allowed is not None and allowed.any():
            logits = np.where(allowed, logits, -np.inf)
        if is_near or field is not Field.DISTANCE:  # the distances of others follow the music
            for control in self.controls.get(field, ()):
                is_turn = field is Field.TURN and self.builder.mode is GameMode.STANDARD
                numbers = self._head_turns_deg(values[Field.DISTANCE]) if is_turn else None
                if not is_turn or numbers is not None:
                    logits = control.tilt(logits, numbers)
        if field is Field.DISTANCE and self.builder.mode is GameMode.STANDARD:
            logits = logits / DISTANCE_TEMPERATURE
        is_exact = field in EXACT_FIELDS or (self.builder.mode is GameMode.CATCH and field in CATCH_EXACT_FIELDS)
        values[field] = self._draw(logits, is_exact=is_exact)
        if field is Field.DISTANCE and values[field] and self.spacing != 1:
            values[field] = max(1, nearest_class(self.spacing * DISTANCES_PX[values[field]], DISTANCES_PX))
        return self.network.fields.with_field(state, field, torch.tensor(values[field]))

    def _head_turns_deg(self, distance: int) -> np.ndarray | None:
        """Return the turn between heads for each turn, [turns].

        It is None if the last two objects have one head.
        """
        heads = [(draft.obj.x, draft.obj.y) for draft in self.builder.drafts[-2:] if not isinstance(draft.obj, Spinner)]
        if len(heads) < 2 or math.dist(*heads) <= STACK_PX:
            return None
        place, (x, y) = self.builder.cursor, heads[-1]
        angles = place.heading + _DIRECTIONS
        moves_x = place.x + DISTANCES_PX[distance] * np.cos(angles) - x
        moves_y = place.y + DISTANCES_PX[distance] * np.sin(angles) - y
        before = math.atan2(y - heads[0][1], x - heads[0][0])
        turns = np.arctan2(moves_y, moves_x) - before
        return np.degrees(np.abs((turns + math.pi) % (2 * math.pi) - math.pi))

    def _guided(self, logits: Tensor) -> np.ndarray:
        """Return the guided logits [values] of the first row.

        They are led away from those of the second, [rows, values].
        """
        wanted = logits[0].numpy()
        return wanted if len(logits) == 1 else wanted + (self.draws.guidance - 1) * (wanted - logits[1].numpy())

    def _draw(self, logits: np.ndarray, rng: np.random.Generator | None = None, is_exact: bool = False) -> int:
        """Draw an index from logits."""
        draws = self.draws
        if draws.temperature == 0:
            return int(logits.argmax())
        scaled = logits.astype(np.float64) / draws.temperature
        probabilities = np.exp(scaled - scaled.max())
        probabilities /= probabilities.sum()
        order = np.argsort(-probabilities, kind="stable")
        if draws.top_k:
            probabilities[order[draws.top_k :]] = 0.0
        if not is_exact:
            before = np.cumsum(probabilities[order]) - probabilities[order]
            probabilities[order[before >= draws.top_p]] = 0.0
        return int((rng or self.rng).choice(len(probabilities), p=probabilities / probabilities.sum()))


def _end_of(obj: HitObject) -> Point:
    """Return where an object ends."""
    return obj.segments[-1].points[-1] if isinstance(obj, Slider) and obj.slides % 2 else (obj.x, obj.y)


def _outside_px(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return the distances of points from the playfield, 0 inside."""
    across = np.maximum(-x, x - PLAYFIELD_WIDTH_PX)
    down = np.maximum(-y, y - PLAYFIELD_HEIGHT_PX)
    return np.maximum(np.maximum(across, down), 0.0)
