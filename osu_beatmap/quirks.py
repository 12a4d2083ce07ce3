"""Differences between the original and this program, one switch per quirk.

The original also differs from osu!. Nothing here is on by default. `PUBLISHED` turns everything on, for the same
numbers as the original. `docs/parity.md` describes each quirk and the reason for the default.
"""

from __future__ import annotations

from dataclasses import dataclass, fields


@dataclass(frozen=True, slots=True)
class Quirks:
    """Reading: the first five, which belong to files.

    Encoding: the others, which belong to events.

    whole_paths          a slider's path stays one segment, with all its points, doubled ones too
    plain_edges          slider edges that a file leaves out are without sounds
    any_effect_is_kiai   a line with any effect, such as an omitted bar line, is in kiai
    early_old_formats    formats before 5 stay 24 ms early
    free_multiplier      a slider multiplier outside 0.4..3.6 counts as it is
    lines_in_file_order  of timing lines the last in the file counts, and green lines follow the red one above them
    own_ticks            a time is snapped to ticks of its own red line only, not to the next line itself
    whole_ms_sliders     sliders last whole milliseconds, the fraction cut
    whole_ms_beats       beats are at whole milliseconds, the fraction cut
    coarse_ends          slider ends are where a coarse measure of curves has them
    spread_anchors       in the older slider layout, anchors have times spread over the first slide
    short_paths_only     sliders of 100 points and more are left out
    kinds_of_file        sliders and spinners of mania, and hold notes elsewhere, are written as such
    whole_seconds        the longest tempo is found in whole seconds
    free_scroll_speeds   scroll speeds outside 0.01..10 are cut only after the tempo's share is taken out of them
    last_starts_last     beats end with the object that starts last, not with the one that ends last
    """

    whole_paths: bool = False
    plain_edges: bool = False
    any_effect_is_kiai: bool = False
    early_old_formats: bool = False
    free_multiplier: bool = False
    lines_in_file_order: bool = False
    own_ticks: bool = False
    whole_ms_sliders: bool = False
    whole_ms_beats: bool = False
    coarse_ends: bool = False
    spread_anchors: bool = False
    short_paths_only: bool = False
    kinds_of_file: bool = False
    whole_seconds: bool = False
    free_scroll_speeds: bool = False
    last_starts_last: bool = False


NO_QUIRKS = Quirks()
PUBLISHED = Quirks(**{field.name: True for field in fields(Quirks)})
