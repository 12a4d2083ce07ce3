"""Timing of held-out songs beside that of their human charts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.super_timing.timing_runs import HeardTiming, hear_all_ways
from evaluation.measures.timing_metrics import OCTAVES, TEMPO_TOLERANCE, TimingAgreement, compare_timing
from evaluation.split_songs import songs_in_split
from osu_beatmap.attributes import Attributes
from osu_beatmap.beatmap import Beatmap, TimingPoint
from osu_beatmap.held_out import Split
from osuT5.audio.decode import audio_duration_ms, audio_format, load_audio
from osuT5.dataset.files.sources import FolderSong, mapset_songs
from osuT5.model.seq2seq import MapperModel
from osuT5.tokens.contract import Contract

STARS = 4.0
MATCHED_MS = 10.0
BEFORE_OBJECTS_MS = 20.0


@dataclass(frozen=True, slots=True)
class SongTiming:
    """One song: the human's lines, how the most of it agrees, and what of the human's changes was found.

    `bpm_error` is of the tempo that holds longest. `matched` of `human_lines` red lines have one of ours within 10 ms.
    """

    name: str
    codec: str
    human_lines: int
    heard: HeardTiming
    agreement: TimingAgreement
    bpm_error: float
    is_octave: bool
    matched: int


def held_out_songs(folder: Path) -> Iterator[tuple[FolderSong, Beatmap]]:
    """Yield the held-out songs of a folder of mapsets with their first chart that has objects."""
    for song, charts in songs_in_split(mapset_songs(folder), Split.HELD_OUT):
        yield from [(song, chart.beatmap) for chart in charts if len(chart.beatmap.hit_objects) >= 20][:1]


def time_song(
    model: MapperModel,
    spec: Contract,
    song: FolderSong,
    human: Beatmap,
    iterations: int,
    seconds: float,
    keep: Path | None = None,
) -> dict[str, SongTiming]:
    """By WAYS: of the first `seconds` of a song, or of all of it where that is 0.

    What the model hears is kept in the folder `keep`.
    """
    end_ms = min(1000.0 * seconds or np.inf, audio_duration_ms(song.audio_path))
    attributes = Attributes(human.mode, difficulty=STARS)
    kept = keep and keep / f"{song.name.replace('/', ' ')} {seconds:g}.pickle"
    load = partial(_samples, song.audio_path, spec.grid.sample_rate, seconds)
    ways = hear_all_ways(model, spec, load, attributes, iterations, kept)
    codec = audio_format(song.audio_path).codec
    return {way: compared(song.name, codec, human, heard, end_ms) for way, heard in ways.items()}


def _samples(song_path: Path, sample_rate: int, seconds: float) -> np.ndarray:
    samples = load_audio(song_path, sample_rate)
    return samples[: int(seconds * sample_rate)] if seconds else samples


def compared(name: str, codec: str, human: Beatmap, heard: HeardTiming, song_ms: float) -> SongTiming:
    start_ms = human.hit_objects[0].time_ms - BEFORE_OBJECTS_MS
    end_ms = min(human.hit_objects[-1].time_ms, song_ms)
    reds = [point for point in human.timing_points if point.uninherited and point.time_ms < end_ms]
    human_bpm, our_bpm = (_longest_bpm(lines, start_ms, end_ms) for lines in (reds, heard.lines))
    ours_ms = np.array([line.time_ms for line in heard.lines])
    return SongTiming(
        name,
        codec,
        len(reds),
        heard,
        compare_timing(reds, heard.lines, start_ms, end_ms),
        abs(our_bpm - human_bpm),
        any(abs(our_bpm / human_bpm / octave - 1) <= TEMPO_TOLERANCE for octave in OCTAVES),
        # Before the first objects a line may stand on any bar.
        sum(np.abs(ours_ms - red.time_ms).min() <= MATCHED_MS for red in reds[1:]),
    )


def _longest_bpm(lines: Sequence[TimingPoint], start_ms: float, end_ms: float) -> float:
    lasting: dict[float, float] = {}
    for line, following in zip(lines, [*lines[1:], None], strict=True):
        stop_ms = end_ms if following is None else min(end_ms, following.time_ms)
        bpm = round(line.bpm, 3)
        lasting[bpm] = lasting.get(bpm, 0.0) + max(0.0, stop_ms - max(start_ms, line.time_ms))
    return max(lasting, key=lambda bpm: lasting[bpm])
