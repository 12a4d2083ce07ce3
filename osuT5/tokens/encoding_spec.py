"""Switches of an encoding of beatmaps as events, with published settings."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class EncodingSpec:
    """Settings of an encoding: events of groups, order, and quantisation.

    The defaults are those of the published V29. `types_first` puts the kind of a group before its parts (V32 puts it
    last). `slider_layout` 2 is V32's, where the end point of the path comes before the group that carries the end time
    of the first slide. `sustain_ms` > 0 repeats a marker during long objects. `position_refine_px` > 0 adds a second
    token that places an object inside its cell. `cells_toward_zero` rounds negative coordinates up to their cell, as
    the published models do: -31..31 are one cell. `timing_in_map` writes beats among the objects, as V30 does, which
    has no context for them.
    """

    types_first: bool = True
    snapping: bool = True
    distances: bool = True
    positions: bool = True
    positions_split: bool = False
    position_cell_px: int = 32
    position_refine_px: int = 0
    cells_toward_zero: bool = True
    x_low_px: int = -256
    x_high_px: int = 768
    y_low_px: int = -256
    y_high_px: int = 640
    new_combos: bool = True
    hitsounds: bool = True
    volumes: bool = True
    scroll_speeds: bool = True
    scroll_speed_step_percent: int = 1
    slider_layout: int = 1
    sustain_ms: int = 0
    timing_points: bool = True
    kiai_in_map: bool = False
    timing_in_map: bool = False


MINI_ENCODING = EncodingSpec(
    types_first=False, distances=False, volumes=False, scroll_speed_step_percent=5, cells_toward_zero=False
)
"""The embedded model: short sequences, since a step costs what its tokens cost."""
