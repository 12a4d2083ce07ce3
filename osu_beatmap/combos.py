"""Combo numbers: what stands on the circles, and how the editor names objects."""

from __future__ import annotations

from osu_beatmap.model import Beatmap, Spinner


def combo_numbers(beatmap: Beatmap) -> list[int]:
    """The number of each object in its combo, from 1.

    A combo begins at the first object, where an object says so, at a spinner, and after a spinner or a break.
    Source: the wiki page "Beatmapping/Combo", and the public source of osu!lazer for spinners.
    """
    numbers: list[int] = []
    breaks = sorted(pause.start_ms for pause in beatmap.breaks)
    passed = 0
    before = None
    for obj in beatmap.hit_objects:
        follows_break = passed < len(breaks) and breaks[passed] <= obj.time_ms
        while passed < len(breaks) and breaks[passed] <= obj.time_ms:
            passed += 1
        begins = before is None or obj.new_combo or isinstance(obj, Spinner) or isinstance(before, Spinner)
        numbers.append(1 if begins or follows_break else numbers[-1] + 1)
        before = obj
    return numbers
