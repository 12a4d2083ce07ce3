"""A map and its song -> everything that surprises about it, whatever it is worth."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import replace
from functools import cached_property

from modding.aspects import Aspect
from modding.habits.habits import habits_of
from modding.habits.places import SHORTEST_BEAT_MS
from modding.observation.audio_timing import SongEvidence, Stretch, detect_sections, observe_timing
from modding.observation.kiai_edges import HeardSpectrum, kiai_edges
from modding.observation.line_fit import LineFit, line_fits, observe_lines
from modding.observation.observations import MapObserver, Observation, observe_beats, observe_kiai, observe_scroll
from osu_beatmap.attributes import attributes_of
from osu_beatmap.beatmap import Beatmap
from osu_beatmap.errors import BeatmapError
from osu_beatmap.song_bounds import SongPart, part_in_song
from osu_beatmap.star_rating import star_rating
from osu_beatmap.timing.active_point import Timing
from osuT5.encoding import encode_context
from osuT5.encoding.context import traced_objects
from osuT5.generation.activations import song_activations
from osuT5.generation.chart_state import ChartState
from osuT5.generation.surprisal import ContextScorer
from osuT5.generation.threads import cpu_threads
from osuT5.generation.window_schedule import SongGenerator
from osuT5.tokens.events import ContextKind, EventGroup

UNKNOWN_STARS = 4.0
"""For maps that cannot be rated."""

OF_LINES = frozenset({Aspect.BEAT, Aspect.OFFSET, Aspect.LINES})


def stars_of(beatmap: Beatmap) -> float:
    try:
        return star_rating(beatmap)
    except BeatmapError:
        return UNKNOWN_STARS


def _with_index_of(observation: Observation, part: SongPart) -> Observation:
    """Name the object as the whole map has it."""
    return observation if observation.obj is None else replace(observation, obj=part.indices[observation.obj])


def _is_of_no_tempo(observation: Observation, timing: Timing) -> bool:
    """Return whether an opinion is about the beats of a red line that is no tempo."""
    return observation.aspect in OF_LINES and timing.beat_length_at(observation.time_ms) < SHORTEST_BEAT_MS


class SongReader:
    """Reads maps of one song."""

    def __init__(self, writer: SongGenerator) -> None:
        self.writer = writer

    def observe(
        self,
        beatmap: Beatmap,
        start_ms: float = -math.inf,
        end_ms: float = math.inf,
        only: Collection[ContextKind] | None = None,
    ) -> list[Observation]:
        """All observations about a map, those of the model only where windows decide something between the two times.

        only: the contexts that are scored, all of them unless given; what is heard, and red lines, come in any case.
        Raises ValueError for a map without a usable red line, or with more objects than its song holds.
        """
        part = part_in_song(beatmap, self.writer.song_ms)
        observed = self._observe_part(part.beatmap, start_ms, end_ms, only)
        return [_with_index_of(each, part) for each in observed] if not part.is_whole else observed

    def _observe_part(
        self, beatmap: Beatmap, start_ms: float, end_ms: float, only: Collection[ContextKind] | None
    ) -> list[Observation]:
        spec, song_ms = self.writer.spec, self.writer.song_ms
        attributes = attributes_of(beatmap, stars_of(beatmap))
        traced = traced_objects(beatmap, spec.encoding, song_ms)
        contexts: dict[ContextKind, Sequence[EventGroup]] = {
            context: encode_context(beatmap, context, spec.encoding, song_ms)
            for context in spec.contexts_of(beatmap.mode)
            if context is not ContextKind.MAP
        }
        contexts[ContextKind.MAP] = [group for group, _ in traced]
        chart = ChartState(attributes, 0, contexts)
        observer = MapObserver(beatmap, spec.encoding, [origin for _, origin in traced], habits_of(beatmap))
        fits = line_fits(beatmap)
        observed: list[Observation] = [*observe_lines(fits), *observe_timing(self._stretches(beatmap, fits))]
        for context in contexts if only is None else only:
            with cpu_threads(self.writer.model):
                scored = ContextScorer(self.writer, chart, context).score(start_ms, end_ms)
            if context is ContextKind.TIMING:
                observed += observe_beats(scored)
            elif context is ContextKind.KIAI:
                observed += observe_kiai(scored, kiai_edges(beatmap, self._spectrum))
            elif context is ContextKind.SV:
                observed += observe_scroll(scored, spec.encoding)
            else:
                observed += observer.observe(scored)
        return [each for each in observed if not _is_of_no_tempo(each, observer.timing)]

    def _stretches(self, beatmap: Beatmap, fits: Sequence[LineFit]) -> list[Stretch]:
        """Nothing for models without frame heads, published ones among them."""
        heard, writer = self._heard, self.writer
        return [] if heard is None else detect_sections(beatmap, heard, writer.spec.audio_lead_ms, writer.song_ms, fits)

    @cached_property
    def _heard(self) -> SongEvidence | None:
        writer = self.writer
        if writer.model.frame_heads is None or writer.encoder_states is None:
            return None
        activations = song_activations(writer.model, writer.spec, writer.encoder_states, writer.windows, writer.song_ms)
        return SongEvidence(activations, writer.spec.grid.frame_ms)

    @cached_property
    def _spectrum(self) -> HeardSpectrum:
        spec = self.writer.spec
        return HeardSpectrum(self.writer.listener.mel, spec.grid.frame_ms, spec.audio_lead_ms)
