"""Texts about red lines off the music or off their objects.

In the first case the objects are with the line.
"""

from __future__ import annotations

from modding.fixes import retime_line, shift_stretch
from modding.observation.audio_timing import Stretch
from modding.observation.downbeats import BarFit
from modding.observation.line_fit import LineFit
from modding.report.suggestion_text import SuggestionText
from osu_beatmap.beatmap import Beatmap
from osu_beatmap.editor_notation import clock

SAME_TIME_MS = 20.0


def stretch_words(stretch: Stretch, beatmap: Beatmap) -> SuggestionText:
    until, bpm = clock(stretch.end_ms), stretch.red.bpm
    if stretch.drift:
        heard_bpm = bpm / (1 + stretch.drift)
        pace = f"{abs(stretch.drift):.2%} {'slower' if stretch.drift > 0 else 'faster'} than the red line"
        message = f"Up to {until} the music is {pace}: about {heard_bpm:.2f} BPM instead of {bpm:.2f}."
        return SuggestionText(message, f"{bpm:.2f} BPM", f"{heard_bpm:.2f} BPM", end_time_ms=stretch.end_ms)
    off_ms = round(stretch.offset_ms)
    side = "early" if off_ms > 0 else "late"
    message = f"Red line and objects up to {until} are about {abs(off_ms)} ms {side} relative to the music."
    fix = shift_stretch(*stretch.lines_ms, off_ms, f"move lines and objects by {off_ms:+} ms")
    fix = fix if _is_whole(stretch, beatmap) else None
    return SuggestionText(message, f"{-off_ms:+} ms", "0 ms", fix, end_time_ms=stretch.end_ms)


def _is_whole(stretch: Stretch, beatmap: Beatmap) -> bool:
    """Return whether a section has all objects of its lines.

    They can then be moved together.
    """
    low_ms, high_ms = stretch.lines_ms
    times_ms = [obj.time_ms for obj in beatmap.hit_objects if low_ms <= obj.time_ms < high_ms]
    return stretch.start_ms <= min(times_ms) + SAME_TIME_MS and max(times_ms) - SAME_TIME_MS <= stretch.end_ms


def bar_words(fit: BarFit) -> SuggestionText:
    """Return the text about misplaced bars.

    The first red line may move either way; a later one forward only, or it would take beats of the one before.
    """
    start, beats = clock(fit.start_ms), abs(fit.beats_late)
    side = "late" if fit.beats_late > 0 else "early"
    message = f"The downbeat is {beats:g} beat{'s' if beats > 1 else ''} {side} from {start} on."
    return SuggestionText(message, f"{beats:g} {side}", "on the downbeat", None, fit.red.time_ms, fit.end_ms)


def line_words(fit: LineFit) -> SuggestionText:
    """Return the text about a red line off its objects.

    The mapper has to judge which of the two is wrong; moving the line is the smaller change.
    """
    red, until, bpm = fit.red, clock(fit.end_ms), fit.red.bpm
    objects = f"The objects of this red line up to {until}"
    off_ms = round(fit.offset_ms)
    if fit.drift:
        fitting_bpm = bpm / (1 + fit.drift)
        message = f"{objects} drift off its ticks; they are on those of {fitting_bpm:.2f} BPM instead of {bpm:.2f}."
        fix = retime_line(red.time_ms, off_ms, 1 + fit.drift, f"set the tempo to {fitting_bpm:.2f} BPM")
        return SuggestionText(message, f"{bpm:.2f} BPM", f"{fitting_bpm:.2f} BPM", fix, red.time_ms, fit.end_ms)
    side = "after" if off_ms > 0 else "before"
    message = f"{objects} are all {abs(off_ms)} ms {side} its ticks."
    fix = retime_line(red.time_ms, off_ms, 1.0, f"move the red line by {off_ms:+} ms")
    return SuggestionText(message, clock(red.time_ms), clock(red.time_ms + off_ms), fix, red.time_ms, fit.end_ms)
