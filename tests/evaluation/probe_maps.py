"""Songs of sections that return, and charts of all modes that return with them: what probes can damage."""

from pathlib import Path

import numpy as np
import soundfile

from evaluation.charts import MeasuredChart
from osu_beatmap.beatmap import (
    Beatmap,
    Circle,
    Difficulty,
    GameMode,
    HitObject,
    HitSound,
    HoldNote,
    Metadata,
    SliderEdge,
    TimingPoint,
)
from tests.support.sliders import line_slider

OFFSET_MS = 500.0
FORM = "ABACABAC"
"""Sections of four bars; each letter has its own sound and its own rhythm."""

SECTION_BARS, TICKS, KEYS = 4, 16, 4
RATE_HZ = 16_000


def bpm_of(seed: int) -> float:
    return 130.0 + 17.0 * seed


def write_song(folder: Path, seed: int) -> Path:
    """A song in which every bar of a section sounds as it does whenever the section returns."""
    rng = np.random.default_rng(seed)
    pitches = {letter: rng.uniform(100, 4000, (SECTION_BARS * TICKS, 3)) for letter in set(FORM)}
    tick_s = 60.0 / bpm_of(seed) / 4
    samples = int(tick_s * RATE_HZ)
    times = np.arange(samples) / RATE_HZ
    sound = [np.zeros(int(OFFSET_MS / 1000 * RATE_HZ))]
    for letter in FORM:
        sound += [np.sin(2 * np.pi * chord[:, None] * times).sum(axis=0) / 6 for chord in pitches[letter]]
    path = folder / f"song{seed}.wav"
    soundfile.write(path, np.concatenate(sound), RATE_HZ)
    return path


def chart_of(mode: GameMode, seed: int, audio_path: Path | None = None) -> MeasuredChart:
    """A chart of the song of a seed: on quarters of beats, and on thirds now and then; no two seeds are alike."""
    rng = np.random.default_rng((seed, int(mode)))
    beat_ms = 60_000.0 / bpm_of(seed)
    sections = {letter: _section(mode, rng, beat_ms) for letter in sorted(set(FORM))}
    section_ms = 4 * SECTION_BARS * beat_ms
    objects: list[HitObject] = []
    for place, letter in enumerate(FORM):
        objects += [make(OFFSET_MS + place * section_ms) for make in sections[letter]]
    beatmap = Beatmap(
        mode=mode,
        metadata=Metadata(title=f"Song {seed}", artist="Nobody", version="Mine"),
        difficulty=Difficulty(circle_size=float(KEYS), slider_multiplier=1.4),
        timing_points=[TimingPoint(OFFSET_MS, beat_ms)],
        hit_objects=sorted(objects, key=lambda obj: obj.time_ms),
        preview_time_ms=1000.0,
    )
    return MeasuredChart(beatmap, f"{mode.name} {seed}", audio_path)


def _section(mode: GameMode, rng: np.random.Generator, beat_ms: float) -> list:
    """Functions from the start of the section to an object each, in flowing movement."""
    makers = []
    x, y, heading, column = 256.0, 192.0, rng.uniform(0, 6.28), 0
    for number, beat in enumerate(_rhythm(rng)):
        heading += rng.normal(0.0, 0.4)
        x, y = _inside(x + 70 * np.cos(heading), y + 70 * np.sin(heading))
        column = int(column + rng.integers(1, KEYS)) % KEYS
        at = (64.0 + 128.0 * column, 192.0) if mode is GameMode.MANIA else (x, y)
        is_long = rng.random() < 0.25
        blue = rng.random() < 0.5 if mode is GameMode.TAIKO else number % 4 == 2
        makers.append(_maker(mode, beat * beat_ms, at, HitSound.CLAP * blue, number % 6 == 0, is_long, beat_ms))
        if mode is GameMode.MANIA and rng.random() < 0.3:
            chorded = (64.0 + 128.0 * ((column + 2) % KEYS), 192.0)
            makers.append(_maker(mode, beat * beat_ms, chorded, HitSound.NONE, False, False, beat_ms))
    return makers


def _rhythm(rng: np.random.Generator) -> list[float]:
    """Beats from the start of a section at which objects start, its last bar in thirds."""
    quarters = [
        tick / 4 for tick in range(48) if rng.random() < (0.95 if tick % 4 == 0 else 0.55 if tick % 2 == 0 else 0.15)
    ]
    return [*quarters, *(12 + third / 3 for third in range(12) if rng.random() < 0.5)]


def _maker(mode, since_ms, at, sound, new_combo, is_long, beat_ms):
    x, y = round(at[0]), round(at[1])

    def make(start_ms: float) -> HitObject:
        time_ms = start_ms + since_ms
        if is_long and mode is GameMode.MANIA:
            return HoldNote(time_ms, x, y, hitsound=sound, end_ms=time_ms + beat_ms / 8)
        if is_long:
            more = {"new_combo": new_combo, "hitsound": sound, "edges": [SliderEdge(sound), SliderEdge()]}
            return line_slider(time_ms, (x, y), (x + 20, y), length_px=17.5, **more)
        return Circle(time_ms, x, y, new_combo=new_combo, hitsound=sound)

    return make


def _inside(x: float, y: float) -> tuple[float, float]:
    return min(max(x, 40.0), 470.0), min(max(y, 40.0), 340.0)
