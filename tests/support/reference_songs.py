"""A song, a finished map of it, and a tiny random model that knows every context."""

from dataclasses import replace
from pathlib import Path

import torch

from osu_beatmap.beatmap import (
    Beatmap,
    Circle,
    Difficulty,
    GameMode,
    HitSound,
    HoldNote,
    Metadata,
    SliderEdge,
    TimingPoint,
)
from osu_beatmap.files.writer import save_beatmap
from osuT5.generation.sampling.sampler import Sampling
from osuT5.model.seq2seq import MapperModel
from osuT5.tokens.contract import mini_spec
from osuT5.tokens.events import ContextKind
from osuT5.training.architectures import mini_config
from tests.support.sliders import line_slider
from tests.support.songs import write_song

BPM, OFFSET_MS, SECONDS = 150.0, 400.0, 16.0
BEAT_MS = 60_000.0 / BPM
RANDOM_TIMES = Sampling(1.3, 1.0, kind_temperatures={})
"""A random model holds no time for likely; drawn like all tokens, there are some."""
SIZES = {"d_model": 32, "encoder_layers": 1, "decoder_layers": 1, "encoder_heads": 2, "decoder_heads": 2}
SIZES |= {"encoder_ffn_dim": 32, "decoder_ffn_dim": 32, "pointer_dim": 8, "max_target_positions": 128}


def make_model(folder: Path, without: tuple[ContextKind, ...] = ()) -> Path:
    spec = mini_spec()
    contexts = tuple(context for context in spec.vocabulary.contexts if context not in without)
    spec = replace(spec, vocabulary=replace(spec.vocabulary, contexts=contexts))
    torch.manual_seed(0)
    folder.mkdir()
    MapperModel(mini_config(spec, **SIZES)).half().save_pretrained(folder)
    spec.save(folder)
    return folder


def make_mapset(folder: Path, mode: GameMode) -> Path:
    """A folder with a song and a map of it; the path of the map."""
    folder.mkdir()
    write_song(folder / "audio.ogg", SECONDS, OFFSET_MS)
    path = folder / "map.osu"
    save_beatmap(reference_map(mode), path)
    return path


def reference_map(mode: GameMode) -> Beatmap:
    """A note on every second beat, velocities and volumes that change, kiai, and red lines off whole milliseconds."""
    notes = []
    for number in range(int((SECONDS * 1000 - 2_000 - OFFSET_MS) / (2 * BEAT_MS))):
        time_ms = OFFSET_MS + 2 * number * BEAT_MS
        x, sound = 64.0 + 128 * (number % 4), HitSound.CLAP * (number % 2)
        if mode is GameMode.MANIA and number % 4 == 1:
            notes.append(HoldNote(time_ms, x, 192, hitsound=sound, end_ms=time_ms + BEAT_MS))
        elif mode is not GameMode.MANIA and number % 4 == 1:
            sounds = {"hitsound": sound, "edges": [SliderEdge(sound), SliderEdge(HitSound.NONE)]}
            notes.append(line_slider(time_ms, (x, 192.0), (x, 262.0), length_px=70.0, **sounds))
        else:
            notes.append(Circle(time_ms, x, 192, new_combo=number % 4 == 0, hitsound=sound))
    return Beatmap(
        mode=mode,
        audio_filename="audio.ogg",
        preview_time_ms=3_000.0,
        metadata=Metadata(title="Clicks", artist="Nobody", creator="someone", version="Mine", tags=["x"]),
        difficulty=Difficulty(circle_size=4.0, approach_rate=6.5),
        timing_points=[
            TimingPoint(OFFSET_MS, BEAT_MS, volume=70),
            TimingPoint(OFFSET_MS + 8 * BEAT_MS, -50.0, volume=60, uninherited=False),
            TimingPoint(OFFSET_MS + 16 * BEAT_MS, -50.0, volume=65, uninherited=False, effects=1),
            TimingPoint(OFFSET_MS + 24 * BEAT_MS, -100.0, volume=70, uninherited=False),
            TimingPoint(12_000.25, BEAT_MS, meter=3, volume=70),
        ],
        hit_objects=notes,
    )
