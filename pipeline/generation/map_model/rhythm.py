"""Beat model and beat-clock models in front of one song."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path

import numpy as np
import torch

from osu_beatmap.attributes import Attributes
from osu_beatmap.beatmap import Beatmap, GameMode, TimingPoint
from osu_beatmap.splice import Span
from osu_beatmap.timing.active_point import Timing
from osu_beatmap.timing.beat_clock import BeatClock
from osuT5.bars.beat_sound import beat_sound
from osuT5.bars.prediction import predict_downbeats
from osuT5.beats.red_lines import PredictedTiming, beat_probabilities, confidences, predict_timing
from osuT5.generation.window_schedule import SongGenerator
from osuT5.map_model.folder import MapModel, is_map_model, load_map_model
from osuT5.objects.corpus import SongSound
from osuT5.rhythm.alignment import USUAL_LEAD_MS, measure_lead_ms
from osuT5.rhythm.axis import SongAxis
from osuT5.rhythm.conditions import Origin, RhythmConditions, origin_of
from osuT5.rhythm.drawing import NOISE, draw_rhythm, without_quiet_passages, without_rests
from osuT5.rhythm.features import SongAudio
from osuT5.rhythm.network import RhythmNetwork
from osuT5.rhythm.prediction import SongEncoding
from pipeline.generation.conditions import TYPICAL_STARS
from pipeline.generation.map_model.styles import quarter_logits
from pipeline.generation.model_cache import load_cached


class SongRhythm:
    """Map model in front of one song, loaded lazily.

    Raises:
        ModelError: The model cannot be loaded; any method but `of`.
    """

    def __init__(self, audio: SongAudio, folder: Path, adapter: Path | None = None) -> None:
        self._audio, self._folder, self._adapter = audio, folder, adapter
        self._encoded: dict[RhythmNetwork, tuple[tuple, SongEncoding]] = {}
        self._sections: np.ndarray | None = None

    @classmethod
    def of(cls, song: SongGenerator, folder: Path, adapter: Path | None = None) -> SongRhythm | None:
        """Return the map model in front of a song, or None.

        None stands for models that generate whole maps as event tokens.

        Args:
            folder: Folder of the model that `song` generates with.
            adapter: Folder of an adapter for its map model.

        Raises:
            ModelError: A part of the map model is missing.
        """
        return cls(song.audio, folder, adapter) if is_map_model(folder) else None

    @cached_property
    def timing(self) -> PredictedTiming:
        """Red lines of the song, from its audio alone."""
        audio, model = self._audio, self.model
        features, pitches, attacks = audio.rhythm_features, audio.pitches, audio.attack_strengths
        return predict_timing(model.beats, model.bars, features, pitches, attacks, audio.song_ms)

    def downbeats(self, lines: Sequence[TimingPoint]) -> tuple[BeatClock, np.ndarray]:
        """Return the clock of red lines, and downbeat logits."""
        audio = self._audio
        clock = BeatClock.from_timing(Timing(list(lines)), audio.song_ms)
        return clock, predict_downbeats(self.model.bars, beat_sound(audio.rhythm_features, audio.pitches, clock))

    def confidences(self, lines: Sequence[TimingPoint]) -> list[float]:
        """Return the confidence of each red line in the song's beats.

        The lines may have any origin.
        """
        return confidences(self.beats, lines, self._audio.song_ms)

    @cached_property
    def beats(self) -> np.ndarray:
        """Probability of a beat in each frame, float64 [frames]."""
        return beat_probabilities(self.model.beats, self._audio.rhythm_features)[0]

    def object_times_ms(
        self,
        lines: Sequence[TimingPoint],
        span: Span,
        attributes: Attributes,
        seed: int,
        guide: Beatmap | None = None,
        temperature: float = 1.0,
    ) -> np.ndarray:
        """Draw the times at which objects begin, in order, float64 [objects].

        Args:
            lines: Red lines of the song.
            span: Part of the song to map.
            attributes: Conditions of the map.
            seed: Seed of the draw.
            guide: Map whose object times become likelier.
            temperature: Temperature of the draw; 0 takes the most likely times.
        """
        start_ms, end_ms = max(span.start_ms, lines[0].time_ms), min(span.end_ms, self._audio.song_ms)
        song = self.encode(lines)
        conditions = rhythm_conditions(attributes)
        likened = [conditions, *([like_standard(conditions)] if conditions.mode is GameMode.CATCH else [])]
        objects = song.predict(likened).objects.mean(0)
        times_ms = song.clock.times_at(np.arange(len(objects)))
        logits = np.where((times_ms >= start_ms) & (times_ms < end_ms), objects, -np.inf)
        if conditions.mode is GameMode.STANDARD:
            logits = without_quiet_passages(logits)
        favoured = [] if guide is None else song.clock.steps_at(np.array([obj.time_ms for obj in guide.hit_objects]))
        noise, quarters = NOISE[attributes.mode] * temperature, quarter_logits(attributes.descriptors)
        steps = draw_rhythm(logits, seed, noise, favoured, quarters)
        return times_ms[without_rests(steps, logits) if conditions.mode is GameMode.CATCH else steps]

    def encode(self, lines: Sequence[TimingPoint], lead_ms: float = USUAL_LEAD_MS) -> SongEncoding:
        """Return the song, encoded once, on the clock of red lines.

        Args:
            lead_ms: How much later than a tick its sound is read.
        """
        return self._encode(self.model.rhythm, lines, lead_ms)

    def sound(self, lines: Sequence[TimingPoint], lead_ms: float = USUAL_LEAD_MS) -> SongSound:
        """Return the song as the object model reads it."""
        return SongSound.of(self._encode(self.model.sound, lines, lead_ms))

    def lead_ms(self, beatmap: Beatmap) -> float:
        """Return the lead of a map's objects over their sound.

        It is measured for charts of other games: some are as given for another encoding of the song.
        """
        if origin_of(beatmap) is Origin.OSU:
            return USUAL_LEAD_MS
        times_ms = np.array([obj.time_ms for obj in beatmap.hit_objects])
        return measure_lead_ms(self._audio.rhythm_features, times_ms)

    def _encode(self, network: RhythmNetwork, lines: Sequence[TimingPoint], lead_ms: float) -> SongEncoding:
        key = (lead_ms, *((line.time_ms, line.beat_length_ms, line.meter) for line in lines))
        known = self._encoded.get(network)
        if known is None or known[0] != key:
            clock = BeatClock.from_timing(Timing(list(lines)), self._audio.song_ms)
            known = key, SongEncoding(network, SongAxis(self._audio.rhythm_features, clock, lead_ms=lead_ms))
            self._encoded[network] = known
            self._sections = None
        return known[1]

    @torch.inference_mode()
    def sections(self, lines: Sequence[TimingPoint]) -> np.ndarray:
        """Return kiai logit and volume of each beat, float32 [beats, 2]."""
        sound = self.sound(lines)
        if self._sections is None:
            inputs = (torch.from_numpy(each).float() for each in (sound.ticks, sound.beats))
            self._sections = self.model.objects.sections(*inputs).numpy()
        return self._sections

    @cached_property
    def model(self) -> MapModel:
        """Networks of the map model."""
        return load_cached(load_map_model, self._folder, self._adapter)


def like_standard(conditions: RhythmConditions) -> RhythmConditions:
    """Return the conditions of a standard map as dense as catch.

    Few catch maps were trained on. The mean logits of both have F1 0.695 and 1.03 times the human's objects, those of
    catch alone 0.677 and 1.08 (ten held-out maps of two songs, timing given).
    """
    return replace(conditions, mode=GameMode.STANDARD, stars=conditions.stars + 0.5)


def rhythm_conditions(attributes: Attributes) -> RhythmConditions:
    """Return the conditions of the beat models for a map."""
    stars = TYPICAL_STARS if attributes.difficulty is None else attributes.difficulty
    keys = (attributes.key_count or 0) if attributes.mode is GameMode.MANIA else 0
    return RhythmConditions(attributes.mode, stars, keys)
