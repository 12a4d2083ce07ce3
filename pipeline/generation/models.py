"""Loading of the model and the song of a request."""

from __future__ import annotations

from pathlib import Path

from feedback.progress import Progress, silent
from osu_beatmap.beatmap import GameMode
from osuT5.audio.decode import audio_notes, load_audio
from osuT5.audio.mel import song_mel
from osuT5.generation.window_schedule import SongGenerator
from osuT5.model.files.loading import best_device, load_model
from osuT5.model.inference_setup import prepare_to_generate
from osuT5.model.seq2seq import MapperModel
from osuT5.tokens.contract import Contract
from osuT5.tokens.events import EventKind
from pipeline.generation.model_cache import kept
from pipeline.request.options import GenerationRequest, RequestError


def loaded_model(request: GenerationRequest, folder: Path, lora: str | None = None) -> tuple[MapperModel, Contract]:
    """Load a model, with its adapter, on the device of the request.

    Raises ModelError, and RequestError for a game mode that it was never told of.
    """
    options, mode = request.model, request.map.gamemode
    device = "cpu" if options.precision == "int8" else best_device(options.device)
    load = _loaded_plain if options.reference else _loaded_ready
    model, spec = kept(load, folder, device, options.precision, lora=lora)
    if mode is not GameMode.STANDARD and EventKind.GAMEMODE not in spec.conditions:
        raise RequestError(f"gamemode={mode.value} is beyond {spec.name}, which makes maps of osu!standard only.")
    return model, spec


def song_writer(
    request: GenerationRequest, folder: Path, lora: str | None = None, progress: Progress = silent
) -> SongGenerator:
    """Load the model and the song of a request for generation.

    Raises AudioError, ModelError or RequestError, each with one sentence for the user.
    """
    sampling = request.sampling
    model, spec = loaded_model(request, folder, lora)
    samples = load_audio(request.song.audio_path, spec.grid.sample_rate)
    song_ms = 1000.0 * len(samples) / spec.grid.sample_rate
    mel = song_mel(samples, spec)
    return SongGenerator(model, spec, mel, song_ms, sampling.lookback, sampling.lookahead, progress, samples)


def song_notes(request: GenerationRequest) -> list[str]:
    """Return what a user should know of how the song was read; nothing for parity, which reads it as the original."""
    return [] if request.model.parity else audio_notes(request.song.audio_path)


def _loaded_plain(folder: Path, device: str, precision: str, lora: str | None) -> tuple[MapperModel, Contract]:
    return load_model(folder, device, precision, lora=lora)


def _loaded_ready(folder: Path, device: str, precision: str, lora: str | None) -> tuple[MapperModel, Contract]:
    model, spec = load_model(folder, device, precision, lora=lora)
    return prepare_to_generate(model, precision == "int8"), spec
