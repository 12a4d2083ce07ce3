"""Music for charts whose song is not there: their objects become its notes.

A model can learn from such a song what an object sounds like in principle and what charts are like, but not what people
choose to map in real music; so it is for beginnings and for rhythm, beside real songs. Whatever all charts of a song
have in common is played loudest, so that an easy chart keeps to what stands out and leaves the rest to the harder ones.
A band that follows the tempo plays along, also where no object is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from osu_beatmap.beatmap import Beatmap, GameMode, HitObject, HitSound
from osu_beatmap.timing.active_point import Timing, end_time_ms
from synthesis.composition import DRUM_STYLES, MAJOR, MINOR, PROGRESSIONS, Note

AUDIO_LEAD_MS = 25.0
"""Object times of osu! charts precede what is heard in the decoded audio by so much."""

SAME_TIME_MS = 3.0
KAT = HitSound.WHISTLE | HitSound.CLAP
LONGEST_NOTE_MS = 1_500.0
MELODY_INSTRUMENTS = ("lead", "pluck")


@dataclass(frozen=True, slots=True)
class Accent:
    """What the charts have at one time: `share` of them, the sounds of all, and how long it lasts."""

    time_ms: float
    duration_ms: float
    share: float
    sounds: int
    object: HitObject


def music_for(charts: Sequence[Beatmap], seed: int) -> list[Note]:
    """Notes in time order for charts of one song, which have equal red lines; equal arguments give equal notes."""
    rng = np.random.default_rng(seed)
    timing = Timing(charts[0].timing_points)
    accents = accents_of(charts)
    if not accents:
        return []
    scale = MAJOR if rng.random() < 0.5 else MINOR
    tune = _Tune(scale, int(rng.integers(45, 57)), PROGRESSIONS[scale][rng.integers(4)])
    styles = list(DRUM_STYLES.values())
    end_ms = max(accent.time_ms + accent.duration_ms for accent in accents)
    notes = [
        *_melody(accents, charts[0].mode, timing, tune, rng),
        *_band(timing, end_ms, tune, styles[rng.integers(len(styles))], rng),
    ]
    heard = [note for note in notes if note.time_ms >= 0]
    return sorted(heard, key=lambda note: note.time_ms)


def accents_of(charts: Sequence[Beatmap]) -> list[Accent]:
    """The times at which charts have objects, in order; objects at most 3 ms apart are one."""
    starts = sorted(
        (
            (item.time_ms, index, item, end_time_ms(item, Timing(chart.timing_points), chart.difficulty))
            for index, chart in enumerate(charts)
            for item in chart.hit_objects
        ),
        key=lambda start: start[:2],
    )
    accents: list[Accent] = []
    group: list[tuple[float, int, HitObject, float]] = []
    for start in [*starts, (np.inf, 0, None, np.inf)]:
        if group and start[0] - group[0][0] > SAME_TIME_MS:
            time_ms = group[0][0]
            sounds = 0
            for _, _, item, _ in group:
                sounds |= int(item.hitsound)
            longest_ms = max(end_ms for *_, end_ms in group) - time_ms
            share = len({index for _, index, _, _ in group}) / len(charts)
            accents.append(Accent(time_ms, min(longest_ms, LONGEST_NOTE_MS), share, sounds, group[0][2]))
            group = []
        group.append(start)
    return accents


@dataclass(frozen=True, slots=True)
class _Tune:
    scale: tuple[int, ...]
    root: int
    progression: tuple[int, ...]

    def pitch(self, degree: int, octave: int = 0) -> int:
        return self.root + 12 * (octave + degree // 7) + self.scale[degree % 7]

    def chord(self, bar: int) -> int:
        return self.progression[bar % len(self.progression)] % 7


def _melody(
    accents: Sequence[Accent], mode: GameMode, timing: Timing, tune: _Tune, rng: np.random.Generator
) -> Iterator[Note]:
    """A note for each accent; taiko's are drums, mania's go up and down with the columns."""
    degree = 7
    instrument = MELODY_INSTRUMENTS[rng.integers(len(MELODY_INSTRUMENTS))]
    for accent in accents:
        strength = min(1.0, 0.45 + 0.4 * accent.share + 0.15 * bool(accent.sounds & ~HitSound.NORMAL))
        time_ms = accent.time_ms + AUDIO_LEAD_MS
        if mode is GameMode.TAIKO:
            drum = "snare" if accent.sounds & KAT else "kick"
            yield Note(time_ms, 200.0, drum, 0, strength)
        else:
            degree = int(np.clip(degree + rng.integers(-2, 3), 2, 12))
            if mode is GameMode.MANIA:
                degree = 3 + int(accent.object.x // 64)
            bar = int(timing.beat_position(accent.time_ms) // 4)
            length_ms = max(accent.duration_ms, 120.0)
            yield Note(time_ms, length_ms, instrument, tune.pitch(tune.chord(bar) + degree), strength)
        if accent.sounds & HitSound.FINISH:
            yield Note(time_ms, 1_400.0, "crash", 0, strength)
        if accent.sounds & HitSound.CLAP and mode is not GameMode.TAIKO:
            yield Note(time_ms, 200.0, "snare", 0, strength)


def _band(
    timing: Timing,
    end_ms: float,
    tune: _Tune,
    drums: tuple[Sequence[float], Sequence[float]],
    rng: np.random.Generator,
) -> Iterator[Note]:
    """Bass, chords, drums and hats that follow the beats, quieter than what is mapped."""
    loudness = float(rng.uniform(0.15, 0.5))
    beats = timing.beats(0.0, end_ms)
    bar = -1
    for beat, following in zip(beats, [*beats[1:], *beats[-1:]], strict=True):
        bar += beat.in_bar == 0
        beat_ms = max(50.0, following.time_ms - beat.time_ms)
        time_ms = beat.time_ms + AUDIO_LEAD_MS
        low = tune.pitch(tune.chord(bar), -1)
        yield Note(time_ms, beat_ms / 2, "bass", low, loudness)
        if beat.in_bar == 0:
            for tone in (0, 2, 4):
                yield Note(time_ms, 4 * beat_ms, "pad", tune.pitch(tune.chord(bar) + tone), 0.15)
        for half in range(2):
            yield Note(time_ms + half * beat_ms / 2, 60.0, "hat", 0, loudness / 2)
        for beats_of_drum, name in zip(drums, ("kick", "snare"), strict=True):
            for place in beats_of_drum:
                if int(place) == beat.in_bar:
                    yield Note(time_ms + (place % 1) * beat_ms, 200.0, name, 0, loudness)
