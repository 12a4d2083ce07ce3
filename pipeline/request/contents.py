"""Contents of a request's files, checked before models are loaded."""

from __future__ import annotations

from osu_beatmap.files.reader import read_beatmap
from osuT5.audio.decode import audio_format
from pipeline.request.options import GenerationRequest
from pipeline.request.resolve import fill_from_beatmap


def check_contents(request: GenerationRequest) -> None:
    """Raise UserError if the reference or the song is unsuitable."""
    song = request.song
    if song.beatmap_path is not None:
        song = fill_from_beatmap(request, read_beatmap(song.beatmap_path)).song
    assert song.audio_path is not None, "given, or filled in from the reference"
    audio_format(song.audio_path)
