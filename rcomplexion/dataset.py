"""Rhythms of charts, without their audio, as batches."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence
from tqdm import tqdm

from osu_beatmap.beatmap import GameMode
from osu_beatmap.errors import BeatmapError
from osu_beatmap.files.chart_folders import chart_groups
from osu_beatmap.held_out import Split, held_out_titles, is_song_in_split
from rcomplexion.model import RhythmInputs
from rcomplexion.rhythm import INTERVALS, Rhythm, rhythm_of

IGNORED = -1
"""Target where a row has no interval."""


@dataclass(slots=True)
class RhythmCorpus:
    """Rhythms with their modes, and what was left out, a line each."""

    rhythms: list[Rhythm] = field(default_factory=list)
    modes: list[GameMode] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class RhythmBatch:
    """Inputs, and the classes that follow [rows, intervals].

    A class is IGNORED if there is none.
    """

    inputs: RhythmInputs
    targets: Tensor


def load_rhythms(folder: Path, split: Split, held_out: frozenset[str] | None = None) -> RhythmCorpus:
    """Return the rhythms of a split's charts, each once.

    Difficulties of one song may share theirs.
    """
    held_out = held_out_titles() if held_out is None else held_out
    corpus, seen = RhythmCorpus(), set()
    groups = list(chart_groups(folder, corpus.skipped))
    for place, beatmaps in tqdm(groups, desc=f"reading rhythms ({split.value})", unit="song"):
        if not is_song_in_split([beatmap.metadata for beatmap in beatmaps], split, held_out):
            continue
        for beatmap in beatmaps:
            try:
                rhythm = rhythm_of(beatmap)
            except BeatmapError as error:
                corpus.skipped.append(f"{place} [{beatmap.metadata.version}]: {error}")
                continue
            content = hashlib.sha256(rhythm.lengths_ms.tobytes()).digest()
            if content not in seen:
                seen.add(content)
                corpus.rhythms.append(rhythm)
                corpus.modes.append(beatmap.mode)
    return corpus


def batch_of(parts: Sequence[tuple[Rhythm, slice]], speeds: Sequence[float] | None = None) -> RhythmBatch:
    """Return parts of rhythms as rows, each played at a speed.

    Intervals before a part are unknown.
    """
    speeds = speeds or [1.0] * len(parts)

    def rows(values: Sequence[np.ndarray], padding: float) -> Tensor:
        return pad_sequence([torch.from_numpy(value) for value in values], True, padding)

    def shift(values: np.ndarray, nothing: float) -> np.ndarray:
        return np.concatenate([np.array([nothing], dtype=values.dtype), values[:-1]])

    def scale_by_speed(values: np.ndarray, speed: float) -> np.ndarray:
        return (values / speed).astype(np.float32)

    each = list(zip(parts, speeds, strict=True))
    inputs = RhythmInputs(
        previous=rows([shift(r.classes[part], len(INTERVALS)) for (r, part), _ in each], len(INTERVALS)),
        phases=rows([r.phases[part] for (r, part), _ in each], 0),
        beats=rows([r.beats[part] for (r, part), _ in each], 0),
        lengths_ms=rows([shift(scale_by_speed(r.lengths_ms[part], speed), 0.0) for (r, part), speed in each], 0.0),
        beat_ms=rows([scale_by_speed(r.beat_ms[part], speed) for (r, part), speed in each], 0.0),
    )
    return RhythmBatch(inputs, rows([r.classes[part] for (r, part), _ in each], IGNORED))
