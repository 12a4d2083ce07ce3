"""All observations about a map and its song, unfiltered."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch

from feedback.progress import Progress, silent
from modding.aspects import Aspect
from modding.habits.habits import habits_of, score_habits
from modding.habits.places import SHORTEST_BEAT_MS, MapPlaces
from modding.habits.rhythm import RhythmHabits
from modding.observation.audio_timing import SongEvidence, Stretch, detect_sections, observe_timing
from modding.observation.beat_observer import BeatObserver
from modding.observation.downbeats import observe_downbeats
from modding.observation.kiai_edges import SongSpectrum, kiai_edges
from modding.observation.line_fit import LineFit, line_fits, observe_lines
from modding.observation.observations import MapObserver, Observation, observe_beats, observe_kiai, observe_scroll
from modding.observation.tick_evidence import TickEvidence, read_ticks
from osu_beatmap.attributes import attributes_of
from osu_beatmap.beatmap import Beatmap
from osu_beatmap.errors import BeatmapError
from osu_beatmap.song_bounds import SongPart, part_in_song
from osu_beatmap.star_rating import star_rating
from osu_beatmap.timing.active_point import Timing
from osuT5.audio.mel import song_mel
from osuT5.encoding import encode_context
from osuT5.encoding.context import trace_objects
from osuT5.generation.chart_state import ChartState
from osuT5.generation.surprisal import ContextScorer
from osuT5.generation.threads import cpu_threads
from osuT5.generation.window_schedule import SongGenerator
from osuT5.model.files.find import BUNDLED_MODEL
from osuT5.objects.corpus import ObjectChart
from osuT5.objects.scores import ObjectScores, score_chart
from osuT5.objects.tokens.chart_tokens import ChartTokens, encode_chart
from osuT5.rhythm.alignment import USUAL_LEAD_MS
from osuT5.rhythm.conditions import origin_of
from osuT5.rhythm.features import FRAME_MS, SongAudio
from osuT5.tokens.contract import Contract
from osuT5.tokens.events import ContextKind, EventGroup
from pipeline.generation.map_model.rhythm import SongRhythm, rhythm_conditions

if TYPE_CHECKING:
    from osuT5.model.seq2seq import MapperModel

UNKNOWN_STARS = 4.0
"""Star rating of maps that cannot be rated."""

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
    """Return whether an observation is about beats without a tempo."""
    return observation.aspect in OF_LINES and timing.beat_length_at(observation.time_ms) < SHORTEST_BEAT_MS


def read_song(model: MapperModel, spec: Contract, samples: np.ndarray, progress: Progress = silent) -> SongReader:
    """Return a reader of the maps of a song by tokens.

    Args:
        samples: The song, float32 [samples] at the rate of the model.
        progress: Progress of the encoder.
    """
    song_ms = 1000.0 * len(samples) / spec.grid.sample_rate
    writer = SongGenerator(model, spec, song_mel(samples, spec), song_ms, progress=progress, samples=samples)
    return SongReader(writer.audio, writer=writer)


def whole_precision() -> torch.autocast:
    """Return the context of the beat models, with full precision.

    They are small and on the CPU, for any precision of the other model.
    """
    return torch.autocast("cpu", enabled=False)


def beat_scores(rhythm: SongRhythm, beatmap: Beatmap, stars: float) -> tuple[ChartTokens, ObjectScores]:
    """Return a map's tokens, and their scores by the object model.

    They are on the clock of its red lines.

    Raises:
        ValueError: The map has no usable red line.
        ModelError: A model cannot be loaded.
    """
    lines = [line for line in beatmap.timing_points if line.uninherited]
    lead_ms = rhythm.lead_ms(beatmap)
    song = rhythm.encode(lines, lead_ms)
    attributes, tokens = attributes_of(beatmap, stars), encode_chart(beatmap, song.clock)
    conditions = replace(rhythm_conditions(attributes), origin=origin_of(beatmap))
    chart = ObjectChart("", conditions, attributes, tokens)
    return tokens, score_chart(rhythm.model.objects, rhythm.sound(lines, lead_ms), chart)


class SongReader:
    """Reads maps of one song.

    Args:
        song: The song.
        map_model: Folder of the map model that judges the song, and objects unless there is a `writer`.
        adapter: Folder of an adapter for it.
        writer: Model of event tokens in front of the song, which judges objects.
    """

    def __init__(
        self,
        song: SongAudio,
        map_model: Path = BUNDLED_MODEL,
        adapter: Path | None = None,
        writer: SongGenerator | None = None,
    ) -> None:
        self.song, self.writer = song, writer
        self.rhythm = SongRhythm(song, map_model, adapter)

    def observe(
        self,
        beatmap: Beatmap,
        start_ms: float = -math.inf,
        end_ms: float = math.inf,
        only: Collection[ContextKind] | None = None,
    ) -> list[Observation]:
        """Return all observations about a map.

        Those of tokens are limited to windows that decide something between the two times. `only` are the contexts to
        judge, by default all; observations of audio and red lines are always included.

        Raises:
            ValueError: The map has no usable red line, or more objects than its song holds.
        """
        part = part_in_song(beatmap, self.song_ms)
        observed = self._observe_part(part.beatmap, start_ms, end_ms, only)
        return [_with_index_of(each, part) for each in observed] if not part.is_whole else observed

    @property
    def song_ms(self) -> float:
        return self.song.song_ms

    def _observe_part(
        self, beatmap: Beatmap, start_ms: float, end_ms: float, only: Collection[ContextKind] | None
    ) -> list[Observation]:
        fits = line_fits(beatmap)
        observed: list[Observation] = [*observe_lines(fits), *observe_timing(self._stretches(beatmap, fits))]
        if only is None or ContextKind.KIAI in only:
            observed += observe_kiai(kiai_edges(beatmap, self._spectrum))
        if self.writer is None:
            with whole_precision():
                observed += observe_downbeats(beatmap, self.rhythm)
                if only is None or ContextKind.MAP in only:
                    observed += self._by_beat_models(beatmap)
        else:
            observed += self._by_tokens(self.writer, beatmap, start_ms, end_ms, only)
        timing = Timing(beatmap.timing_points)
        return [each for each in observed if not _is_of_no_tempo(each, timing)]

    def ticks(self, beatmap: Beatmap, stars: float) -> TickEvidence:
        """Return the ticks on which objects are likely.

        The map lies in its song.

        Raises:
            ValueError: The map has no usable red line.
            ModelError: The rhythm model cannot be loaded.
        """
        with whole_precision():
            return read_ticks(self.rhythm, beatmap, stars)

    def confidences(self, beatmap: Beatmap) -> list[float]:
        """Return the confidence of each red line in the song's beats.

        Raises:
            ModelError: The beat model cannot be loaded.
        """
        with whole_precision():
            return self.rhythm.confidences([line for line in beatmap.timing_points if line.uninherited])

    def _by_beat_models(self, beatmap: Beatmap) -> list[Observation]:
        """Return observations of objects by rhythm model and object model."""
        if not beatmap.hit_objects:
            return []
        stars = stars_of(beatmap)
        tokens, scores = beat_scores(self.rhythm, beatmap, stars)
        rhythm = RhythmHabits(MapPlaces(beatmap))
        observer = BeatObserver(beatmap, self.ticks(beatmap, stars), tokens, scores, rhythm, score_habits(rhythm))
        return list(observer.observe())

    def _by_tokens(
        self,
        writer: SongGenerator,
        beatmap: Beatmap,
        start_ms: float,
        end_ms: float,
        only: Collection[ContextKind] | None,
    ) -> list[Observation]:
        spec, song_ms = writer.spec, writer.song_ms
        attributes = attributes_of(beatmap, stars_of(beatmap))
        traced = trace_objects(beatmap, spec.encoding, song_ms)
        contexts: dict[ContextKind, Sequence[EventGroup]] = {
            context: encode_context(beatmap, context, spec.encoding, song_ms)
            for context in spec.contexts_of(beatmap.mode)
            if context is not ContextKind.MAP
        }
        contexts[ContextKind.MAP] = [group for group, _ in traced]
        chart = ChartState(attributes, 0, contexts)
        observer = MapObserver(beatmap, spec.encoding, [origin for _, origin in traced], habits_of(beatmap))
        observed: list[Observation] = []
        for context in contexts if only is None else only:
            if context is ContextKind.KIAI:
                continue
            with cpu_threads(writer.model):
                scored = ContextScorer(writer, chart, context).score(start_ms, end_ms)
            if context is ContextKind.TIMING:
                observed += observe_beats(scored)
            elif context is ContextKind.SV:
                observed += observe_scroll(scored, spec.encoding)
            else:
                observed += observer.observe(scored)
        return observed

    def _stretches(self, beatmap: Beatmap, fits: Sequence[LineFit]) -> list[Stretch]:
        """Return the sections of a map that are long enough to judge."""
        return detect_sections(beatmap, self._evidence, self.song_ms, fits)

    @cached_property
    def _evidence(self) -> SongEvidence:
        with whole_precision():
            return SongEvidence(self.song.attack_strengths, self.rhythm.beats)

    @cached_property
    def _spectrum(self) -> SongSpectrum:
        return SongSpectrum(self.song.rhythm_features, FRAME_MS, USUAL_LEAD_MS)
