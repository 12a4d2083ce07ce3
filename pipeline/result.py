"""What a generation made, and how it is told to the user."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from osu_beatmap.model import Beatmap, Circle, GameMode, HoldNote, Slider, Spinner
from pipeline.options import GenerationRequest

MODE_NAMES = {
    GameMode.STANDARD: "osu!standard",
    GameMode.TAIKO: "osu!taiko",
    GameMode.CATCH: "osu!catch",
    GameMode.MANIA: "osu!mania",
}

_OBJECT_NAMES: dict[GameMode, dict[type, str]] = {
    GameMode.STANDARD: {Circle: "circles", Slider: "sliders", Spinner: "spinners"},
    GameMode.TAIKO: {Circle: "notes", Slider: "drum rolls", Spinner: "dendens"},
    GameMode.CATCH: {Circle: "fruits", Slider: "juice streams", Spinner: "banana showers"},
    GameMode.MANIA: {Circle: "notes", HoldNote: "hold notes"},
}


@dataclass(frozen=True)
class GenerationResult:
    """One generated map.

    osz_path / osu_path   the file written; the other is None
    object_counts         objects by kind, in the words of the mode
    song_s, seconds       length of the song, and how long generation took
    warnings              sentences about what the user may want to look at
    report                counts of what the model wrote and could not be used (invalid, dropped, incomplete)
    """

    osz_path: Path | None
    osu_path: Path | None
    mode: GameMode
    star_rating: float
    object_counts: Mapping[str, int]
    song_s: float
    seconds: float
    seed: int
    warnings: tuple[str, ...] = ()
    report: Mapping[str, int] = field(default_factory=dict)

    @property
    def path(self) -> Path:
        path = self.osz_path or self.osu_path
        assert path is not None, "a result has a file"
        return path


def count_objects(beatmap: Beatmap) -> dict[str, int]:
    """Objects by kind, in the words of the mode; kinds that the mode has appear even when there are none."""
    names = _OBJECT_NAMES[beatmap.mode]
    counts = dict.fromkeys(names.values(), 0)
    for hit_object in beatmap.hit_objects:
        name = names.get(type(hit_object), "others")
        counts[name] = counts.get(name, 0) + 1
    return counts


def summary(result: GenerationResult, request: GenerationRequest) -> str:
    """A few lines for the console."""
    asked = request.map.difficulty
    stars = f"{result.star_rating:.2f} stars" + (f" (asked for {asked:g})" if asked is not None else "")
    kinds = ", ".join(f"{count} {name}" for name, count in result.object_counts.items())
    lines = [
        f"Map:     {result.path}",
        f"         {MODE_NAMES[result.mode]}, {stars}",
        f"Objects: {sum(result.object_counts.values())} ({kinds})",
        f"Time:    {result.seconds:.1f} s for {result.song_s:.0f} s of song; seed {result.seed}",
    ]
    unused = {name: count for name, count in result.report.items() if count}
    if unused:
        lines.append("Unused:  " + ", ".join(f"{count} {name}" for name, count in unused.items()) + " (model output)")
    return "\n".join(lines + [f"Note:    {warning}" for warning in result.warnings])
