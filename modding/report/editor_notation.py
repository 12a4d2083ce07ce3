"""Times and objects in the editor's notation: `01:23:456 (3,4)`, and links.

A link opens the editor there.
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from osu_beatmap.beatmap import Beatmap, Circle, GameMode, HitObject, HitSound, HoldNote, Slider
from osu_beatmap.editor_notation import clock
from osu_beatmap.geometry.combos import combo_numbers
from osuT5.encoding.hit_objects.positions import column_event

KIND_NAMES: dict[GameMode, dict[type, str]] = {
    GameMode.STANDARD: {Circle: "circle", Slider: "slider"},
    GameMode.TAIKO: {Slider: "drumroll"},
    GameMode.CATCH: {Circle: "fruit", Slider: "juice stream"},
    GameMode.MANIA: {Circle: "note"},
}
SPINNER_NAMES = {GameMode.STANDARD: "spinner", GameMode.TAIKO: "swell", GameMode.CATCH: "banana shower"}


def note_name(hitsound: int) -> str:
    """Return the name of a taiko note by colour and size."""
    name = "kat" if hitsound & (HitSound.WHISTLE | HitSound.CLAP) else "don"
    return f"big {name}" if hitsound & HitSound.FINISH else name


class MapNames:
    """Names of one map's objects."""

    def __init__(self, beatmap: Beatmap) -> None:
        self.beatmap = beatmap
        self._combos = combo_numbers(beatmap)

    def kind(self, obj: HitObject) -> str:
        """Return the mapper's word for an object of this mode."""
        mode = self.beatmap.mode
        if mode is GameMode.TAIKO and isinstance(obj, Circle):
            return note_name(obj.hitsound)
        if type(obj) in KIND_NAMES[mode]:
            return KIND_NAMES[mode][type(obj)]
        return "hold note" if mode is GameMode.MANIA or isinstance(obj, HoldNote) else SPINNER_NAMES[mode]

    def stamp(self, time_ms: float, objects: Sequence[int] = ()) -> str:
        """Return a time with its objects in brackets.

        They are combo numbers, or in mania time and column of each.
        """
        if not objects:
            return clock(time_ms)
        return f"{clock(self.beatmap.hit_objects[objects[0]].time_ms)} ({','.join(map(self._write_brackets, objects))})"

    def _write_brackets(self, index: int) -> str:
        if self.beatmap.mode is not GameMode.MANIA:
            return str(self._combos[index])
        obj = self.beatmap.hit_objects[index]
        return f"{round(obj.time_ms)}|{self.column(obj)}"

    def column(self, obj: HitObject) -> int:
        """Return the mania column of an object, from 0."""
        return column_event(obj.x, self.beatmap.key_count).value

    def link(self, time_ms: float, objects: Sequence[int] = ()) -> str:
        """Return a link that opens the editor with selected objects.

        The editor would read a time before the song as one after its start, so such a link leads to the start.
        """
        stamp = self.stamp(time_ms, objects)
        if stamp.startswith("-"):
            _, bracket, selected = stamp.partition(" (")
            stamp = f"{clock(0.0)}{bracket}{selected}"
        return "osu://edit/" + quote(stamp, safe=":(),|-")
