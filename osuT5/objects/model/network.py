"""Object network: predicts objects from sound, rhythm and conditions.

An encoder reads the beats of a map, with its rhythm. A decoder reads the objects so far. Each object gets the vector of
its own beat, since its time is given: no attention has to find it. The fields of an object are predicted in a chain,
each given those before it, and the columns of a mania row likewise.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from osu_beatmap.timing.beat_clock import TICKS_PER_BEAT
from osuT5.model.attention import KeyValues, rotation_of
from osuT5.objects.model.config import ObjectConfig
from osuT5.objects.model.inputs import CURSOR_FACTS, GAPS, NO_GAP, STYLE_FACTS, BeatInputs, ObjectInputs
from osuT5.objects.model.layers import ObjectLayer, beat_rotation
from osuT5.objects.model.sections import SectionHead
from osuT5.objects.tokens.fields import COLUMN_VALUES, DURATION_TICKS, FIELD_SIZES, MAX_COLUMNS, Field
from osuT5.rhythm.inputs import SongInputs
from osuT5.rhythm.layers import BeatLayer
from osuT5.rhythm.network import ConditionEmbedding

Cache = list[KeyValues | None]


class ObjectNetwork(nn.Module):
    """Encoder over beats, decoder over objects, heads of fields and columns.

    The head of `sections` shares nothing with them.
    """

    def __init__(self, config: ObjectConfig) -> None:
        super().__init__()
        self.config = config
        width, condition = config.width, config.condition_width
        sizes = (width, config.heads, config.feed_forward, config.dropout, condition)
        self.conditions = ConditionEmbedding(config)
        self.style = nn.Linear(STYLE_FACTS, condition)
        self.sound_norm = nn.LayerNorm(config.sound_width)
        self.beat_input = nn.Linear(config.sound_width + TICKS_PER_BEAT, width)
        self.beat_layers = nn.ModuleList(BeatLayer(*sizes) for _ in range(config.beat_layers))
        self.object_input = ObjectEmbedding(config)
        self.own_beat = nn.Linear(width, width)
        self.object_layers = nn.ModuleList(ObjectLayer(*sizes) for _ in range(config.object_layers))
        self.norm = nn.LayerNorm(width)
        self.fields = FieldHeads(width)
        self.columns = ColumnHead(config)
        self.sections = SectionHead(config.sound_width, config.tick_width)

    def encode(self, beats: BeatInputs) -> tuple[Tensor, Tensor]:
        """Return beat vectors [rows, beats, width] and conditions [rows, beats, condition width]."""
        conditions = self._conditions(beats)
        states = self.beat_input(torch.cat([self.sound_norm(beats.sound), beats.plan], -1))
        positions = torch.arange(states.shape[1], device=states.device)
        rotation = rotation_of(positions, self.config.width // self.config.heads, 500.0, states.dtype)
        for layer in self.beat_layers:
            states = layer(states, rotation, conditions)
        return states, conditions

    def decode(
        self, beats: Tensor, conditions: Tensor, objects: ObjectInputs, fields: Tensor, columns: Tensor
    ) -> Tensor:
        """Return the state of each object, float [rows, objects, width].

        It does not depend on the fields of the object.

        Args:
            beats, conditions: As `encode` returns them.
            fields: Fields of the object before each, int64 [rows, objects, fields].
            columns: Mania columns of the object before each, int64 [rows, objects, 18].
        """
        states, own, rotation = self._embedded(beats, conditions, objects, fields, columns)
        for layer in self.object_layers:
            states = layer(states, rotation, own)
        return self.norm(states)

    def step(
        self,
        beats: Tensor,
        conditions: Tensor,
        objects: ObjectInputs,
        fields: Tensor,
        columns: Tensor,
        cache: Cache,
    ) -> Tensor:
        """Return the state of one more object, float [rows, 1, width].

        The cache is extended in place.
        """
        states, own, rotation = self._embedded(beats, conditions, objects, fields, columns)
        for index, layer in enumerate(self.object_layers):
            states, cache[index] = layer.step(states, rotation, own, cache[index], self.config.window_objects)
        return self.norm(states)

    def new_cache(self) -> Cache:
        """Return an empty cache, one entry for each decoder layer."""
        return [None] * len(self.object_layers)

    def _embedded(
        self, beats: Tensor, conditions: Tensor, objects: ObjectInputs, fields: Tensor, columns: Tensor
    ) -> tuple[Tensor, Tensor, tuple[Tensor, Tensor]]:
        own_beat, own_conditions = (_at_beats(each, objects.beats) for each in (beats, conditions))
        states = self.object_input(objects, fields, columns) + self.own_beat(own_beat)
        times = objects.beats + objects.ticks / TICKS_PER_BEAT
        return states, own_conditions, beat_rotation(times, self.config.width // self.config.heads)

    def _conditions(self, beats: BeatInputs) -> Tensor:
        # The embedding needs the places of beats only.
        songs = SongInputs(beats.sound, beats.sound, beats.places, beats.bar_beats)
        return self.conditions(beats.charts, songs) + F.silu(self.style(beats.style)).unsqueeze(1)


class ObjectEmbedding(nn.Module):
    """Vector of an object before its fields are known.

    It contains the time, the gaps, the place before the object and the object before.
    """

    def __init__(self, config: ObjectConfig) -> None:
        super().__init__()
        width = config.width
        self.tick = nn.Embedding(TICKS_PER_BEAT, width)
        self.gaps = nn.ModuleList(nn.Embedding(NO_GAP + 1, width) for _ in range(GAPS))
        self.sound = nn.Linear(config.tick_width, width)
        self.cursor = nn.Linear(CURSOR_FACTS, width)
        self.held = nn.Linear(MAX_COLUMNS, width, bias=False)
        self.before = nn.ModuleList(nn.Embedding(size + 1, width) for size in FIELD_SIZES.values())
        self.columns_before = nn.Linear(MAX_COLUMNS * COLUMN_VALUES, width, bias=False)

    def forward(self, objects: ObjectInputs, fields: Tensor, columns: Tensor) -> Tensor:
        """Return embedded objects, float [rows, objects, width].

        Fields and columns are those of the previous objects.
        """
        states = self.tick(objects.ticks) + self.sound(objects.sound) + self.cursor(objects.cursors)
        for index, table in enumerate(self.gaps):
            states = states + table(objects.gaps[..., index])
        for index, table in enumerate(self.before):
            states = states + table(fields[..., index] + 1)
        before = F.one_hot(columns, COLUMN_VALUES).flatten(-2).float()
        return states + self.held(objects.held) + self.columns_before(before)


class FieldHeads(nn.Module):
    """Chain of fields, each predicted from the state and earlier fields."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.hidden = nn.ModuleList(nn.Linear(width, width) for _ in FIELD_SIZES)
        self.logits = nn.ModuleList(nn.Linear(width, size) for size in FIELD_SIZES.values())
        self.known = nn.ModuleList(nn.Embedding(size + 1, width) for size in FIELD_SIZES.values())

    def forward(self, states: Tensor, field: Field) -> Tensor:
        """Return logits of a field [..., size], given all fields before it."""
        return self.logits[field](F.gelu(self.hidden[field](states)))

    def with_field(self, states: Tensor, field: Field, values: Tensor) -> Tensor:
        """Return the states with one more field known.

        Values are int64 [...], NONE if the field does not apply.
        """
        return states + self.known[field](values + 1)


class ColumnHead(nn.Module):
    """Head of mania rows: columns from first to last, and hold durations."""

    def __init__(self, config: ObjectConfig) -> None:
        super().__init__()
        width = config.column_width
        self.state = nn.Linear(config.width, width)
        self.chosen = nn.Linear(MAX_COLUMNS * COLUMN_VALUES, width, bias=False)
        self.column = nn.Embedding(MAX_COLUMNS, width)
        self.hidden = nn.Linear(width, width)
        self.logits = nn.Linear(width, COLUMN_VALUES)
        self.duration = nn.Linear(width, len(DURATION_TICKS))

    def forward(self, states: Tensor, columns: Tensor, keys: int) -> tuple[Tensor, Tensor]:
        """Return logits of columns and of durations in them.

        They have shapes [..., keys, 3] and [..., keys, durations].

        Args:
            states: float [..., width].
            columns: Columns of each row, int64 [..., 18]; each is predicted from those before it.
            keys: Number of columns to predict.
        """
        chosen = F.one_hot(columns, COLUMN_VALUES).float()
        steps = (chosen.flatten(-2).unsqueeze(-2) * self._earlier(keys, states.device)).float()
        hidden = self.state(states).unsqueeze(-2) + self.chosen(steps) + self.column.weight[:keys]
        known = F.gelu(self.hidden(F.gelu(hidden)))
        whole = self.state(states).unsqueeze(-2) + self.chosen(chosen.flatten(-2)).unsqueeze(-2)
        durations = F.gelu(self.hidden(F.gelu(whole + self.column.weight[:keys])))
        return self.logits(known), self.duration(durations)

    def choose_row(self, state: Tensor, keys: int, choose: Callable[[int, Tensor], int]) -> tuple[list[int], Tensor]:
        """Choose the columns of one row in turn, as `forward` predicts them.

        Args:
            state: float [rows, width]; all rows get the same columns.
            choose: Column and its logits [rows, 3] -> what begins in it.

        Returns:
            What begins in each column, and logits of durations in them [rows, keys, durations].
        """
        known = self.state(state)
        values = []
        for column in range(keys):
            hidden = F.gelu(self.hidden(F.gelu(known + self.column.weight[column])))
            values.append(choose(column, self.logits(hidden)))
            known = known + self.chosen.weight[:, COLUMN_VALUES * column + values[-1]]
        for column in range(keys, MAX_COLUMNS):
            known = known + self.chosen.weight[:, COLUMN_VALUES * column]
        hidden = F.gelu(self.hidden(F.gelu(known.unsqueeze(1) + self.column.weight[:keys])))
        return values, self.duration(hidden)

    @staticmethod
    def _earlier(keys: int, device: torch.device) -> Tensor:
        """Return the known entries of all columns at each, float [keys, 54]."""
        earlier = torch.arange(MAX_COLUMNS, device=device) < torch.arange(keys, device=device)[:, None]
        return earlier.repeat_interleave(COLUMN_VALUES, 1).float()


def _at_beats(values: Tensor, beats: Tensor) -> Tensor:
    """Return values [rows, beats, width] at the beats of objects [rows, objects]."""
    return values.gather(1, beats.unsqueeze(-1).expand(-1, -1, values.shape[-1]))
