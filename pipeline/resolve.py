"""Flat options -> a checked GenerationRequest.

Nothing is read or written here: whether files exist is checked in `pipeline.input_files`. Each error is one sentence
that names the option as the user types it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import fields, replace
from pathlib import Path

from osu_beatmap.attributes import WITH_SCROLL_SPEED
from osu_beatmap.model import Beatmap, GameMode
from osuT5.events import ContextKind
from pipeline.input_files import picture_suffix
from pipeline.later_stages import not_built_yet
from pipeline.option_values import (
    Reader,
    counts,
    is_absent,
    items,
    members,
    number,
    one_of,
    path,
    text,
    whole_number,
    words,
    yes_or_no,
)
from pipeline.options import WHOLE_MAP, GenerationRequest, RequestError, option_fields, unknown_option

MAX_STARS = 12
MAX_SEED = 2**63 - 1
MAX_TIMER_ITERATIONS = 1000
_MODE_NAMES = {"osu!standard": 0, "taiko": 1, "catch": 2, "mania": 3, "standard": 0, "osu": 0, "fruits": 2}
_DEVICE = re.compile(r"(auto|cpu|mps|cuda(:\d{1,2})?)", re.IGNORECASE)


def _gamemode(name: str, raw: object) -> GameMode:
    value = str(raw).strip().lower()
    value = str(_MODE_NAMES.get(value, value))
    if value not in ("0", "1", "2", "3"):
        raise RequestError(f"{name} must be 0..3 (0 osu!standard, 1 taiko, 2 catch, 3 mania), got {raw}.")
    return GameMode(int(value))


def _device(name: str, raw: object) -> str:
    value = str(raw).strip().lower()
    if not _DEVICE.fullmatch(value):
        raise RequestError(f"{name} must be auto, cpu, cuda, cuda:0 (or another number) or mps, got {raw}.")
    return value


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
    "preview_time": whole_number(0),
    "gamemode": _gamemode,
    "difficulty": number(0, MAX_STARS),
    "mapper_id": whole_number(0),
    "year": whole_number(2007, 2076),
    "hitsounded": yes_or_no,
    "keycount": whole_number(1, 18),
    "hold_note_ratio": number(0, 1),
    "scroll_speed_ratio": number(0, 1),
    "descriptors": items,
    "negative_descriptors": items,
    "creator": text,
    "version": text,
    "hp_drain_rate": number(0, 10, decimals=1),
    "circle_size": number(0, 10, decimals=1),
    "overall_difficulty": number(0, 10, decimals=1),
    "approach_rate": number(0, 10, decimals=1),
    "slider_multiplier": number(0.4, 3.6),
    "slider_tick_rate": number(0.5, 8),
    "in_context": members(ContextKind),
    "output_type": members(ContextKind),
    "add_to_beatmap": yes_or_no,
    "start_time": whole_number(0),
    "end_time": whole_number(0),
    "super_timing": yes_or_no,
    "timer_iterations": whole_number(1, MAX_TIMER_ITERATIONS),
    "seed": whole_number(0, MAX_SEED),
    "temperature": number(0, 5),
    "top_p": number(0, 1),
    "top_k": whole_number(0),
    "cfg_scale": number(0, 20),
    "lookback": number(0, 0.95),
    "lookahead": number(0, 0.95),
    "model_path": text,
    "lora_path": text,
    "parity": yes_or_no,
    "device": _device,
    "precision": one_of("fp32", "bf16", "fp16", "int8"),
    "reference": yes_or_no,
    "generate_positions": yes_or_no,
    "diff_ckpt": text,
    "timesteps": counts(1000),
    "diff_cfg_scale": number(0, 20),
    "refine_iters": whole_number(0, 1000),
    "random_init": yes_or_no,
    "max_seq_len": whole_number(2, 65_536),
    "overlap_buffer": whole_number(0),
    "output_path": _folder,
    "export_osz": yes_or_no,
}


def resolve(flat: Mapping[str, object]) -> GenerationRequest:
    """Read, group and check the options of one generation.

    flat: option -> raw value, text or what YAML made of it; what is missing or empty takes its default.
    Raises RequestError for the first thing that is wrong, or that no stage can do yet.
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
    request = _without_given_parts(request, asked="output_type" in flat and not is_absent(flat["output_type"]))
    if request.map.gamemode is None and request.song.beatmap_path is None:
        request = replace(request, map=replace(request.map, gamemode=GameMode.STANDARD))
    _check_song(request)
    _check_scope(request)
    _check_sampling(request)
    _check_positions(request)
    _check_mode(request)
    _check_model(request)
    later = not_built_yet(request)
    if later is not None:
        raise RequestError(later)
    return request


def fill_from_beatmap(request: GenerationRequest, beatmap: Beatmap) -> GenerationRequest:
    """The request with what its reference beatmap knows, wherever the user gave nothing: song, metadata, mode.

    Raises RequestError where the mode of the beatmap does not allow what was asked for.
    """
    assert request.song.beatmap_path is not None, "there is no reference beatmap"
    song, metadata = request.song, beatmap.metadata
    folder = song.beatmap_path.parent
    if song.audio_path is None and not beatmap.audio_filename:
        raise RequestError(f"{song.beatmap_path.name} names no audio file; give one with audio_path.")
    song = replace(
        song,
        audio_path=song.audio_path or folder / beatmap.audio_filename,
        title=song.title or metadata.title or None,
        title_unicode=song.title_unicode or metadata.title_unicode or None,
        artist=song.artist or metadata.artist or None,
        artist_unicode=song.artist_unicode or metadata.artist_unicode or None,
        source=song.source or metadata.source or None,
        tags=song.tags or tuple(metadata.tags),
        background=song.background or _usable_picture(folder, beatmap.background),
        preview_time_ms=_first_given(song.preview_time_ms, beatmap.preview_time_ms),
    )
    gamemode = beatmap.mode if request.map.gamemode is None else request.map.gamemode
    filled = replace(request, song=song, map=replace(request.map, gamemode=gamemode))
    _check_mode(filled)
    return filled


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


def _without_given_parts(request: GenerationRequest, asked: bool) -> GenerationRequest:
    """What is given need not be generated: `output_type` becomes the parts that `in_context` leaves open."""
    scope = request.scope
    if not asked:
        scope = replace(scope, output_type=tuple(part for part in WHOLE_MAP if part not in scope.in_context))
    return replace(request, scope=scope)


def _check_song(request: GenerationRequest) -> None:
    if request.song.audio_path is None and request.song.beatmap_path is None:
        raise RequestError("audio_path is missing: give the song as audio_path=song.mp3.")


def _check_scope(request: GenerationRequest) -> None:
    scope = request.scope
    if ContextKind.NONE in scope.in_context and len(scope.in_context) > 1:
        raise RequestError("in_context must be either [NONE] or a list of what is given, not both.")
    both = [part.name for part in scope.output_type if part in scope.in_context]
    if both:
        raise RequestError(f"{both[0]} is in in_context and in output_type; a part is either given or generated.")
    for part in scope.output_type:
        if part not in WHOLE_MAP:
            raise RequestError(f"output_type must be made of TIMING, KIAI, MAP, SV, got {part.name}.")
    if scope.super_timing and ContextKind.TIMING not in scope.output_type:
        raise RequestError("super_timing finds the timing, but TIMING is not in output_type.")
    needs_map = {
        "in_context": scope.in_context != (ContextKind.NONE,),
        "add_to_beatmap": scope.add_to_beatmap,
    }
    for name, needed in needs_map.items():
        if needed and request.song.beatmap_path is None:
            raise RequestError(f"{name} needs a reference map: give one with beatmap_path=map.osu.")
    if scope.start_time_ms is not None and scope.end_time_ms is not None and scope.end_time_ms <= scope.start_time_ms:
        raise RequestError(f"end_time must be later than start_time ({scope.start_time_ms}), got {scope.end_time_ms}.")


def _check_sampling(request: GenerationRequest) -> None:
    sampling = request.sampling
    if sampling.top_p == 0:
        raise RequestError("top_p must be more than 0; for the likeliest token every time use temperature=0.")
    if sampling.lookback + sampling.lookahead > 0.95:
        raise RequestError(
            f"lookback and lookahead together may be 0.95 of a window at most, got {sampling.lookback:g} + "
            f"{sampling.lookahead:g}."
        )


def _check_model(request: GenerationRequest) -> None:
    if request.model.parity and request.model.model_path is None:
        raise RequestError("parity=true needs a published model: choose one with -cn inference_v29 or model_path.")
    model = request.model
    if model.reference and model.precision != "fp32":
        raise RequestError(f"reference=true is plain fp32, but precision is {model.precision}.")
    if model.precision == "int8" and model.device not in ("auto", "cpu"):
        raise RequestError(f"precision=int8 is for the CPU, but device is {model.device}.")


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
    if mode is not GameMode.MANIA:
        for name in ("keycount", "hold_note_ratio"):
            if getattr(wanted, name) is not None:
                raise RequestError(f"{name} is for mania (gamemode=3) only, but gamemode is {mode.value}.")
    if mode not in WITH_SCROLL_SPEED and wanted.scroll_speed_ratio is not None:
        raise RequestError(f"scroll_speed_ratio is for taiko and mania (gamemode=1, 3), but gamemode is {mode.value}.")
    if mode is GameMode.MANIA and request.settings.circle_size is not None:
        raise RequestError("circle_size has no meaning in mania (gamemode=3); the number of keys is keycount.")
