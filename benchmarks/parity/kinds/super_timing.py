"""super_timing/: beats of many passes over a song, and their result.

`<case>.json`: numpy's seed, the passes with the audio that each was given and the events that it wrote, the events that
came out, and the red lines fitted to those; or, for a song without beats, only how the original fails.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np

from beat_tracking.red_line_fit import Beats
from benchmarks.parity.cases import Named, Outcome, Verdict, identical
from benchmarks.parity.events import convert_beats, events_of, read_encoding
from benchmarks.parity.folders import read_json
from osu_beatmap.files.timing_point_lines import parse_timing_line
from osuT5.encoding.groups import groups_from_events
from osuT5.encoding.timing import decode_timing
from parity.beat_fit import fit_red_lines_as_published
from parity.super_timing import beats_of_passes_as_published, pass_offsets_ms

SAMPLE_RATE = 16_000
WINDOW_MS = 8184.0
SONG_MS = 30_000
"""What the files do not say: they are of V29 and a song of 30 s."""

LENIENCY_MS = 3.0
LIMIT_MS = 1e-4


def cases(folder: Path) -> Named:
    for path in sorted(folder.glob("*.json")):
        data = read_json(path)
        if "fed" not in data:
            yield path.stem, partial(_drop_beats, data)
            continue
        yield f"{path.stem} offsets", partial(_compare_offsets, data)
        yield f"{path.stem} beats", partial(_compare_beats, data)
        yield f"{path.stem} lines", partial(_compare_lines, data)


def _drop_beats(data: dict) -> Outcome:
    """Check a song without beats: the original fails.

    This program returns no beats.
    """
    found = beats_of_passes_as_published([], SONG_MS)
    verdict = Verdict.DIFFERS if len(found.times_ms) else Verdict.ARGUED
    return verdict, "no beats", f"the original fails ({data['result'].partition(':')[0]})"


def _compare_offsets(data: dict) -> Outcome:
    ours = pass_offsets_ms(np.random.RandomState(data["np_seed"]), data["iterations"], WINDOW_MS)
    return identical(ours, [_offset_ms(fed) for fed in data["fed"]])


def _offset_ms(fed: dict) -> int:
    """Return the delay of a pass's audio after the song."""
    samples = fed["begin_pad_samples"] - fed["removed_samples"]
    assert samples * 1000 % SAMPLE_RATE == 0, "offsets are whole milliseconds"
    return samples * 1000 // SAMPLE_RATE


def _compare_beats(data: dict) -> Outcome:
    ours = _beats(data)
    names = np.where(ours.is_timing_point, "timing_point", np.where(ours.is_measure, "measure", "beat"))
    events = data["out_events"]
    theirs = [(kind, time_ms) for (kind, _), (_, time_ms) in zip(events[::2], events[1::2], strict=True)]
    return identical(list(zip(names.tolist(), ours.times_ms.astype(int).tolist(), strict=True)), theirs)


def _compare_lines(data: dict) -> Outcome:
    """Compare the red lines of beats as text.

    They have times, beat lengths and meters.
    """
    ours = fit_red_lines_as_published(_beats(data), LENIENCY_MS)
    theirs = [parse_timing_line(line, 14) for line in data["timing_points"]]
    if [line.meter for line in ours] != [line.meter for line in theirs]:
        return Verdict.DIFFERS, "", f"{len(ours)} lines, not {len(theirs)}, or of other meters"
    errors = [
        max(abs(own.time_ms - other.time_ms), abs(own.beat_length_ms - other.beat_length_ms))
        for own, other in zip(ours, theirs, strict=True)
    ]
    return (Verdict.OK if max(errors) <= LIMIT_MS else Verdict.DIFFERS), f"{max(errors):.1e} ms", ""


def _beats(data: dict) -> Beats:
    return beats_of_passes_as_published(
        [_pass_beats(fed) for fed in data["fed"]], SONG_MS, data["bpm_change_threshold"]
    )


def _pass_beats(fed: dict) -> Beats:
    marked = decode_timing(groups_from_events(events_of(fed["events"]), read_encoding("v29"))[0])
    return convert_beats(marked, _offset_ms(fed))
