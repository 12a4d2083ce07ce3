"""Songs for the tests of training data, made by code: in memory, and as mapsets on a disk."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import soundfile

from osu_beatmap.attributes import attributes_of
from osu_beatmap.beatmap import Beatmap, Circle, Difficulty, GameMode, HitSound, Metadata, TimingPoint
from osu_beatmap.files.writer import save_beatmap
from osuT5.dataset.options import AugmentationOptions
from osuT5.dataset.token_stream import TokenStream
from osuT5.dataset.training_songs import Chart, TrainingSong
from osuT5.encoding import encode_context
from osuT5.tokens.conditions import CONDITIONS
from osuT5.tokens.contract import Contract, mini_spec, output_ranges
from osuT5.tokens.encoding_spec import EncodingSpec
from osuT5.tokens.events import ContextKind, EventKind
from osuT5.tokens.vocabulary import EventRange, Vocabulary

SPEC = mini_spec()
SONG_MS = 30_000.0
BEAT_MS = 500.0
RATE_HZ = 16_000

NOTHING_VARIED = AugmentationOptions(
    continuation_probability=0.0,
    speed_probability=0.0,
    mirror=False,
    condition_dropout=0.0,
    time_jitter_probability=0.0,
    mel_mask_probability=0.0,
)
_PUBLISHED_CONDITIONS = (
    EventKind.GAMEMODE,
    EventKind.DIFFICULTY,
    EventKind.MAPPER,
    EventKind.YEAR,
    EventKind.HITSOUNDED,
    EventKind.SONG_LENGTH,
    EventKind.DESCRIPTOR,
)


def varied(**changes) -> AugmentationOptions:
    """Nothing but these changes."""
    return replace(NOTHING_VARIED, **changes)


def published_like_spec() -> Contract:
    """A contract as V29 has it, in small: types first, every context, a mapper, state before the window."""
    grid, encoding = SPEC.grid, EncodingSpec()
    inputs = [CONDITIONS[kind].event_range for kind in _PUBLISHED_CONDITIONS if kind in CONDITIONS]
    inputs[3] = EventRange(EventKind.HITSOUNDED, 0, 1)
    tables = [EventRange(EventKind.MAPPER, 0, 2), EventRange(EventKind.DESCRIPTOR, 0, 2)]
    return Contract(
        name="as published",
        grid=grid,
        spectrogram=SPEC.spectrogram,
        encoding=encoding,
        vocabulary=Vocabulary(output_ranges(encoding, grid), (*inputs, *tables), tuple(ContextKind)),
        conditions=(*_PUBLISHED_CONDITIONS, EventKind.SCROLL_SPEED),
    )


def steady_chart(
    mode: GameMode,
    step_ms: float,
    spec: Contract = SPEC,
    given: tuple[ContextKind, ...] = (),
    kiai_ms: float | None = None,
    sv: float = 1.0,
) -> Chart:
    """A note every `step_ms`, every other one with a clap; kiai from a time on, and a slider velocity for all of it."""
    times_ms = np.arange(1_000.0, SONG_MS - 1_000, step_ms)
    notes = [Circle(t, 64 + 128 * (i % 4), 192, hitsound=HitSound.CLAP * (i % 2)) for i, t in enumerate(times_ms)]
    keys = 4.0 if mode is GameMode.MANIA else 5.0
    lines = [TimingPoint(0.0, BEAT_MS)]
    if sv != 1.0:
        lines.append(TimingPoint(500.0, -100 / sv, uninherited=False))
    if kiai_ms is not None:
        lines.append(TimingPoint(kiai_ms, -100 / sv, uninherited=False, effects=1))
    beatmap = Beatmap(mode=mode, difficulty=Difficulty(circle_size=keys), timing_points=lines, hit_objects=notes)
    streams = {
        context: TokenStream.of(encode_context(beatmap, context, spec.encoding, SONG_MS), spec.vocabulary)
        for context in (*spec.contexts_of(mode), *given)
    }
    ratings = (1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0)
    return Chart(f"{mode.name} every {step_ms} ms", attributes_of(beatmap, 3.0), streams, times_ms, ratings)


def song_of(*charts: Chart) -> TrainingSong:
    """Frame f of the spectrogram holds f in every band."""
    frames = int(SONG_MS / SPEC.grid.frame_ms) + 1
    mel = np.repeat(np.arange(frames, dtype=np.float16)[:, None], SPEC.spectrogram.n_mels, axis=1)
    beats = np.arange(0.0, SONG_MS, BEAT_MS)
    return TrainingSong("song", mel, SONG_MS, list(charts), beats, beats[::4])


def small_beatmap(title: str, mode: GameMode = GameMode.STANDARD, step_ms: float = 500.0, **metadata) -> Beatmap:
    """A map of twelve seconds; `step_ms` decides how hard it is."""
    times_ms = np.arange(1_000.0, 10_000.0, step_ms)
    notes = [Circle(float(t), 64.0 + 128 * (i % 4), 192.0) for i, t in enumerate(times_ms)]
    return Beatmap(
        mode=mode,
        audio_filename="audio.wav",
        metadata=Metadata(
            **{"title": title, "artist": "Nobody", "creator": "test", "version": f"{mode.name} {step_ms:g}"} | metadata
        ),
        difficulty=Difficulty(circle_size=4.0),
        timing_points=[TimingPoint(500.0, BEAT_MS)],
        hit_objects=notes,
    )


def write_audio(path: Path, seconds: float = 12.0, seed: int = 0) -> None:
    noise = np.random.default_rng(seed).normal(size=round(seconds * RATE_HZ)) * 0.1
    soundfile.write(path, noise, RATE_HZ)


def write_mapset(folder: Path, *beatmaps: Beatmap, seed: int = 0) -> Path:
    """A mapset with noise as its audio."""
    folder.mkdir(parents=True)
    write_audio(folder / "audio.wav", seed=seed)
    for beatmap in beatmaps:
        save_beatmap(beatmap, folder / f"{beatmap.metadata.version}.osu")
    return folder
