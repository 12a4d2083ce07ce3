"""A request filled in with what the reference beatmap is like."""

from __future__ import annotations

from dataclasses import fields, replace

from osu_beatmap.attributes import Attributes, attributes_of
from osu_beatmap.beatmap import Beatmap, GameMode
from osu_beatmap.errors import BeatmapError
from osu_beatmap.star_rating import star_rating
from osu_beatmap.timing.active_point import MAX_SLIDER_MULTIPLIER, MIN_SLIDER_MULTIPLIER
from osuT5.tokens.events import ContextKind
from pipeline.request.options import GenerationRequest, MapOptions, RequestError, SettingOptions


def fill_from_reference(request: GenerationRequest, reference: Beatmap) -> GenerationRequest:
    """Fill star rating and settings of a request from the reference.

    Given values stay.

    Someone who asks for a star rating of their own gets settings that suit it, but for the number of keys: those of
    another level would read wrong. An existing map that is changed keeps its settings whatever was requested. Of a map
    of another mode nothing is taken. Raises RequestError where a map is to stay, but its mode is not to.
    """
    mode, scope = request.map.gamemode, request.scope
    if scope.add_to_beatmap or scope.keeps_objects:
        if mode is not reference.mode:
            raise RequestError(
                f"gamemode is {mode}, but the map of beatmap_path, whose objects stay, has {reference.mode.value}."
            )
        return _return_unchanged(request, reference)
    if mode is not reference.mode or not reference.hit_objects:
        return request
    own_level = request.map.difficulty is None
    like = _attributes(reference)
    wanted = replace(
        request.map,
        difficulty=like.difficulty if own_level else request.map.difficulty,
        keycount=like.key_count if request.map.keycount is None else request.map.keycount,
    )
    if not own_level:
        return replace(request, map=wanted)
    for name in ("hold_note_ratio", "scroll_speed_ratio"):
        if getattr(wanted, name) is None:
            wanted = replace(wanted, **{name: getattr(like, name)})
    return replace(request, map=wanted, settings=_settings_of(reference, request.settings))


def _return_unchanged(request: GenerationRequest, reference: Beatmap) -> GenerationRequest:
    like = _attributes(reference)
    names = ("difficulty", "hitsounded", "hold_note_ratio", "scroll_speed_ratio")
    told = {name: getattr(like, name) for name in names if getattr(request.map, name) is None}
    if ContextKind.SV in request.scope.output_type and request.scope.keeps_objects:
        told.pop("scroll_speed_ratio", None)  # new scroll speeds need not be as frequent
    wanted = replace(request.map, keycount=like.key_count, **told)
    name = reference.metadata.creator
    if name and wanted.creator == MapOptions().creator:
        wanted = replace(wanted, creator=name)
    wanted = replace(wanted, version=wanted.version or reference.metadata.version or None)
    return replace(request, map=wanted, settings=_settings_of(reference, SettingOptions(), exact=True))


def _attributes(reference: Beatmap) -> Attributes:
    try:
        return attributes_of(reference, star_rating(reference) or None)
    except BeatmapError:
        return attributes_of(reference)


def _settings_of(reference: Beatmap, requested: SettingOptions, exact: bool = False) -> SettingOptions:
    """Return the settings of a reference for missing ones.

    For a new map they have the allowed decimals.
    """
    found = {}
    for option in fields(SettingOptions):
        value = getattr(reference.difficulty, option.name)
        if not exact and option.name == "slider_multiplier":
            value = min(MAX_SLIDER_MULTIPLIER, max(MIN_SLIDER_MULTIPLIER, value))
        elif not exact and option.name != "slider_tick_rate":
            value = min(10.0, max(0.0, round(value, 1)))
        asked = getattr(requested, option.name)
        found[option.name] = value if asked is None else asked
    if reference.mode is GameMode.MANIA:
        found["circle_size"] = None  # the number of keys, which is an option of its own
    return SettingOptions(**found)
