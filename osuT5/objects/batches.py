"""Training examples: passages of maps, mirrored at random, stacked into batches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from torch import Tensor

from osu_beatmap.beatmap import PLAYFIELD_HEIGHT_PX, PLAYFIELD_WIDTH_PX, GameMode
from osu_beatmap.timing.beat_clock import TICKS_PER_BEAT
from osuT5.encoding.hit_objects.hitsounds import ADDITION_VALUES, BANKS
from osuT5.objects.corpus import ObjectChart, ObjectSong, SongSound
from osuT5.objects.model.config import ObjectConfig
from osuT5.objects.model.inputs import (
    BeatInputs,
    ObjectInputs,
    cursor_facts,
    gap_classes,
    plan_of,
    style_facts,
)
from osuT5.objects.styles import Style, relative_styles
from osuT5.objects.tokens.chart_tokens import ChartTokens
from osuT5.objects.tokens.fields import FIELD_SIZES, MAX_COLUMNS, NONE, TURNS, Field
from osuT5.objects.tokens.slider_shapes import mirrored_shape
from osuT5.rhythm.conditions import Origin, RhythmConditions
from osuT5.rhythm.inputs import UNKNOWN_PLACE, stack_conditions

GROUP_SHARES = {
    "standard": 0.36,
    "taiko": 0.03,
    "taiko TJA": 0.03,
    "catch": 0.05,
    "mania": 0.36,
    "mania STEPMANIA": 0.14,
    "mania QUAVER": 0.03,
}
"""How often a passage is of each group. Mania gains longest; other groups are overfitted first."""


@dataclass(frozen=True, slots=True)
class SamplingOptions:
    """Size of a batch and changes of its examples.

    Attributes:
        rows: Passages in a batch.
        known_bars: Fraction of passages whose places in the bar are given.
        known_styles: Fraction of maps of which styles are given, of half of those all.
        changed_banks: Fraction whose sample sets are exchanged: which one a mapper prefers says little about others.
        known_holds, known_sounds: Fraction whose hold note ratio, and whether they have hitsounds, is given.
        forgotten: Fraction of objects that the next one cannot read.
        forgotten_maps: Fraction of passages of which no object can be read: conditions alone tell what they are like.
        star_noise: Highest change of a star rating, either way.
    """

    rows: int = 16
    known_bars: float = 0.9
    known_styles: float = 0.6
    changed_banks: float = 0.7
    known_holds: float = 0.5
    known_sounds: float = 0.8
    forgotten: float = 0.05
    forgotten_maps: float = 0.15
    star_noise: float = 0.12


@dataclass(frozen=True, slots=True)
class ObjectBatch:
    """Inputs of the network and its targets.

    Attributes:
        fields_before, columns_before: Those of the object before each, int64 [rows, objects, ...].
        fields: Targets, int64 [rows, objects, fields]; NONE where there is nothing to learn.
        columns, hold_durations: Targets in mania, int64 [rows, objects, 18]; NONE where there is nothing to learn.
        known_columns: What begins in each column, int64 [rows, objects, 18].
        keys: Number of columns of each row, 0 outside mania.
        groups: Name of each row's group.
        section_song: A song whose sections are learned, None without such songs.
    """

    beats: BeatInputs
    objects: ObjectInputs
    fields_before: Tensor
    columns_before: Tensor
    fields: Tensor
    columns: Tensor
    hold_durations: Tensor
    known_columns: Tensor
    keys: Tensor
    groups: tuple[str, ...]
    section_song: ObjectSong | None = None


@dataclass(frozen=True, slots=True)
class Passage:
    """Objects first..stop of a map, in the beats from `first_beat` on."""

    sound: SongSound
    chart: ObjectChart
    first: int
    stop: int
    first_beat: int
    styles: Mapping[Style, float] = field(default_factory=dict)


def cut_passage(sound: SongSound, chart: ObjectChart, first: int, config: ObjectConfig, lead_beats: int = 0) -> Passage:
    """Return the longest passage from an object on.

    Args:
        lead_beats: Beats of the window before the first object.
    """
    steps = chart.tokens.steps
    first_beat = int(steps[first]) // TICKS_PER_BEAT - lead_beats
    end_step = (first_beat + config.window_beats) * TICKS_PER_BEAT
    stop = min(int(np.searchsorted(steps, end_step)), first + config.window_objects)
    return Passage(sound, chart, first, stop, first_beat)


class PassageSampler:
    """Source of random batches; those of a step are always equal."""

    def __init__(self, songs: Sequence[ObjectSong], options: SamplingOptions, config: ObjectConfig, seed: int) -> None:
        self.songs, self.options, self.config, self.seed = songs, options, config, seed
        self.places = [(song, chart) for song in songs for chart in song.charts if len(chart.tokens) > 1]
        self.weights = _chart_weights(self.places)
        self.section_songs = [song for song in songs if song.sections is not None]

    def batch(self, step: int) -> ObjectBatch:
        """Draw the batch of a step."""
        rng = np.random.default_rng([self.seed, step])
        passages = []
        for place in rng.choice(len(self.places), self.options.rows, p=self.weights):
            song, chart = self.places[place]
            styles = self._known_styles(chart, rng)
            chart = self._varied(mirrored(chart, rng), rng)
            if rng.random() < self.options.changed_banks:
                chart = replace(chart, tokens=with_banks(chart.tokens, rng.permutation(BANKS)))
            # Some passages begin with the map, as all maps do.
            first = 0 if rng.random() < 0.08 else int(rng.integers(0, max(1, len(chart.tokens) - 8)))
            lead = int(rng.integers(0, self.config.window_beats // 4 + 1))
            passages.append(replace(cut_passage(song.sound, chart, first, self.config, lead), styles=styles))
        has_bars = rng.random(len(passages)) < self.options.known_bars
        batch = stack_passages(passages, self.config.window_beats, has_bars)
        is_known = rng.random(len(passages)) >= self.options.forgotten_maps
        keep = torch.from_numpy(
            (rng.random(batch.fields_before.shape[:2]) >= self.options.forgotten) & is_known[:, None]
        )
        section_song = self.section_songs[int(rng.integers(len(self.section_songs)))] if self.section_songs else None
        fields = batch.fields_before.where(keep.unsqueeze(-1), NONE)
        columns = batch.columns_before.where(torch.from_numpy(is_known)[:, None, None], 0)
        return replace(batch, fields_before=fields, columns_before=columns, section_song=section_song)

    def _known_styles(self, chart: ObjectChart, rng: np.random.Generator) -> dict[Style, float]:
        """Return the styles of a map that are given, in standard deviations."""
        conditions = chart.conditions
        styles = relative_styles(chart.styles, conditions.mode, conditions.stars, self.config.styles)
        if rng.random() >= self.options.known_styles:
            return {}
        least = rng.choice([0.0, 0.5])
        return {style: value for style, value in styles.items() if rng.random() >= least}

    def _varied(self, chart: ObjectChart, rng: np.random.Generator) -> ObjectChart:
        """Return a map with disturbed stars and some conditions unknown."""
        options, attributes = self.options, chart.attributes
        if rng.random() >= options.known_holds:
            attributes = replace(attributes, hold_note_ratio=None)
        if rng.random() >= options.known_sounds:
            attributes = replace(attributes, hitsounded=None)
        stars = max(0.0, chart.conditions.stars + rng.uniform(-options.star_noise, options.star_noise))
        return replace(chart, attributes=attributes, conditions=replace(chart.conditions, stars=stars))


def stack_passages(passages: Sequence[Passage], window_beats: int, has_bars: np.ndarray) -> ObjectBatch:
    """Stack passages; the shorter ones end in objects without targets.

    Args:
        has_bars: Whether the places in the bar of each passage are given, bool [rows].
    """
    length = max(passage.stop - passage.first for passage in passages)
    rows = [_Row(passage, window_beats, length) for passage in passages]
    columns = np.stack([row.columns for row in rows]).astype(np.int64)
    fields = np.stack([row.fields for row in rows]).astype(np.int64)
    is_learned = np.stack([row.is_learned for row in rows])
    held = np.stack([row.held for row in rows])
    keys = np.array([passage.chart.conditions.keys for passage in passages])
    has_columns = is_learned[..., None] & (np.arange(MAX_COLUMNS) < keys[:, None, None])
    targets = np.where(is_learned[..., None], fields, NONE)
    is_converted = np.array([passage.chart.conditions.origin is not Origin.OSU for passage in passages])
    targets[is_converted, :, Field.SOUND] = NONE
    places = np.stack([row.places for row in rows])
    places[~has_bars] = UNKNOWN_PLACE
    beats = BeatInputs(
        _float([row.sound for row in rows]),
        _float([row.plan for row in rows]),
        torch.from_numpy(places),
        torch.from_numpy(np.stack([row.bar_beats for row in rows])),
        stack_conditions([passage.chart.conditions for passage in passages], range(len(passages))),
        _float([row.style for row in rows]),
    )
    objects = ObjectInputs(
        torch.from_numpy(np.stack([row.beats for row in rows])),
        torch.from_numpy(np.stack([row.ticks for row in rows])),
        _float([row.tick_sound for row in rows]),
        torch.from_numpy(np.stack([row.gaps for row in rows])),
        _float([row.cursors for row in rows]),
        _float(list(held)),
    )
    return ObjectBatch(
        beats,
        objects,
        torch.from_numpy(np.stack([row.fields_before for row in rows]).astype(np.int64)),
        torch.from_numpy(np.stack([row.columns_before for row in rows]).astype(np.int64)),
        torch.from_numpy(targets),
        torch.from_numpy(np.where(has_columns & ~held, columns, NONE)),
        torch.from_numpy(np.where(has_columns, np.stack([row.hold_durations for row in rows]), NONE).astype(np.int64)),
        torch.from_numpy(columns),
        torch.from_numpy(keys),
        tuple(passage.chart.conditions.group for passage in passages),
    )


class _Row:
    """Arrays of one passage, padded to `length` objects."""

    def __init__(self, passage: Passage, window_beats: int, length: int) -> None:
        tokens, sound, first, stop = passage.chart.tokens, passage.sound, passage.first, passage.stop
        numbers = np.arange(passage.first_beat, passage.first_beat + window_beats)
        inside = numbers.clip(0, len(sound) - 1)
        self.sound = sound.beats[inside]
        self.places, self.bar_beats = sound.places[inside], sound.bar_beats[inside]
        self.plan = plan_of(tokens.steps, passage.first_beat, window_beats)
        self.style = style_facts(passage.chart.attributes, passage.styles, float(sound.beat_length_ms[inside[0]]))
        beats, ticks = np.divmod(tokens.steps[first:stop], TICKS_PER_BEAT)
        self.beats = _padded(beats - passage.first_beat, length)
        self.ticks = _padded(ticks, length)
        self.tick_sound = _padded(sound.ticks[beats, ticks], length)
        self.gaps = _padded(gap_classes(tokens.steps)[first:stop], length)
        is_placed = passage.chart.conditions.mode in (GameMode.STANDARD, GameMode.CATCH)
        self.cursors = _padded(cursor_facts(tokens.cursors[first:stop]) * is_placed, length)
        self.fields = _padded(tokens.fields[first:stop], length, NONE)
        self.columns = _padded(tokens.columns[first:stop], length)
        self.hold_durations = _padded(tokens.hold_durations[first:stop], length, NONE)
        self.held = _padded(tokens.held[first:stop], length)
        self.is_learned = np.arange(length) < stop - first
        self.fields_before = _before(tokens.fields, first, stop, length, NONE)
        self.columns_before = _before(tokens.columns, first, stop, length, 0)


def _before(values: np.ndarray, first: int, stop: int, length: int, fill: int) -> np.ndarray:
    """Return the values of the object before each of first..stop."""
    start = values[first - 1 : first] if first else np.full((1, values.shape[1]), fill, values.dtype)
    return _padded(np.concatenate([start, values[first : stop - 1]]), length, fill)


def _padded(values: np.ndarray, length: int, fill: int = 0) -> np.ndarray:
    padded = np.full((length, *values.shape[1:]), fill, values.dtype)
    padded[: len(values)] = values
    return padded


def _float(rows: Sequence[np.ndarray]) -> Tensor:
    return torch.from_numpy(np.stack(rows).astype(np.float32))


def mirrored(chart: ObjectChart, rng: np.random.Generator) -> ObjectChart:
    """Return a map, mirrored at random if that makes another one."""
    mode = chart.conditions.mode
    if mode is GameMode.MANIA:
        return replace(chart, tokens=_reversed_columns(chart.tokens, chart.conditions)) if rng.random() < 0.5 else chart
    if mode is GameMode.TAIKO:
        return chart
    across, down = rng.random() < 0.5, mode is GameMode.STANDARD and rng.random() < 0.5
    return replace(chart, tokens=_flipped(chart.tokens, across, down, mode))


def with_banks(tokens: ChartTokens, order: np.ndarray) -> ChartTokens:
    """Return tokens with other sample sets.

    Args:
        order: The new number of each sample set, int [3].
    """
    fields = tokens.fields.copy()
    for place in (Field.SOUND, Field.END_SOUND):
        banks, additions = np.divmod(fields[:, place].clip(0), ADDITION_VALUES)
        of_additions, of_sounds = np.divmod(banks, BANKS)
        changed = (order[of_additions] * BANKS + order[of_sounds]) * ADDITION_VALUES + additions
        fields[:, place] = np.where(fields[:, place] == NONE, NONE, changed)
    return replace(tokens, fields=fields)


def _flipped(tokens: ChartTokens, across: bool, down: bool, mode: GameMode) -> ChartTokens:
    cursors, fields = tokens.cursors.copy(), tokens.fields.copy()
    if across:
        cursors[:, 0] = PLAYFIELD_WIDTH_PX - cursors[:, 0]
        cursors[:, 2] = np.pi - cursors[:, 2]
    if down:
        cursors[:, 1] = PLAYFIELD_HEIGHT_PX - cursors[:, 1]
        cursors[:, 2] = -cursors[:, 2]
    if across != down:
        for field in (Field.TURN, Field.SLIDER_TURN):
            fields[:, field] = np.where(fields[:, field] == NONE, NONE, -fields[:, field] % TURNS)
        if mode is GameMode.STANDARD:
            shapes = fields[:, Field.SHAPE]
            fields[:, Field.SHAPE] = np.where(shapes == NONE, NONE, mirrored_shape(shapes))
    return replace(tokens, cursors=cursors, fields=fields)


def _reversed_columns(tokens: ChartTokens, conditions: RhythmConditions) -> ChartTokens:
    order = np.arange(MAX_COLUMNS)
    order[: conditions.keys] = order[: conditions.keys][::-1].copy()
    return replace(
        tokens,
        columns=tokens.columns[:, order],
        hold_durations=tokens.hold_durations[:, order],
        held=tokens.held[:, order],
    )


def _chart_weights(places: Sequence[tuple[ObjectSong, ObjectChart]]) -> np.ndarray:
    """Return the probability of each map.

    Groups have their shares. Within a group, a map has the square root of its length.
    """
    groups = [chart.conditions.group for _, chart in places]
    sizes = np.array([np.sqrt(len(chart.tokens)) for _, chart in places])
    totals = {group: sizes[[each == group for each in groups]].sum() for group in set(groups)}
    weights = np.array([GROUP_SHARES.get(group, 0.01) / totals[group] for group in groups]) * sizes
    return weights / weights.sum()


assert len(FIELD_SIZES) == len(Field), "every field has a size"
