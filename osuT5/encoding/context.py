"""One context of a beatmap as groups of events."""

from __future__ import annotations

from dataclasses import replace

from osu_beatmap.beatmap import Beatmap, Circle, GameMode, HitObject, HoldNote, Slider
from osu_beatmap.quirks import NO_QUIRKS, Quirks
from osu_beatmap.timing.active_point import end_time_ms
from osuT5.encoding.hit_objects import circles as objects
from osuT5.encoding.hit_objects import mania, taiko
from osuT5.encoding.hit_objects.sliders import encode_slider
from osuT5.encoding.kiai import encode_kiai
from osuT5.encoding.scroll_speed import encode_scroll_speeds
from osuT5.encoding.timing import encode_timing
from osuT5.encoding.writer import GroupWriter, whole_ms
from osuT5.tokens.encoding_spec import EncodingSpec
from osuT5.tokens.events import ContextKind, EventGroup

_OBJECT_CONTEXTS = (ContextKind.MAP, ContextKind.GD, ContextKind.NO_HS)


def encode_context(
    beatmap: Beatmap, context: ContextKind, spec: EncodingSpec, song_ms: float, quirks: Quirks = NO_QUIRKS
) -> list[EventGroup]:
    """Return the groups of one context in decoding order.

    TIME values are whole milliseconds from the start of the song. `song_ms` bounds the beats of a beatmap without
    objects. With `quirks`, the beatmap should have been read with the same ones. Raises ValueError when the beatmap has
    no usable red line.
    """
    if context in _OBJECT_CONTEXTS:
        without_sounds = context is ContextKind.NO_HS
        spec = replace(spec, hitsounds=False) if without_sounds else spec
        return [group for group, _ in trace_objects(beatmap, spec, song_ms, quirks)]
    writer = GroupWriter(beatmap, spec, quirks)
    if context is ContextKind.TIMING:
        return encode_timing(writer, song_ms)
    if context is ContextKind.KIAI:
        return encode_kiai(writer)
    if context is ContextKind.SV:
        return encode_scroll_speeds(writer)
    return []


def trace_objects(
    beatmap: Beatmap, spec: EncodingSpec, song_ms: float, quirks: Quirks = NO_QUIRKS
) -> list[tuple[EventGroup, int | None]]:
    """Return the map context's groups, each with its object index.

    The index is None for a beat or a kiai.
    """
    writer = GroupWriter(beatmap, spec, quirks)
    others = encode_timing(writer, song_ms) if spec.timing_in_map else []
    others += encode_kiai(writer) if spec.kiai_in_map else []
    traced: list[tuple[EventGroup, int | None]] = [(group, None) for group in others]
    for index, obj in enumerate(beatmap.hit_objects):
        traced += [(group, index) for group in _encode_object(writer, obj)]
    # Whole milliseconds, so that what sounds at one time stays in the order of the file.
    return sorted(traced, key=lambda entry: whole_ms(entry[0].time_ms))


def _encode_object(writer: GroupWriter, obj: HitObject) -> list[EventGroup]:
    mode = writer.beatmap.mode
    by_kind = writer.quirks.kinds_of_file
    if mode is GameMode.MANIA and isinstance(obj, Circle):
        return mania.encode_note(writer, obj)
    if (by_kind and isinstance(obj, HoldNote)) or (mode is GameMode.MANIA and not by_kind):
        return mania.encode_hold(writer, obj, end_time_ms(obj, writer.timing, writer.beatmap.difficulty))
    if isinstance(obj, Circle):
        return taiko.encode_note(writer, obj) if mode is GameMode.TAIKO else objects.encode_circle(writer, obj)
    if isinstance(obj, Slider):
        return taiko.encode_drumroll(writer, obj) if mode is GameMode.TAIKO else encode_slider(writer, obj)
    # Outside mania osu! plays a hold note as a spinner.
    return taiko.encode_denden(writer, obj) if mode is GameMode.TAIKO else objects.encode_spinner(writer, obj)
