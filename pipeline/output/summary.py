"""Results of a generation, and facts for summaries and reports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from osu_beatmap.beatmap import Beatmap, Circle, GameMode, HoldNote, Slider, Spinner

MODE_NAMES = {
    GameMode.STANDARD: "osu!standard",
    GameMode.TAIKO: "osu!taiko",
    GameMode.CATCH: "osu!catch",
    GameMode.MANIA: "osu!mania",
}

_OBJECT_NAMES: dict[GameMode, dict[type, str]] = {
    GameMode.STANDARD: {Circle: "circles", Slider: "sliders", Spinner: "spinners"},
    GameMode.TAIKO: {Circle: "notes", Slider: "drumrolls", Spinner: "swells"},
    GameMode.CATCH: {Circle: "fruits", Slider: "juice streams", Spinner: "banana showers"},
    GameMode.MANIA: {Circle: "notes", HoldNote: "hold notes"},
}


@dataclass(slots=True)
class GenerationSummary:
    """Facts about the generation of one map, beyond the map itself.

    model         name of the model that wrote it
    song_ms       length of the audio
    notes         sentences for the user: what was lost, and what is still wrong
    tokens        words that the model wrote, over so many `windows` of the song
    stray_events  words that belong to no object, by context
    unused        objects that could not be taken as they were written: "invalid", "dropped" or "incomplete" -> kind of
                  event -> how many
    repairs       changes that finishing had to make, by name
    timing_confidences  of each predicted red line, 0-1; empty for given timing and for other models
    """

    model: str
    song_ms: float
    notes: list[str] = field(default_factory=list)
    tokens: int = 0
    windows: int = 0
    stray_events: Mapping[str, int] = field(default_factory=dict)
    unused: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    repairs: Mapping[str, int] = field(default_factory=dict)
    timing_confidences: Sequence[float] = field(default_factory=tuple)


@dataclass(slots=True)
class GenerationResult:
    """A written map, and the warnings for the user.

    star_rating   None for a map that osu! does not rate
    timing_confidences  of each predicted red line, 0-1; empty for given timing and for other models
    """

    beatmap: Beatmap
    osu_path: Path
    osz_path: Path | None
    star_rating: float | None
    seconds: float
    seed: int
    warnings: list[str] = field(default_factory=list)
    report_path: Path | None = None
    timing_confidences: Sequence[float] = ()


@dataclass(slots=True)
class MapsetResult:
    """A written mapset: its difficulties, easiest first, with their star ratings."""

    beatmaps: list[Beatmap]
    star_ratings: list[float | None]
    osz_path: Path | None
    osu_paths: list[Path]
    seconds: float
    seed: int
    warnings: list[str] = field(default_factory=list)
    report_paths: list[Path] = field(default_factory=list)
    timing_confidences: Sequence[float] = ()


def count_objects(beatmap: Beatmap) -> dict[str, int]:
    """Count objects by kind of the mode; kinds without objects are listed."""
    names = _OBJECT_NAMES[beatmap.mode]
    counts = dict.fromkeys(names.values(), 0)
    for hit_object in beatmap.hit_objects:
        name = names.get(type(hit_object), "others")
        counts[name] = counts.get(name, 0) + 1
    return counts


def timing_of(beatmap: Beatmap, confidences: Sequence[float]) -> list[dict[str, float]]:
    """Return the red lines of a map with their confidences.

    Without confidences there are none.
    """
    reds = [point for point in beatmap.timing_points if point.uninherited]
    if len(reds) != len(confidences):
        return []
    return [
        {"time_ms": red.time_ms, "bpm": round(red.bpm, 2), "confidence": round(confidence, 2)}
        for red, confidence in zip(reds, confidences, strict=True)
    ]
