"""Combos: numbers on circles, by which the editor names objects; colours.

Colours distinguish combos.
"""

from __future__ import annotations

from osu_beatmap.beatmap import Beatmap, Spinner


def combo_numbers(beatmap: Beatmap) -> list[int]:
    """Return the number of each object in its combo, from 1.

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


def combo_colour_indices(beatmap: Beatmap) -> list[int]:
    """Return the combo colour of each object, as an increasing index.

    Take it modulo the number of colours. Each combo takes the next colour, or skips as many as its first object states.
    A spinner has no colour: its skips count for the object after it. Source: the public source of osu!lazer.
    """
    indices: list[int] = []
    index = -1
    for obj, number in zip(beatmap.hit_objects, combo_numbers(beatmap), strict=True):
        if number == 1:
            index += obj.combo_skip + (0 if isinstance(obj, Spinner) and indices else 1)
        indices.append(index)
    return indices
