"""Requested number of scroll speed changes.

The smallest are undone, or new ones are put on strong beats.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from osu_beatmap.attributes import scroll_speed_ratio
from osu_beatmap.beatmap import Beatmap, GameMode
from osu_beatmap.timing.edits import step_function
from pipeline.finishing.working_map import WorkingMap, compose, decompose, drop_redundant_changes
from pipeline.generation.matching.density import order_by_rhythm

USUAL_FACTORS = {GameMode.TAIKO: 1.1, GameMode.MANIA: 1.4}
"""By how much a new change speeds up or slows down: medians of human charts with some changes, 16 of taiko and 38 of
mania.
"""

USUAL_RATIO = 0.02
"""Changes per object of new scroll speeds, unless a ratio is requested.

Source: the median of the 50 maps with any changes of 631 mania maps of the training songs.
"""

ROUNDS = 4

Changes = list[tuple[float, float]]
"""(time_ms, speed from then on) in time order, each another speed than before; 1 holds before the first."""


def with_scroll_speed_ratio(beatmap: Beatmap, ratio: float, song_ms: float) -> Beatmap:
    """Return a map with a ratio of scroll speed changes per object.

    It is a map of taiko or mania, as near as whole changes allow. Objects stay unchanged, and drumrolls as long. Raises
    BeatmapError without a red line.
    """
    count = len(beatmap.hit_objects)
    wanted = round(ratio * count)
    best, number = beatmap, wanted
    for _ in range(ROUNDS):
        missing = wanted - round(scroll_speed_ratio(best) * count)
        if not missing:
            break
        work = decompose(beatmap, song_ms)
        changes = _with_number(_changes_of(work), number, beatmap)
        _set(work, changes)
        changed = compose(work)
        left = wanted - round(scroll_speed_ratio(changed) * count)
        best = changed if abs(left) < abs(missing) else best
        # A red line sets the speed back to 1, so that one change may take more lines than one.
        number += left
        if number < 0 or not left:
            break
    return best


def _changes_of(work: WorkingMap) -> Changes:
    is_mania = work.mode is GameMode.MANIA
    return _real(work.speeds if is_mania else [(piece.start_ms, piece.speed) for piece in work.pieces])


def _set(work: WorkingMap, changes: Changes) -> None:
    if work.mode is GameMode.MANIA:
        work.speeds = changes
        return
    speed_at = step_function(changes)
    for piece in work.pieces:
        piece.speed = speed_at(piece.start_ms, 1.0)


def _real(speeds: Sequence[tuple[float, float]]) -> Changes:
    return drop_redundant_changes([(-math.inf, 1.0), *speeds])[1:]


def _with_number(changes: Changes, number: int, beatmap: Beatmap) -> Changes:
    """Return `number` changes, fewer if the map has too few objects."""
    while len(changes) > max(number, 0):
        before = [1.0, *(speed for _, speed in changes)]
        steps = [abs(math.log(speed / last)) for (_, speed), last in zip(changes, before, strict=False)]
        smallest = steps.index(min(steps))
        changes = _real(changes[:smallest] + changes[smallest + 1 :])
    taken = {time_ms for time_ms, _ in changes}
    strongest = dict.fromkeys(beatmap.hit_objects[index].time_ms for index in reversed(order_by_rhythm(beatmap)))
    free_ms = [time_ms for time_ms in strongest if time_ms not in taken]
    new = [(time_ms, None) for time_ms in free_ms[: max(0, number - len(changes))]]
    return list(_filled_in(sorted([*changes, *new], key=lambda change: change[0]), USUAL_FACTORS[beatmap.mode]))


def _filled_in(changes: Sequence[tuple[float, float | None]], factor: float) -> Iterator[tuple[float, float]]:
    """Yield the changes; those without a speed get one.

    They go there and back around the last one that has its own.
    """
    usual = last = 1.0
    for place, (time_ms, own) in enumerate(changes):
        next_own = changes[place + 1][1] if place + 1 < len(changes) else None
        if own is not None:
            usual = own
        # The last two are for speeds so low that they have no neighbours in hundredths.
        near = (usual, round(usual * factor, 2), round(usual / factor, 2), 1.0, factor)
        last = own if own is not None else next(speed for speed in near if speed not in (last, next_own))
        yield time_ms, last
