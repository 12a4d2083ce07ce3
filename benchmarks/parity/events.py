"""Groups of reference event lists, and encodings of published versions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from beat_tracking.red_line_fit import Beats
from osuT5.encoding.timing import MarkedBeat
from osuT5.model.files.families import V28, V29, V30, V31, V32, Family
from osuT5.tokens.encoding_spec import EncodingSpec
from osuT5.tokens.events import Event, EventKind

_FINE_CELLS = {"positions_split": True, "position_cell_px": 4}
_REFINED_CELLS = {"distances": False, "position_refine_px": 2}

VERSIONS: dict[str, tuple[Family, dict]] = {
    "v28": (V28, {}),
    "v29": (V29, {}),
    "v30": (V30, _FINE_CELLS),
    "v31": (V31, _FINE_CELLS),
    "v32": (V32, _REFINED_CELLS),
    "v32-mini": (V32, _REFINED_CELLS),
}
"""The generation of a version, and what its vocabulary shows of its encoding besides."""


_KINDS = {kind.value: kind for kind in EventKind}

Row = tuple[str, int, int]
"""Kind and value of an event, and its time."""


class UnknownVersion(ValueError):
    """A version that is not known here."""


def family_named(version: str) -> Family:
    if version not in VERSIONS:
        raise UnknownVersion(f"nothing is known of {version}")
    return VERSIONS[version][0]


def read_encoding(version: str, pixels: bool = False) -> EncodingSpec:
    """Return the encoding of a version.

    With `pixels`, positions are pairs of whole pixels.
    """
    spec = replace(family_named(version).encoding, **VERSIONS[version][1])
    return replace(spec, positions_split=True, position_cell_px=1, position_refine_px=0) if pixels else spec


def read_rows(written: Mapping) -> list[Row]:
    """Read the events and times of a recorded part."""
    return [(kind, value, ms) for (kind, value), ms in zip(written["events"], written["times"], strict=True)]


def convert_beats(marked: Sequence[MarkedBeat], later_ms: float = 0.0) -> Beats:
    """Convert decoded beats to beats of the song.

    The audio begins `later_ms` late.
    """
    return Beats(
        np.array([beat.time_ms for beat in marked], dtype=np.float64) - later_ms,
        np.array([beat.starts_bar for beat in marked], dtype=bool),
        np.array([beat.starts_tempo for beat in marked], dtype=bool),
    )


def events_of(rows: Iterable[Sequence]) -> list[Event]:
    return [Event(_KINDS[kind], value) for kind, value in rows]
