"""Numbers: unusable ones go, others come within the rules' limits.

Unusable ones are those that osu! refuses.
"""

from __future__ import annotations

import math
from dataclasses import fields, replace

from osu_beatmap.beatmap import Beatmap, Difficulty, GameMode, HitObject, Slider, TimingPoint
from osu_beatmap.rules.lines import MAX_VOLUME, MIN_VOLUME
from osu_beatmap.rules.numbers import is_usable_line, is_usable_object
from osu_beatmap.rules.settings import MAX_KEYS, MAX_SETTING, MIN_KEYS, SETTINGS
from osu_beatmap.timing.active_point import MAX_SLIDER_MULTIPLIER, MIN_SLIDER_MULTIPLIER
from pipeline.finishing.report import FinishReport

FALLBACK_LINE = TimingPoint(0.0, 500.0)
"""For a draft without any tempo: 120 beats per minute."""

MIN_TICK_RATE, MAX_TICK_RATE = 0.5, 8.0
DEFAULT_STACK_LENIENCY = 0.7


def with_usable_numbers(draft: Beatmap, report: FinishReport) -> Beatmap:
    """Return the draft without unusable objects, lines and settings.

    osu! refuses their numbers.
    """
    objects = [_sound_object(obj) for obj in draft.hit_objects if is_usable_object(obj) and _has_path(obj)]
    lines = [line for line in draft.timing_points if is_usable_line(line)]
    report.count("objects without usable numbers", len(draft.hit_objects) - len(objects))
    report.count("lines without usable numbers", len(draft.timing_points) - len(lines))
    if not any(line.uninherited for line in lines):
        lines = [FALLBACK_LINE, *lines]
        report.count("missing tempo")
    lines = [replace(line, volume=clamp(line.volume, MIN_VOLUME, MAX_VOLUME)) for line in lines]
    return replace(
        draft,
        hit_objects=objects,
        timing_points=lines,
        difficulty=sound_difficulty(draft, report),
        preview_time_ms=draft.preview_time_ms if 0 <= draft.preview_time_ms < math.inf else -1.0,
        audio_lead_in_ms=draft.audio_lead_in_ms if 0 <= draft.audio_lead_in_ms < math.inf else 0.0,
        stack_leniency=draft.stack_leniency if 0 <= draft.stack_leniency <= 1 else DEFAULT_STACK_LENIENCY,
    )


def sound_difficulty(draft: Beatmap, report: FinishReport) -> Difficulty:
    """Return settings within the limits.

    The four that the rules name have one decimal, keys are whole.
    """
    defaults = Difficulty()
    given = {setting.name: getattr(draft.difficulty, setting.name) for setting in fields(Difficulty)}
    values = {name: float(value) if math.isfinite(value) else getattr(defaults, name) for name, value in given.items()}
    for name in SETTINGS.values():
        values[name] = round(clamp(values[name], 0.0, MAX_SETTING if name != "circle_size" else MAX_KEYS), 1)
    if draft.mode is GameMode.MANIA:
        values["circle_size"] = float(clamp(round(values["circle_size"]), MIN_KEYS, MAX_KEYS))
    else:
        values["circle_size"] = min(values["circle_size"], MAX_SETTING)
    multiplier = clamp(values["slider_multiplier"], MIN_SLIDER_MULTIPLIER, MAX_SLIDER_MULTIPLIER)
    values["slider_multiplier"] = multiplier
    values["slider_tick_rate"] = clamp(values["slider_tick_rate"], MIN_TICK_RATE, MAX_TICK_RATE)
    report.count("settings", sum(values[name] != value for name, value in given.items()))
    return Difficulty(**values)


def clamp(value: float, low: float, high: float) -> float:
    return min(max(value, low), high)


def _has_path(obj: HitObject) -> bool:
    return not isinstance(obj, Slider) or any(segment.points for segment in obj.segments)


def _sound_object(obj: HitObject) -> HitObject:
    volume = obj.sample.volume
    sample = replace(obj.sample, volume=0 if volume <= 0 else clamp(volume, MIN_VOLUME, MAX_VOLUME))
    if not isinstance(obj, Slider):
        return replace(obj, sample=sample)
    slides = max(1, obj.slides)
    return replace(obj, sample=sample, slides=slides, segments=[s for s in obj.segments if s.points])
