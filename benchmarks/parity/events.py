"""Rows of reference event lists -> groups, and the encodings of the published versions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from osuT5.encoding import groups_from_events
from osuT5.encoding_spec import EncodingSpec
from osuT5.events import Event, EventGroup, EventKind

ENCODINGS = {
    "v29": EncodingSpec(),
    "v32": EncodingSpec(types_first=False, distances=False, position_refine_px=2, slider_layout=2, sustain_ms=8000),
}

MERGES_NEAR_PLACES = {"v29": True, "v32": False}
"""Whether the published settings of a version put objects that are nearly on one spot exactly there."""


class UnknownVersion(ValueError):
    """A version whose encoding is not known here."""


def encoding_of(version: str, pixels: bool = False) -> EncodingSpec:
    """The encoding of a version; with `pixels`, places are pairs of whole pixels."""
    if version not in ENCODINGS:
        raise UnknownVersion(f"nothing is known of the encoding of {version}")
    spec = ENCODINGS[version]
    return replace(spec, positions_split=True, position_cell_px=1, position_refine_px=0) if pixels else spec


def events_of(rows: Iterable[Sequence]) -> list[Event]:
    return [Event(EventKind(kind), value) for kind, value in rows]


def groups_of(rows: Iterable[Sequence], spec: EncodingSpec) -> list[EventGroup]:
    """The groups of rows (kind, value), all of which must belong to one."""
    groups, lost = groups_from_events(events_of(rows), spec)
    if lost:
        raise ValueError(f"{lost} events belong to no group")
    return groups
