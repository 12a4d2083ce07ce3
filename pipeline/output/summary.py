"""How a map came about: what a user is told of it at once, and what a report states besides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(slots=True)
class GenerationSummary:
    """What is known about the making of one map, beyond the map itself.

    model         name of the model that wrote it
    song_ms       length of the audio
    notes         sentences for the user: what was lost, and what is still wrong
    tokens        words that the model wrote, over so many `windows` of the song
    stray_events  words that belong to no object, by context
    unused        objects that could not be taken as they were written: "invalid", "dropped" or "incomplete" -> kind of
                  event -> how many
    repairs       changes that finishing had to make, by name
    """

    model: str
    song_ms: float
    notes: list[str] = field(default_factory=list)
    tokens: int = 0
    windows: int = 0
    stray_events: Mapping[str, int] = field(default_factory=dict)
    unused: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    repairs: Mapping[str, int] = field(default_factory=dict)
