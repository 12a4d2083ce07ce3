"""Excerpts: windows of a song with the tokens of a chart.

The seq2seq model would generate these tokens. The prompt states the mode and, in mania, the keys. Everything else in it
is unknown or the same for all charts, so that its length identifies no song and the star rating of a few charts no
mapper.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from osu_beatmap.attributes import Attributes
from osu_beatmap.beatmap import Beatmap, GameMode
from osuT5.dataset.token_stream import TokenStream
from osuT5.encoding import encode_context
from osuT5.tokens.conditions import SongPlace, condition_ids
from osuT5.tokens.contract import Contract
from osuT5.tokens.events import ContextKind, EventKind
from osuT5.tokens.prompt import Segment

SAID_OF_EVERY_SONG = SongPlace(song_ms=120_000.0, window_start_ms=60_000.0)
FEWEST_OBJECTS = 4
"""An excerpt with fewer objects tells nothing of its mapper."""


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Token ids [tokens], and the mask of the map's own [tokens].

    `objects` counts the objects that begin in the excerpt.
    """

    ids: np.ndarray
    is_map: np.ndarray
    objects: int


@dataclass(frozen=True)
class ChartTokens:
    """Chart as token streams that can be cut to any window.

    The contexts are in the order of the prompt.
    """

    mode: GameMode
    streams: dict[ContextKind, TokenStream]
    object_times_ms: np.ndarray
    head: tuple[int, ...]

    @classmethod
    def of(cls, beatmap: Beatmap, spec: Contract, song_ms: float) -> ChartTokens:
        """Encode a chart.

        Raises:
            ValueError: It has no usable red line.
        """
        streams = {
            context: TokenStream.of(encode_context(beatmap, context, spec.encoding, song_ms), spec.vocabulary)
            for context in spec.contexts_of(beatmap.mode)
        }
        key_count = beatmap.key_count if beatmap.mode is GameMode.MANIA else None
        attributes = Attributes(beatmap.mode, key_count=key_count)
        head = condition_ids(spec.vocabulary, spec.conditions, attributes, SAID_OF_EVERY_SONG, tables=spec.tables)
        times_ms = np.sort([hit_object.time_ms for hit_object in beatmap.hit_objects])
        return cls(beatmap.mode, streams, times_ms, tuple(head))

    def excerpt(self, start_ms: float, spec: Contract, max_tokens: int) -> Excerpt:
        """Return the excerpt in the window from `start_ms` on.

        It is cut to `max_tokens`.
        """
        end_ms = start_ms + spec.grid.window_ms
        first_time_id = spec.vocabulary.ids_of(EventKind.TIME).start
        segments = [
            Segment(context, stream.window(start_ms, end_ms, spec.grid, first_time_id)[0], context is ContextKind.MAP)
            for context, stream in self.streams.items()
        ]
        ids, is_map = spec.layout.render(self.head, segments)
        objects = int(np.diff(np.searchsorted(self.object_times_ms, [start_ms, end_ms]))[0])
        return Excerpt(np.array(ids[:max_tokens]), np.array(is_map[:max_tokens]), objects)

    def starts_ms(self, spec: Contract) -> list[float]:
        """Return the starts of the windows that cover the chart.

        The first is its first object.
        """
        first_ms, last_ms = float(self.object_times_ms[0]), float(self.object_times_ms[-1])
        count = int((last_ms - first_ms) // spec.grid.window_ms) + 1
        return [first_ms + number * spec.grid.window_ms for number in range(count)]
