"""Red lines for a song: given ones, or those that the model hears."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from beat_tracking.activation import fit_from_activation
from beat_tracking.red_line_fit import Beats, fit_red_lines
from beat_tracking.votes import merge_votes
from osu_beatmap.beatmap import Beatmap, GameMode, TimingPoint
from osu_beatmap.timing.active_point import Timing
from osuT5.encoding import encode_context
from osuT5.encoding.timing import MarkedBeat, decode_timing
from osuT5.generation.audio_encoder import Progress
from osuT5.generation.super_timing import SuperTimer
from osuT5.model.config import FRAME_CHANNELS
from osuT5.tokens.contract import Contract
from osuT5.tokens.events import ContextKind, EventGroup

QUICK_PASSES = 6
"""Without super timing: they take as long as one pass of overlapping windows, and get twice as many tempi right."""

PASSES_STAGE = "passes for the timing"

FIRST_FIT_PASSES = 4
UNCHANGED_PASSES = 3
"""Passes that have to confirm what was found before."""

PATIENT_PASSES = 12
"""After so many, one that confirms the last will do: what has not settled by then hardly does."""

SAME_BEAT_MS, SAME_SHARE = 2.0, 0.95
"""Two ways to time a song are the same where that share of the beats is that near to each other."""


def red_lines_from(
    groups: Sequence[EventGroup],
    activations: np.ndarray | None,
    spec: Contract,
    song_ms: float,
    attacks: np.ndarray | None = None,
) -> list[TimingPoint]:
    """The fewest red lines that explain the beats that the model wrote."""
    return _lines_of(_beats_of(decode_timing(groups), spec), activations, attacks, spec, song_ms)


def quickly_timed_red_lines(timer: SuperTimer, progress: Progress | None = None) -> list[TimingPoint]:
    """The red lines that a few passes over a song agree on."""
    for number in range(1, QUICK_PASSES + 1):
        timer.listen()
        if progress is not None:
            progress(PASSES_STAGE, number, QUICK_PASSES)
    return _agreed_lines(timer)


def super_timed_red_lines(timer: SuperTimer, passes: int, progress: Progress | None = None) -> list[TimingPoint]:
    """The red lines that up to so many passes over a song agree on; fewer where more change nothing."""
    lines: list[TimingPoint] = []
    unchanged = 0
    for number in range(1, passes + 1):
        timer.listen()
        if progress is not None:
            progress(PASSES_STAGE, number, passes)
        if number < min(passes, FIRST_FIT_PASSES):
            continue
        found = _agreed_lines(timer)
        unchanged = unchanged + 1 if _same(found, lines, timer.listener.song_ms) else 0
        lines = found
        if unchanged >= (UNCHANGED_PASSES if number < PATIENT_PASSES else 1):
            break
    return lines


def _agreed_lines(timer: SuperTimer) -> list[TimingPoint]:
    listener = timer.listener
    votes = merge_votes([_beats_of(marked, listener.spec) for marked in timer.passes], listener.song_ms)
    return _lines_of(votes, timer.activations.mean(), listener.attack_strengths, listener.spec, listener.song_ms)


def _beats_of(marked: Iterable[MarkedBeat], spec: Contract) -> Beats:
    beats = [(beat.time_ms, beat.starts_bar, beat.starts_tempo) for beat in marked]
    times_ms, bars, tempi = np.array(beats, dtype=np.float64).reshape(-1, 3).T
    return Beats(times_ms, bars.astype(bool), tempi.astype(bool), resolution_ms=spec.grid.time_step_ms)


def _lines_of(
    beats: Beats, activations: np.ndarray | None, attacks: np.ndarray | None, spec: Contract, song_ms: float
) -> list[TimingPoint]:
    """Beats decide tempo, octave and changes; the frame heads, where there are, the exact phase and tempo."""
    if activations is None:
        return fit_red_lines(beats, song_ms)
    lead_ms = spec.audio_lead_ms
    heard = replace(beats, times_ms=beats.times_ms + lead_ms)
    beat, downbeat = (activations[:, FRAME_CHANNELS.index(name)] for name in ("beat", "downbeat"))
    listened = heard if len(beats.times_ms) >= 4 else None
    lines = fit_from_activation(beat, downbeat, spec.grid.frame_ms, listened, attack_strengths=attacks)
    return [_earlier(line, lead_ms) for line in lines]


def _same(lines: Sequence[TimingPoint], others: Sequence[TimingPoint], song_ms: float) -> bool:
    """Whether two lists of red lines have the same beats, all but a few; they may have them by different lines."""
    if not lines or not others or lines[0].meter != others[0].meter:
        return False
    start_ms = max(lines[0].time_ms, others[0].time_ms) - SAME_BEAT_MS
    ours_ms, theirs_ms = (
        np.array([beat.time_ms for beat in Timing(each).beats(start_ms, song_ms)]) for each in (lines, others)
    )
    if min(len(ours_ms), len(theirs_ms)) < 2 or abs(len(ours_ms) - len(theirs_ms)) > 1:
        return False
    after = np.clip(np.searchsorted(theirs_ms, ours_ms), 1, len(theirs_ms) - 1)
    distances_ms = np.minimum(np.abs(theirs_ms[after] - ours_ms), np.abs(theirs_ms[after - 1] - ours_ms))
    return bool(np.mean(distances_ms <= SAME_BEAT_MS) >= SAME_SHARE)


def _earlier(line: TimingPoint, lead_ms: float) -> TimingPoint:
    """The line moved from when its beat is heard to when objects are; a whole bar later rather than before 0 ms."""
    time_ms = round(line.time_ms - lead_ms)
    if time_ms < 0:
        time_ms = round(line.time_ms - lead_ms + line.meter * line.beat_length_ms)
    return replace(line, time_ms=float(time_ms))


def timing_groups(lines: Sequence[TimingPoint], spec: Contract, song_ms: float) -> list[EventGroup]:
    """The beats of red lines as the model reads them, to the end of the song."""
    bare = Beatmap(mode=GameMode.STANDARD, timing_points=list(lines))
    return encode_context(bare, ContextKind.TIMING, spec.encoding, song_ms)
