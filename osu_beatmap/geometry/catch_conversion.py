"""osu!standard charts as osu!catch charts, the way the game converts them.

The game's conversion keeps every object: a circle becomes a fruit, a slider a juice stream, a spinner a banana
shower, at the same times, x positions, combos and sounds, and with the same difficulty settings. Native catch
charts are files of the same three object kinds, so the converted chart is the same file in another mode. Left
alone on purpose:

- y, which catch does not show. A slider's y still decides how fast its path moves in x, so its path must stay
  whole; and circles keep theirs, since charts made for catch carry arbitrary y too.
- x beyond the playfield. The game clamps it while it places fruits, point by point along a stream; clamping
  control points would bend the path instead.
- The small random shifts of bananas and droplets. The game derives them anew at every load, also for native
  charts; no file holds them.
"""

from __future__ import annotations

import copy

from osu_beatmap.beatmap import Beatmap, GameMode
from osu_beatmap.errors import BeatmapError


def convert_to_catch(beatmap: Beatmap) -> Beatmap:
    """Return a deep copy of a beatmap in catch mode.

    A catch beatmap is copied unchanged.

    Raises:
        BeatmapError: The mode is taiko or mania, from which osu! does not convert.
    """
    if beatmap.mode not in (GameMode.STANDARD, GameMode.CATCH):
        raise BeatmapError(f"osu! converts only standard beatmaps to catch, not {beatmap.mode.name.lower()} ones")
    converted = copy.deepcopy(beatmap)
    converted.mode = GameMode.CATCH
    return converted
