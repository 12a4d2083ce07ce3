"""Timing of a song: given or predicted red lines."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from beat_tracking.activation import fit_from_activation
from beat_tracking.red_line_fit import Beats, fit_red_lines
from beat_tracking.votes import merge_votes
from feedback.progress import Progress, Stage, silent
from osu_beatmap.beatmap import Beatmap, GameMode, TimingPoint
from osu_beatmap.timing.active_point import Timing
from osuT5.encoding import encode_context
from osuT5.encoding.timing import MarkedBeat, decode_timing
from osuT5.generation.activations import song_activations
from osuT5.generation.chart_state import ChartState
from osuT5.generation.sampling.sampler import Sampling
from osuT5.generation.super_timing import SuperTimer
from osuT5.generation.window_schedule import SongGenerator
from osuT5.model.files.find import ModelFolders
from osuT5.model.frame_channels import FRAME_CHANNELS
from osuT5.tokens.contract import Contract
from osuT5.tokens.events import ContextKind, EventGroup
from pipeline.generation.map_model.rhythm import SongRhythm
from pipeline.generation.models import song_writer
from pipeline.generation.reference.reference_parts import copy_red_lines
from pipeline.request.options import GenerationRequest, RequestError

QUICK_PASSES = 6
"""Passes without super timing: as slow as one pass of overlapping windows, with twice as many correct tempi."""

FIRST_FIT_PASSES = 4
UNCHANGED_PASSES = 3
"""Passes that must confirm the red lines found before."""

PATIENT_PASSES = 12
"""Passes after which one confirmation is enough: red lines that still change rarely settle."""

STEADY_CONFIDENCE = 0.2
"""Confidence of red lines below which no steady beat was found, and timing is uncertain."""

BEAT_CONFIDENCE = 0.08
"""Confidence of red lines below which no map is generated on them.

Silence, noise, drones, sweeps and syllables have at most 0.06; of 124 songs, all but one of 45 red lines at least 0.12.
"""

SAME_BEAT_MS, SAME_SHARE = 2.0, 0.95
"""Two timings of a song are equal if this fraction of their beats is at most so far apart."""


def red_lines_from(
    groups: Sequence[EventGroup],
    activations: np.ndarray | None,
    contract: Contract,
    song_ms: float,
    attacks: np.ndarray | None = None,
) -> list[TimingPoint]:
    """Fit the fewest red lines that explain the decoded beats."""
    return _lines_of(_beats_of(decode_timing(groups), contract), activations, attacks, contract, song_ms)


def quickly_timed_red_lines(timer: SuperTimer, progress: Progress = silent) -> list[TimingPoint]:
    """Predict red lines from a few passes over the song."""
    for number in range(1, QUICK_PASSES + 1):
        timer.decode_pass()
        progress(Stage.TIMING_PASSES, number, QUICK_PASSES)
    return _vote_on_lines(timer)


def super_timed_red_lines(timer: SuperTimer, passes: int, progress: Progress = silent) -> list[TimingPoint]:
    """Predict red lines from up to `passes` passes; stop when they settle."""
    lines: list[TimingPoint] = []
    unchanged = 0
    for number in range(1, passes + 1):
        timer.decode_pass()
        progress(Stage.TIMING_PASSES, number, passes)
        if number < min(passes, FIRST_FIT_PASSES):
            continue
        found = _vote_on_lines(timer)
        unchanged = unchanged + 1 if _is_same(found, lines, timer.listener.song_ms) else 0
        lines = found
        if unchanged >= (UNCHANGED_PASSES if number < PATIENT_PASSES else 1):
            break
    return lines


def _vote_on_lines(timer: SuperTimer) -> list[TimingPoint]:
    listener = timer.listener
    votes = merge_votes([_beats_of(marked, listener.spec) for marked in timer.passes], listener.song_ms)
    activations = timer.activations.mean()
    attacks = None if activations is None else listener.attack_strengths
    return _lines_of(votes, activations, attacks, listener.spec, listener.song_ms)


def _beats_of(marked: Iterable[MarkedBeat], contract: Contract) -> Beats:
    beats = [(beat.time_ms, beat.starts_bar, beat.starts_tempo) for beat in marked]
    times_ms, bars, tempi = np.array(beats, dtype=np.float64).reshape(-1, 3).T
    return Beats(times_ms, bars.astype(bool), tempi.astype(bool), resolution_ms=contract.grid.time_step_ms)


def _lines_of(
    beats: Beats, activations: np.ndarray | None, attacks: np.ndarray | None, contract: Contract, song_ms: float
) -> list[TimingPoint]:
    """Fit red lines to beats.

    Beats decide tempo, octave and changes. Frame heads, if present, decide the exact phase and tempo.
    """
    if activations is None:
        return fit_red_lines(beats, song_ms)
    lead_ms = contract.audio_lead_ms
    heard = replace(beats, times_ms=beats.times_ms + lead_ms)
    beat, downbeat = (activations[:, FRAME_CHANNELS.index(name)] for name in ("beat", "downbeat"))
    listened = heard if len(beats.times_ms) >= 4 else None
    lines = fit_from_activation(beat, downbeat, contract.grid.frame_ms, listened, attack_strengths=attacks)
    return [_earlier(line, lead_ms) for line in lines]


def _is_same(lines: Sequence[TimingPoint], others: Sequence[TimingPoint], song_ms: float) -> bool:
    """Return whether two lists of red lines have nearly the same beats."""
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
    """Move a red line from the sound to its objects.

    It moves a bar later rather than before 0 ms.
    """
    time_ms = round(line.time_ms - lead_ms)
    if time_ms < 0:
        time_ms = round(line.time_ms - lead_ms + line.meter * line.beat_length_ms)
    return replace(line, time_ms=float(time_ms))


def timing_groups(lines: Sequence[TimingPoint], contract: Contract, song_ms: float) -> list[EventGroup]:
    """Encode the beats of red lines, to the end of the song."""
    bare = Beatmap(mode=GameMode.STANDARD, timing_points=list(lines))
    return encode_context(bare, ContextKind.TIMING, contract.encoding, song_ms)


def find_timing(
    request: GenerationRequest,
    reference: Beatmap | None,
    writer: SongGenerator,
    folders: ModelFolders,
    chart: ChartState,
    sampling: Sampling,
    rhythm: SongRhythm | None,
) -> list[TimingPoint]:
    """Return the given red lines, else predict them."""
    if ContextKind.TIMING in request.scope.in_context:
        return copy_red_lines(reference)
    if folders.has_separate_timing:
        writer = song_writer(request, folders.root, progress=writer.progress)
        rhythm = SongRhythm.of(writer, folders.root)
        # Other output of that model is not part of the map, and it may support other inputs.
        chart = replace(chart, contexts={}, inputs=())
    return predict_red_lines(request, writer, chart, sampling, rhythm)


def predict_red_lines(
    request: GenerationRequest,
    writer: SongGenerator,
    chart: ChartState,
    sampling: Sampling,
    rhythm: SongRhythm | None,
) -> list[TimingPoint]:
    """Predict the red lines, with super timing if requested.

    Those of the bundled model depend on the audio alone, so that all maps of a song share them.
    """
    return rhythm.timing.lines if rhythm is not None else _predict_beats(request, writer, chart, sampling)


def has_steady_beat(confidences: Sequence[float]) -> bool:
    """Return whether a red line has a steady beat.

    This is also true if none was predicted.
    """
    return not confidences or max(confidences) >= STEADY_CONFIDENCE


def timing_notes(confidences: Sequence[float]) -> list[str]:
    """Return a note if no predicted red line has a steady beat."""
    if has_steady_beat(confidences):
        return []
    return [
        f"No steady beat was found in this song, so its timing is uncertain (confidence {max(confidences):.2f} of 1): "
        "check the red lines in the editor."
    ]


def check_beat(confidences: Sequence[float]) -> None:
    """Raise RequestError if red lines were predicted without any beat."""
    if confidences and max(confidences) < BEAT_CONFIDENCE:
        raise RequestError(
            f"No beat was found in this song (confidence {max(confidences):.2f} of 1, at least {BEAT_CONFIDENCE} is "
            "needed): give a map with its timing, by beatmap_path=timed.osu and in_context=[TIMING]; "
            "output_type=[TIMING] writes the uncertain red lines."
        )


def _predict_beats(
    request: GenerationRequest, writer: SongGenerator, chart: ChartState, sampling: Sampling
) -> list[TimingPoint]:
    if not request.scope.super_timing:
        return predict_timing(writer, chart, sampling)
    if ContextKind.TIMING not in writer.spec.vocabulary.contexts:
        raise RequestError("super_timing=true needs a model that decodes timing separately from objects.")
    find = partial(super_timed_red_lines, passes=request.scope.timer_iterations)
    return _merge_passes(writer, chart, sampling, find)


def _merge_passes(
    writer: SongGenerator, chart: ChartState, sampling: Sampling, find: Callable[..., list[TimingPoint]]
) -> list[TimingPoint]:
    timer = SuperTimer(writer.listener, chart.attributes, sampling, chart.seed)
    lines = find(timer, progress=writer.progress)
    writer.report.tokens += timer.tokens
    return lines


def predict_timing(writer: SongGenerator, chart: ChartState, sampling: Sampling) -> list[TimingPoint]:
    """Predict the red lines of a song without super timing.

    A model with beats among its objects has then decoded the map too.

    Models with frame heads run a few passes of independent windows. A window that reads the previous one continues its
    tempo, right or wrong, and the overlaps of such windows cost as much.
    """
    has_frame_heads = writer.model.frame_heads is not None
    if has_frame_heads and ContextKind.TIMING in writer.spec.vocabulary.contexts:
        return _merge_passes(writer, chart, sampling, quickly_timed_red_lines)
    beats_in = ContextKind.MAP if writer.spec.encoding.timing_in_map else ContextKind.TIMING
    (groups,) = writer.write_context(beats_in, [chart], sampling)
    if beats_in is ContextKind.MAP:
        chart.contexts[beats_in] = groups
    activations = song_activations(writer.model, writer.spec, writer.encoder_states, writer.windows, writer.song_ms)
    attacks = None if activations is None else writer.listener.attack_strengths
    return red_lines_from(groups, activations, writer.spec, writer.song_ms, attacks)
