"""Flat options -> a checked GenerationRequest.

Nothing is read or written here: whether files exist is checked in `pipeline.request.input_files`. Each error is one
sentence that names the option as the user types it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import fields, replace
from pathlib import Path

from osu_beatmap.beatmap import Beatmap, GameMode
from osu_beatmap.files.named_files import find_file, find_named_file
from osuT5.tokens.events import ContextKind
from pipeline.request.from_beatmap import fill_from_reference
from pipeline.request.inference_options import InferenceOptions
from pipeline.request.input_files import picture_suffix
from pipeline.request.option_uses import USES
from pipeline.request.option_values import is_absent, read_options
from pipeline.request.options import GenerationRequest, RequestError, option_fields
from pipeline.request.scope import check_scope, with_open_parts

DEFAULT_OUTPUT_FOLDER = Path("output")
_USES_OF_OBJECTS = {
    ContextKind.GD: "to make another difficulty from",
    ContextKind.NO_HS: "to add hitsounds to",
    ContextKind.MAP: "to keep",
}
_SONG_NAMES = ("title", "title_unicode", "artist", "artist_unicode", "source")


def resolve(flat: Mapping[str, object]) -> GenerationRequest:
    """Read, group and check the options of one generation.

    flat: option -> raw value, text or what YAML made of it; what is missing or empty takes its default.
    Raises RequestError for the first thing that is wrong.
    """
    given: dict[str, dict[str, object]] = defaultdict(dict)
    places = option_fields()
    for name, value in read_options(InferenceOptions, flat).items():
        group, field_name = places[name]
        given[group][field_name] = value
    request = GenerationRequest(
        **{group.name: group.default_factory(**given[group.name]) for group in fields(GenerationRequest)}  # type: ignore[misc]
    )
    request = with_open_parts(request, is_requested="output_type" in flat and not is_absent(flat["output_type"]))
    request = _with_output_folder(request)
    if request.map.gamemode is None and request.song.beatmap_path is None:
        request = replace(request, map=replace(request.map, gamemode=GameMode.STANDARD))
    _check_song(request)
    check_scope(request)
    _check_sampling(request)
    _check_guidance(request)
    _check_positions(request)
    _check_mode(request)
    _check_model(request)
    _check_mapset(request)
    _check_parity(request)
    return request


def fill_from_beatmap(request: GenerationRequest, beatmap: Beatmap) -> GenerationRequest:
    """Fill a request from its reference beatmap; given values stay.

    It supplies the song, its metadata, the mode and, by `pipeline.request.from_beatmap`, its difficulty.

    Raises:
        RequestError: The mode of the beatmap does not allow the request, or the beatmap lacks a part.
    """
    assert request.song.beatmap_path is not None, "there is no reference beatmap"
    _check_reference(request, beatmap)
    song, metadata = request.song, beatmap.metadata
    folder = song.beatmap_path.parent
    if song.audio_path is None and not beatmap.audio_filename:
        raise RequestError(f"{song.beatmap_path.name} names no audio file; give one with audio_path.")
    song = replace(
        song,
        audio_path=song.audio_path or find_named_file(folder, beatmap.audio_filename),
        **{name: getattr(song, name) or getattr(metadata, name) or None for name in _SONG_NAMES},
        tags=song.tags or tuple(metadata.tags),
        background=song.background or _usable_picture(folder, beatmap.background),
        preview_time_ms=_first_set(song.preview_time_ms, beatmap.preview_time_ms),
    )
    gamemode = beatmap.mode if request.map.gamemode is None else request.map.gamemode
    filled = fill_from_reference(replace(request, song=song, map=replace(request.map, gamemode=gamemode)), beatmap)
    _check_mode(filled)
    return filled


def _check_reference(request: GenerationRequest, beatmap: Beatmap) -> None:
    """Raise RequestError where the reference lacks what it should give."""
    scope = request.scope
    assert request.song.beatmap_path is not None, "there is no reference beatmap"
    name = request.song.beatmap_path.name
    if request.model.parity:
        return  # the original makes do with what there is
    has_timing = any(point.uninherited for point in beatmap.timing_points)
    if scope.add_to_beatmap and not has_timing:
        raise RequestError(
            f"add_to_beatmap needs a map with timing, but {name} has no red line: time it first, "
            "or let output_type=[TIMING] find its timing."
        )
    for part, use in _USES_OF_OBJECTS.items():
        if part in scope.in_context and not beatmap.hit_objects:
            raise RequestError(f"{part.name} needs a reference map with objects {use}.")
    asked = ContextKind.NO_HS if ContextKind.NO_HS in scope.in_context else ContextKind.TIMING
    if asked in scope.in_context and not has_timing:
        raise RequestError(f"in_context=[{asked.name}] needs a beatmap_path whose beatmap has timing.")


def _with_output_folder(request: GenerationRequest) -> GenerationRequest:
    """Set the output folder to that of the song's other maps.

    This requires a map to start from.
    """
    if request.output.output_path is not None:
        return request
    reference = request.song.beatmap_path
    folder = DEFAULT_OUTPUT_FOLDER if reference is None else reference.parent
    return replace(request, output=replace(request.output, output_path=folder))


def _usable_picture(folder: Path, name: str) -> Path | None:
    """Return the background of a reference beatmap, or None.

    A missing or damaged picture gives no background.
    """
    picture = find_file(folder, name)
    try:
        if picture is not None:
            picture_suffix(picture)
    except RequestError:
        return None
    return picture


def _first_set(requested_ms: int | None, reference_ms: float) -> int | None:
    if requested_ms is not None:
        return requested_ms
    return round(reference_ms) if reference_ms >= 0 else None


def _check_song(request: GenerationRequest) -> None:
    if request.song.audio_path is None and request.song.beatmap_path is None:
        raise RequestError(
            "audio_path is missing: give the song as audio_path=song.mp3, or a map of it as beatmap_path=map.osu."
        )


def _check_sampling(request: GenerationRequest) -> None:
    sampling = request.sampling
    if sampling.top_p == 0:
        raise RequestError("top_p must be above 0; for greedy decoding use temperature=0.")
    if sampling.lookback + sampling.lookahead > 0.95:
        raise RequestError(
            f"lookback and lookahead together may be 0.95 of a window at most, got {sampling.lookback:g} + "
            f"{sampling.lookahead:g}."
        )


def _check_mapset(request: GenerationRequest) -> None:
    """Check a mapset request.

    A mapset is new, and each of its difficulties has a star rating and a name.
    """
    wanted, scope = request.map, request.scope
    if not wanted.is_mapset:
        return
    name = "difficulties" if wanted.difficulties else "spread"
    if wanted.difficulties and wanted.spread is not None:
        raise RequestError("difficulties and spread=full exclude each other: give one of the two.")
    for other, is_given in (("difficulty", wanted.difficulty is not None), ("version", wanted.version is not None)):
        if is_given:
            raise RequestError(f"{other} is for one map, but {name} requests several.")
    is_whole = ContextKind.MAP in scope.output_type and not (scope.keeps_objects or scope.add_to_beatmap)
    if not is_whole or request.model.parity:
        raise RequestError(f"{name} makes new maps, without add_to_beatmap, parity, or objects that are given.")


def _check_guidance(request: GenerationRequest) -> None:
    unwanted, wanted = request.map.negative_descriptors, request.map.descriptors
    if not unwanted:
        return
    if len(unwanted) != len(wanted):
        raise RequestError(
            f"negative_descriptors must have one for each of the descriptors ({len(wanted)}), got {len(unwanted)}."
        )
    if request.sampling.cfg_scale == 1 and request.positions.diff_cfg_scale == 1:
        raise RequestError("negative_descriptors need guidance: give cfg_scale too, such as cfg_scale=2.")


def _check_model(request: GenerationRequest) -> None:
    if request.model.parity and request.model.model_path is None:
        raise RequestError("parity=true needs a published model: choose one with -cn inference_v29 or model_path.")
    model = request.model
    if model.reference and model.precision != "fp32":
        raise RequestError(f"reference=true computes in fp32, but precision is {model.precision}.")
    if model.precision == "int8" and model.device not in ("auto", "cpu"):
        raise RequestError(f"precision=int8 is for the CPU, but device is {model.device}.")


def _check_parity(request: GenerationRequest) -> None:
    """Refuse options that parity mode does not reproduce.

    The original may lack them. Values that switch something off are allowed: nothing is matched or refined anyway.
    """
    if not request.model.parity:
        return
    defaults, places = GenerationRequest(), option_fields()
    for name, use in USES.items():
        group, field_name = places[name]
        value, default = (getattr(getattr(each, group), field_name) for each in (request, defaults))
        if "parity" in use.excludes and value is not False and value != default:
            raise RequestError(f"{name} is not available with parity=true: remove one of the two.")
    if request.sampling.cfg_scale < 1:
        raise RequestError(f"cfg_scale must be at least 1 with parity=true, got {request.sampling.cfg_scale:g}.")
    for context in (ContextKind.NO_HS, ContextKind.GD):
        if context in request.scope.in_context:
            raise RequestError(f"{context.name} in in_context is not available with parity=true: remove it.")


def _check_positions(request: GenerationRequest) -> None:
    positions = request.positions
    if positions.max_seq_len <= 2 * positions.overlap_buffer:
        raise RequestError(
            f"max_seq_len must be more than twice overlap_buffer ({positions.overlap_buffer}), "
            f"got {positions.max_seq_len}."
        )


def _check_mode(request: GenerationRequest) -> None:
    """Refuse options without a use in the mode.

    Otherwise the map would ignore them.
    """
    mode, wanted = request.map.gamemode, request.map
    if mode is None:
        return
    if mode is GameMode.MANIA and request.settings.circle_size is not None:
        raise RequestError("circle_size has no meaning in mania (gamemode=3); the number of keys is keycount.")
    for name, use in USES.items():
        if getattr(wanted, name, None) is not None and mode not in use.modes:
            modes = sorted(use.modes, key=lambda each: each.value)
            named = " and ".join(each.name.lower() for each in modes)
            numbers = ", ".join(str(each.value) for each in modes)
            raise RequestError(f"{name} is for {named} (gamemode={numbers}) only, but gamemode is {mode.value}.")
