"""Flat options -> a checked GenerationRequest.

Nothing is read or written here: whether files exist is checked in `pipeline.request.input_files`. Each error is one
sentence that names the option as the user types it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import fields, replace
from pathlib import Path

from osu_beatmap.beatmap import Beatmap, GameMode
from osuT5.tokens.events import ContextKind
from pipeline.request.from_beatmap import like_reference
from pipeline.request.input_files import picture_suffix
from pipeline.request.option_uses import USES
from pipeline.request.option_values import (
    Members,
    Number,
    OneOf,
    Reader,
    WholeNumber,
    counts,
    is_absent,
    items,
    path,
    text,
    words,
    yes_or_no,
)
from pipeline.request.options import GenerationRequest, RequestError, option_fields, unknown_option
from pipeline.request.scope import check_scope, with_open_parts

MAX_STARS = 12
MAX_SEED = 2**63 - 1
MAX_DIFFICULTY_ATTEMPTS = 3
MAX_DIFFICULTIES = 16
MAX_TIMER_ITERATIONS = 1000
DEFAULT_OUTPUT_FOLDER = Path("output")
_MODE_NAMES = {"standard": 0, "osu": 0, "std": 0, "taiko": 1, "catch": 2, "fruits": 2, "ctb": 2, "mania": 3}
_SONG_NAMES = ("title", "title_unicode", "artist", "artist_unicode", "source")
_DEVICE = re.compile(r"(auto|cpu|mps|cuda(:\d{1,2})?)", re.IGNORECASE)


def _gamemode(name: str, raw: object) -> GameMode:
    value = str(raw).strip().lower()
    value = str(_MODE_NAMES.get(value.removeprefix("osu!"), value))
    if value not in ("0", "1", "2", "3"):
        raise RequestError(f"{name} must be 0 (osu!standard), 1 (taiko), 2 (catch) or 3 (mania), or a name, got {raw}.")
    return GameMode(int(value))


def _device(name: str, raw: object) -> str:
    value = str(raw).strip().lower()
    if not _DEVICE.fullmatch(value):
        raise RequestError(f"{name} must be auto, cpu, cuda, cuda:0 (or another number) or mps, got {raw}.")
    return value


def _server(name: str, raw: object) -> str:
    value = text(name, raw)
    return value.lower() if value.lower() in ("auto", "off") else value


def _difficulties(name: str, raw: object) -> tuple[float, ...]:
    stars = tuple(Number(0, MAX_STARS)(name, each) for each in items(name, raw))
    if len(stars) > MAX_DIFFICULTIES:
        raise RequestError(f"{name} may name {MAX_DIFFICULTIES} star ratings at most, got {len(stars)}.")
    return stars


def _folder(name: str, raw: object) -> Path:
    folder = path(name, raw)
    if folder.suffix.lower() in (".osz", ".osu"):
        raise RequestError(f"{name} is the folder for the map, whose file name comes from the song; got {raw}.")
    return folder


READERS: dict[str, Reader] = {
    "audio_path": path,
    "beatmap_path": path,
    "title": text,
    "title_unicode": text,
    "artist": text,
    "artist_unicode": text,
    "source": text,
    "tags": words,
    "background": path,
    "preview_time": WholeNumber(0, unit="ms"),
    "gamemode": _gamemode,
    "difficulty": Number(0, MAX_STARS),
    "difficulties": _difficulties,
    "spread": OneOf(("full",)),
    "match_difficulty": yes_or_no,
    "difficulty_attempts": WholeNumber(1, MAX_DIFFICULTY_ATTEMPTS),
    "mapper_id": WholeNumber(0),
    "year": WholeNumber(2007, 2076),
    "hitsounded": yes_or_no,
    "keycount": WholeNumber(1, 18),
    "hold_note_ratio": Number(0, 1),
    "scroll_speed_ratio": Number(0, 1),
    "descriptors": items,
    "negative_descriptors": items,
    "creator": text,
    "version": text,
    "hp_drain_rate": Number(0, 10, decimals=1),
    "circle_size": Number(0, 10, decimals=1),
    "overall_difficulty": Number(0, 10, decimals=1),
    "approach_rate": Number(0, 10, decimals=1),
    "slider_multiplier": Number(0.4, 3.6),
    "slider_tick_rate": Number(0.5, 8),
    "in_context": Members(ContextKind),
    "output_type": Members(ContextKind),
    "add_to_beatmap": yes_or_no,
    "overwrite_reference_beatmap": yes_or_no,
    "start_time": WholeNumber(0, unit="ms"),
    "end_time": WholeNumber(0, unit="ms"),
    "super_timing": yes_or_no,
    "timer_iterations": WholeNumber(1, MAX_TIMER_ITERATIONS),
    "seed": WholeNumber(0, MAX_SEED),
    "temperature": Number(0, 5),
    "top_p": Number(0, 1),
    "top_k": WholeNumber(0),
    "cfg_scale": Number(0, 20),
    "lookback": Number(0, 0.95),
    "lookahead": Number(0, 0.95),
    "model_path": text,
    "lora_path": text,
    "parity": yes_or_no,
    "device": _device,
    "precision": OneOf(("fp32", "bf16", "fp16", "int8")),
    "reference": yes_or_no,
    "server": _server,
    "generate_positions": yes_or_no,
    "diff_ckpt": text,
    "timesteps": counts(1000),
    "diff_cfg_scale": Number(0, 20),
    "refine_iters": WholeNumber(0, 1000),
    "random_init": yes_or_no,
    "max_seq_len": WholeNumber(2, 65_536),
    "overlap_buffer": WholeNumber(0),
    "output_path": _folder,
    "export_osz": yes_or_no,
    "report": yes_or_no,
}


def resolve(flat: Mapping[str, object]) -> GenerationRequest:
    """Read, group and check the options of one generation.

    flat: option -> raw value, text or what YAML made of it; what is missing or empty takes its default.
    Raises RequestError for the first thing that is wrong.
    """
    for name in flat:
        if name not in READERS:
            raise RequestError(unknown_option(name, READERS))
    given: dict[str, dict[str, object]] = defaultdict(dict)
    places = option_fields()
    for name, raw in flat.items():
        if not is_absent(raw):
            group, field_name = places[name]
            given[group][field_name] = READERS[name](name, raw)
    request = GenerationRequest(
        **{group.name: group.default_factory(**given[group.name]) for group in fields(GenerationRequest)}  # type: ignore[misc]
    )
    request = with_open_parts(request, asked="output_type" in flat and not is_absent(flat["output_type"]))
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
    """The request with what its reference beatmap knows, wherever the user gave nothing.

    That is the song, its metadata, the mode and, as `pipeline.request.from_beatmap` has it, how hard it is. Raises
    RequestError where the mode of the beatmap does not allow what was asked for.
    """
    assert request.song.beatmap_path is not None, "there is no reference beatmap"
    song, metadata = request.song, beatmap.metadata
    folder = song.beatmap_path.parent
    if song.audio_path is None and not beatmap.audio_filename:
        raise RequestError(f"{song.beatmap_path.name} names no audio file; give one with audio_path.")
    song = replace(
        song,
        audio_path=song.audio_path or folder / beatmap.audio_filename,
        **{name: getattr(song, name) or getattr(metadata, name) or None for name in _SONG_NAMES},
        tags=song.tags or tuple(metadata.tags),
        background=song.background or _usable_picture(folder, beatmap.background),
        preview_time_ms=_first_given(song.preview_time_ms, beatmap.preview_time_ms),
    )
    gamemode = beatmap.mode if request.map.gamemode is None else request.map.gamemode
    filled = like_reference(replace(request, song=song, map=replace(request.map, gamemode=gamemode)), beatmap)
    _check_mode(filled)
    return filled


def _with_output_folder(request: GenerationRequest) -> GenerationRequest:
    """A map goes to the others of its song, where there is one to start from."""
    if request.output.output_path is not None:
        return request
    reference = request.song.beatmap_path
    folder = DEFAULT_OUTPUT_FOLDER if reference is None else reference.parent
    return replace(request, output=replace(request.output, output_path=folder))


def _usable_picture(folder: Path, name: str) -> Path | None:
    """The background of a reference beatmap; where it is missing or no picture, the map simply has none."""
    try:
        picture_suffix(folder / name)
    except RequestError:
        return None
    return folder / name


def _first_given(asked_ms: int | None, reference_ms: float) -> int | None:
    if asked_ms is not None:
        return asked_ms
    return round(reference_ms) if reference_ms >= 0 else None


def _check_song(request: GenerationRequest) -> None:
    if request.song.audio_path is None and request.song.beatmap_path is None:
        raise RequestError(
            "audio_path is missing: give the song as audio_path=song.mp3, or a map of it as beatmap_path=map.osu."
        )


def _check_sampling(request: GenerationRequest) -> None:
    sampling = request.sampling
    if sampling.top_p == 0:
        raise RequestError("top_p must be more than 0; for the likeliest token every time use temperature=0.")
    if sampling.lookback + sampling.lookahead > 0.95:
        raise RequestError(
            f"lookback and lookahead together may be 0.95 of a window at most, got {sampling.lookback:g} + "
            f"{sampling.lookahead:g}."
        )


def _check_mapset(request: GenerationRequest) -> None:
    """A mapset is new, and its difficulties have a star rating and a name each."""
    wanted, scope = request.map, request.scope
    if not wanted.is_mapset:
        return
    name = "difficulties" if wanted.difficulties else "spread"
    if wanted.difficulties and wanted.spread is not None:
        raise RequestError("difficulties names the star ratings that spread=full would choose; give one of the two.")
    for other, is_given in (("difficulty", wanted.difficulty is not None), ("version", wanted.version is not None)):
        if is_given:
            raise RequestError(f"{other} is for one map, but {name} asks for several.")
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
        raise RequestError("negative_descriptors need guidance to lead away from them: give cfg_scale too, such as 2.")


def _check_model(request: GenerationRequest) -> None:
    if request.model.parity and request.model.model_path is None:
        raise RequestError("parity=true needs a published model: choose one with -cn inference_v29 or model_path.")
    model = request.model
    if model.reference and model.precision != "fp32":
        raise RequestError(f"reference=true is plain fp32, but precision is {model.precision}.")
    if model.precision == "int8" and model.device not in ("auto", "cpu"):
        raise RequestError(f"precision=int8 is for the CPU, but device is {model.device}.")


def _check_parity(request: GenerationRequest) -> None:
    """Refuse options that the original program does not have, or that are not reproduced.

    Values that switch something off are fine: nothing is matched or refined anyway.
    """
    if not request.model.parity:
        return
    defaults, places = GenerationRequest(), option_fields()
    for name, use in USES.items():
        group, field_name = places[name]
        value, default = (getattr(getattr(each, group), field_name) for each in (request, defaults))
        if "parity" in use.excludes and value is not False and value != default:
            raise RequestError(f"{name} is not available with parity=true: leave one of the two out.")
    if request.sampling.cfg_scale < 1:
        raise RequestError(f"cfg_scale must be at least 1 with parity=true, got {request.sampling.cfg_scale:g}.")
    for context in (ContextKind.NO_HS, ContextKind.GD):
        if context in request.scope.in_context:
            raise RequestError(f"{context.name} in in_context is not available with parity=true: leave it out.")


def _check_positions(request: GenerationRequest) -> None:
    positions = request.positions
    if positions.max_seq_len <= 2 * positions.overlap_buffer:
        raise RequestError(
            f"max_seq_len must be more than twice overlap_buffer ({positions.overlap_buffer}), "
            f"got {positions.max_seq_len}."
        )


def _check_mode(request: GenerationRequest) -> None:
    """Options that a mode has no use for: rather a word now than a map that ignores them."""
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
