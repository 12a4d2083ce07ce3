"""Rules of all modes on timing lines."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from osu_beatmap.beatmap import GameMode, Slider
from osu_beatmap.rules.chart import Chart
from osu_beatmap.rules.finding import Finding, problem, warning

MIN_VOLUME, MAX_VOLUME = 5, 100
MAX_KIAI_OFF_BEAT_MS = 10.0
MAX_BEFORE_SV_LINE_MS = 5.0
MAX_BPM = 1000.0
MIN_SV_CHANGE_BPM = 1.0
"""Smaller changes of the effective tempo (BPM times slider velocity) are not noticed by players."""


def no_red_line(chart: Chart) -> Iterator[Finding]:
    """Report a map without a tempo."""
    if not chart.has_tempo:
        yield problem("no_red_line", None, "The map has no red line, so it has no tempo.")


def beat_length(chart: Chart) -> Iterator[Finding]:
    """Report red lines whose beats do not last longer than 0 ms."""
    for line in chart.lines:
        if line.stated_beat_length_ms is not None:
            message = f"The beat length of the red line is {line.stated_beat_length_ms:g} ms; osu! plays it at 6 ms."
            yield problem("beat_length", line.time_ms, message)


def tempo(chart: Chart) -> Iterator[Finding]:
    """Report red lines with a tempo that no song has."""
    for line in chart.lines:
        if line.uninherited and line.stated_beat_length_ms is None and line.bpm > MAX_BPM:
            yield warning("tempo", line.time_ms, f"The red line has {line.bpm:.0f} BPM, more than any song.")


def meter(chart: Chart) -> Iterator[Finding]:
    """Report bars of less than one beat or of too many."""
    for line in chart.lines:
        if line.stated_meter is not None:
            outcome = f"osu! counts {line.meter}" if line.stated_meter <= 0 else f"here {line.meter} are counted"
            message = f"The red line has {line.stated_meter} beats in a bar; {outcome}."
            yield warning("meter", line.time_ms, message)


def first_line(chart: Chart) -> Iterator[Finding]:
    """Report a first line that is not red or starts a kiai."""
    if not chart.lines or not chart.has_tempo:
        return
    line = chart.lines[0]
    if not line.uninherited:
        yield problem(
            "first_line", line.time_ms, "The first timing point is green, so nothing sets the tempo before it."
        )
    elif line.kiai:
        yield problem("first_line", line.time_ms, "The first timing point starts kiai time.")


def duplicate_lines(chart: Chart) -> Iterator[Finding]:
    """Report two timing points of one kind at one time."""
    for line, following in pairwise(chart.lines):
        if (line.time_ms, line.uninherited) == (following.time_ms, following.uninherited):
            colour = "red" if line.uninherited else "green"
            yield problem("duplicate_lines", line.time_ms, f"There are two {colour} lines at the same time.")


def lines_outside_audio(chart: Chart) -> Iterator[Finding]:
    """Report timing points before or after the audio."""
    for line in chart.lines:
        if line.time_ms < 0:
            yield problem("lines_outside_audio", line.time_ms, "A timing point is before the start of the audio.")
        elif chart.audio_ms is not None and line.time_ms > chart.audio_ms:
            yield problem("lines_outside_audio", line.time_ms, "A timing point is after the end of the audio.")


def volume(chart: Chart) -> Iterator[Finding]:
    """Report volumes outside 5..100 %.

    The volumes are those of lines, and of objects that set their own.
    """
    for line in chart.lines:
        if not MIN_VOLUME <= line.volume <= MAX_VOLUME:
            yield problem("volume", line.time_ms, f"The volume of a timing point is {line.volume} %, outside 5..100 %.")
    for index, hit_object in zip(chart.indices, chart.objects, strict=True):
        own = hit_object.sample.volume
        if own != 0 and not MIN_VOLUME <= own <= MAX_VOLUME:
            message = f"The object sets its own volume to {own} %, outside 5..100 %."
            yield problem("volume", hit_object.time_ms, message, index)


def kiai_off_beat(chart: Chart) -> Iterator[Finding]:
    """Report kiai times that do not start on a beat."""
    if not chart.has_tempo:
        return
    in_kiai = False
    for place, line in enumerate(chart.lines):
        if place + 1 < len(chart.lines) and chart.lines[place + 1].time_ms == line.time_ms:
            continue  # of several lines at one time the last one decides
        if line.kiai and not in_kiai:
            off_ms = abs(line.time_ms - chart.timing.snap(line.time_ms, 1))
            if off_ms >= MAX_KIAI_OFF_BEAT_MS:
                yield warning("kiai_off_beat", line.time_ms, f"Kiai time starts {off_ms:.0f} ms off the beat.")
        in_kiai = line.kiai


def just_before_sv_line(chart: Chart) -> Iterator[Finding]:
    """Report objects a few ms before a change of slider velocity.

    They do not get the new velocity. In taiko and mania the velocity moves every object, elsewhere only sliders.
    """
    times_ms = np.array([line.time_ms for line in chart.lines])
    if not chart.has_tempo or not len(times_ms):
        return
    moves_all = chart.beatmap.mode in (GameMode.TAIKO, GameMode.MANIA)
    following = np.searchsorted(times_ms, chart.start_ms, side="right")
    gap_ms = np.append(times_ms, np.inf)[following] - chart.start_ms
    for place in np.flatnonzero(gap_ms <= MAX_BEFORE_SV_LINE_MS):
        hit_object = chart.objects[place]
        if not moves_all and not isinstance(hit_object, Slider):
            continue
        line_ms = chart.lines[following[place]].time_ms
        if abs(_effective_bpm(chart, line_ms) - _effective_bpm(chart, hit_object.time_ms)) > MIN_SV_CHANGE_BPM:
            message = f"The {chart.kind(place)} is {gap_ms[place]:.0f} ms before a line that changes its velocity."
            yield warning("just_before_sv_line", hit_object.time_ms, message, chart.indices[place])


def _effective_bpm(chart: Chart, time_ms: float) -> float:
    return chart.timing.sv_at(time_ms) * 60_000.0 / chart.timing.beat_length_at(time_ms)
