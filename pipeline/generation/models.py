"""Loading of the model and the song of a request."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from feedback.progress import Progress, silent
from osu_beatmap.beatmap import GameMode
from osuT5.audio.decode import audio_notes, load_audio, read_tags
from osuT5.generation.window_schedule import SongGenerator
from osuT5.map_model.adapters import find_map_adapter
from osuT5.map_model.folder import is_map_model, map_contract
from osuT5.model.files.find import best_device
from osuT5.tokens.contract import Contract
from osuT5.tokens.events import EventKind
from pipeline.generation.model_cache import load_cached
from pipeline.output.metadata import name_notes
from pipeline.request.options import GenerationRequest, RequestError

if TYPE_CHECKING:
    from osuT5.model.seq2seq import MapperModel


def load_request_model(
    request: GenerationRequest, folder: Path, lora: str | None = None
) -> tuple[MapperModel, Contract]:
    """Load a model, with its adapter, on the device of the request.

    Raises ModelError, and RequestError for a game mode outside its vocabulary.
    """
    options, mode = request.model, request.map.gamemode
    device = "cpu" if options.precision == "int8" else best_device(options.device)
    load = _load_plain if options.reference else _load_prepared
    model, spec = load_cached(load, folder, device, options.precision, lora=lora)
    if mode is not GameMode.STANDARD and EventKind.GAMEMODE not in spec.conditions:
        raise RequestError(f"gamemode={mode.value} is beyond {spec.name}, which generates maps of osu!standard only.")
    return model, spec


def song_writer(
    request: GenerationRequest, folder: Path, lora: str | None = None, progress: Progress = silent
) -> SongGenerator:
    """Load the model and the song of a request for generation.

    A map model is loaded by `SongRhythm`, and there is no model of event tokens.

    Raises AudioError, ModelError or RequestError, each with one sentence for the user.
    """
    sampling = request.sampling
    model, spec = (None, map_contract()) if is_map_model(folder) else load_request_model(request, folder, lora)
    samples = load_audio(request.song.audio_path, spec.grid.sample_rate)
    song_ms = 1000.0 * len(samples) / spec.grid.sample_rate
    return SongGenerator(model, spec, None, song_ms, sampling.lookback, sampling.lookahead, progress, samples)


def adapters_of(folder: Path, lora: str | None) -> tuple[str | None, Path | None]:
    """Return the adapter of a seq2seq model and of a map model.

    One of them is given, or none.

    Raises:
        ModelError: The adapter is for another kind of model.
    """
    if lora is None or not is_map_model(folder):
        return lora, None
    return None, find_map_adapter(lora, folder)


def song_notes(request: GenerationRequest) -> list[str]:
    """Return notes for the user on a song's decoding and names.

    There are none for parity, which reads it as the original does.
    """
    path = request.song.audio_path
    return [] if request.model.parity else [*audio_notes(path), *name_notes(request.song, read_tags(path))]


def _load_plain(folder: Path, device: str, precision: str, lora: str | None) -> tuple[MapperModel, Contract]:
    from osuT5.model.files.loading import load_model

    return load_model(folder, device, precision, lora=lora)


def _load_prepared(folder: Path, device: str, precision: str, lora: str | None) -> tuple[MapperModel, Contract]:
    from osuT5.model.inference_setup import prepare_to_generate

    model, spec = _load_plain(folder, device, precision, lora)
    return prepare_to_generate(model, precision == "int8"), spec
