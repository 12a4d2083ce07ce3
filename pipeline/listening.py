"""A model and the song that it listens to, brought together."""

from __future__ import annotations

from pathlib import Path

from osuT5.audio import load_audio
from osuT5.generation.listening import Progress
from osuT5.generation.schedule import SongWriter
from osuT5.mel import song_mel
from osuT5.model.loading import best_device, load_model
from pipeline.options import GenerationRequest


def song_writer(
    request: GenerationRequest, folder: Path, lora: str | None = None, progress: Progress | None = None
) -> SongWriter:
    """The model in `folder`, with an adapter if one is named, in front of the song of the request.

    Raises AudioError or ModelError, each with one sentence for the user.
    """
    options, sampling = request.model, request.sampling
    model, spec = load_model(folder, best_device(options.device), options.precision, lora=lora)
    samples = load_audio(request.song.audio_path, spec.grid.sample_rate)
    song_ms = 1000.0 * len(samples) / spec.grid.sample_rate
    mel = song_mel(samples, spec)
    return SongWriter(model, spec, mel, song_ms, sampling.lookback, sampling.lookahead, progress)
