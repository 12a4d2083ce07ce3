"""Reference map of a request, bounded by its song, and unused parts."""

from __future__ import annotations

from dataclasses import dataclass

from osu_beatmap.beatmap import Beatmap
from osu_beatmap.errors import BeatmapError
from osu_beatmap.files.reader import first_warnings, read_beatmap
from osu_beatmap.song_bounds import SongPart, part_in_song
from osuT5.audio.decode import audio_duration_ms
from osuT5.tokens.events import ContextKind
from pipeline.request.options import GenerationRequest, RequestError
from pipeline.request.resolve import fill_from_beatmap


@dataclass(frozen=True)
class ReferenceMap:
    """A reference map.

    Attributes:
        request: The request with what the map fills in.
        part: The part of the map that lies in the song.
        notes: Sentences about unused parts of the file.
    """

    request: GenerationRequest
    part: SongPart
    notes: tuple[str, ...]

    @property
    def beatmap(self) -> Beatmap:
        """The part of the map that lies in the song."""
        return self.part.beatmap

    def with_outside(self, generated: Beatmap) -> Beatmap:
        """Add the objects outside the song to a map that keeps objects."""
        scope = self.request.scope
        if not scope.keeps_objects:
            return generated
        return self.part.with_outside(generated, with_lines=ContextKind.TIMING in scope.in_context)


def read_reference_map(request: GenerationRequest) -> ReferenceMap | None:
    """Read the reference map of a request, or return None.

    Raises:
        RequestError: The map lacks a requested part.
        BeatmapError, AudioError: The map or its song cannot be used.
    """
    path = request.song.beatmap_path
    if path is None:
        return None
    warnings: list[str] = []
    beatmap = read_beatmap(path, warnings)
    filled = fill_from_beatmap(request, beatmap)
    assert filled.song.audio_path is not None, "filled in from the reference"
    try:
        part = part_in_song(beatmap, audio_duration_ms(filled.song.audio_path))
    except BeatmapError as error:
        raise RequestError(f"{path.name} cannot be used: {error}.") from error
    if request.model.parity and not part.is_whole:
        raise RequestError(f"{path.name} cannot be used with parity=true: {part.notes[0]}")
    notes = [f"{path.name}: {warning}." for warning in first_warnings(warnings)]
    # Options like those of the map follow its part in the song, which has a star rating more often.
    request = filled if part.is_whole else fill_from_beatmap(request, part.beatmap)
    return ReferenceMap(request, part, (*notes, *part.notes))
