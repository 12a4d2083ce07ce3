"""Red lines for a song: given ones, or those that the model hears."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from osu_beatmap.beat_activation import fit_from_activation
from osu_beatmap.beat_fit import Beats, fit_red_lines
from osu_beatmap.model import Beatmap, GameMode, TimingPoint
from osuT5.encoding import encode_context
from osuT5.encoding.timing import decode_timing
from osuT5.events import ContextKind, EventGroup
from osuT5.model.config import FRAME_CHANNELS
from osuT5.spec import ModelSpec


def red_lines_from(
    groups: Sequence[EventGroup], activations: np.ndarray | None, spec: ModelSpec, song_ms: float
) -> list[TimingPoint]:
    """The fewest red lines that explain the beats that the model wrote.

    The beats decide tempo, octave and changes; the frame heads, where there are, the exact phase and tempo.
    """
    marked = decode_timing(groups)
    beats = Beats(
        times_ms=np.array([beat.time_ms for beat in marked], dtype=np.float64),
        is_measure=np.array([beat.starts_bar for beat in marked], dtype=bool),
        is_timing_point=np.array([beat.starts_tempo for beat in marked], dtype=bool),
        resolution_ms=spec.grid.time_step_ms,
    )
    if activations is None:
        return fit_red_lines(beats, song_ms)
    lead_ms = spec.audio_lead_ms
    heard = replace(beats, times_ms=beats.times_ms + lead_ms)
    beat, downbeat = (activations[:, FRAME_CHANNELS.index(name)] for name in ("beat", "downbeat"))
    lines = fit_from_activation(beat, downbeat, spec.grid.frame_ms, heard if len(marked) >= 4 else None)
    return [_earlier(line, lead_ms) for line in lines]


def _earlier(line: TimingPoint, lead_ms: float) -> TimingPoint:
    """The line moved from when its beat is heard to when objects are; a whole bar later rather than before 0 ms."""
    time_ms = round(line.time_ms - lead_ms)
    if time_ms < 0:
        time_ms = round(line.time_ms - lead_ms + line.meter * line.beat_length_ms)
    return replace(line, time_ms=float(time_ms))


def timing_groups(lines: Sequence[TimingPoint], spec: ModelSpec, song_ms: float) -> list[EventGroup]:
    """The beats of red lines as the model reads them, to the end of the song."""
    bare = Beatmap(mode=GameMode.STANDARD, timing_points=list(lines))
    return encode_context(bare, ContextKind.TIMING, spec.encoding, song_ms)
