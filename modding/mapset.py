"""Maps of a mapset, and differences between its difficulties.

A mapset is a folder, an .osz or one file.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from modding.aspects import Category
from modding.set_checks import set_suggestion
from modding.suggestions import Suggestion
from osu_beatmap.beatmap import Beatmap, GameMode, HitSound
from osu_beatmap.editor_notation import clock
from osu_beatmap.errors import BeatmapError
from osu_beatmap.files.archive import Osz, read_osz
from osu_beatmap.files.named_files import find_named_file
from osu_beatmap.files.reader import decode_osu_bytes, read_beatmap
from osu_beatmap.timing.active_point import Timing
from pipeline.request.options import RequestError

MOST_FILES = 10_000
SAME_MS = 2.0
MIN_SHARED_SOUNDS = 40
"""Minimum objects at equal times in two difficulties for a comparison of their hitsounds."""

MAX_OTHER_SOUNDS = 0.3
"""Fraction of hitsounds in which difficulties of a set may differ. Taiko is not compared: they are its notes."""


@dataclass(slots=True)
class Mapset:
    """Maps by name, with their audio, and reading problems.

    Attributes:
        warnings: Sentences about lines of a map that were skipped or repaired, by its name.
        notes: Sentences about maps that were left out.
        files: Names of all files, relative to the mapset; empty for a single map.
        storyboards: Texts of the .osb files.
    """

    maps: dict[str, Beatmap] = field(default_factory=dict)
    audio: dict[str, Path] = field(default_factory=dict)
    warnings: dict[str, list[str]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    storyboards: list[str] = field(default_factory=list)


@contextmanager
def open_mapset(path: Path, audio_path: Path | None = None) -> Iterator[Mapset]:
    """Open the maps at a path.

    The audio of an .osz is in a temporary folder during the context.

    Raises:
        RequestError: There is no map, or no audio for one.
    """
    with tempfile.TemporaryDirectory(prefix="review-", ignore_cleanup_errors=True) as folder:
        if path.is_dir():
            mapset = _read_files(sorted(path.glob("*.osu")), path)
        elif path.suffix.lower() == ".osz":
            mapset = _read_archive(read_osz(path), Path(folder))
        else:
            mapset = Mapset()
            mapset.maps[path.stem] = read_beatmap(path, mapset.warnings.setdefault(path.stem, []))
            mapset.audio[path.stem] = find_named_file(path.parent, mapset.maps[path.stem].audio_filename)
        if not mapset.maps:
            raise RequestError(f"There is no readable map in {path}.")
        for name in mapset.maps:
            if audio_path is not None:
                mapset.audio[name] = audio_path
            elif name not in mapset.audio or not mapset.audio[name].is_file():
                named = mapset.maps[name].audio_filename or "none"
                raise RequestError(f"The audio of {name} ({named}) is missing; give it with audio_path=song.mp3.")
        yield mapset


def _read_files(paths: Sequence[Path], folder: Path) -> Mapset:
    mapset = Mapset()
    for path in paths:
        try:
            mapset.maps[path.stem] = read_beatmap(path, mapset.warnings.setdefault(path.stem, []))
        except (BeatmapError, OSError) as error:
            mapset.notes.append(f"{path.name} was skipped: {error}")
            continue
        mapset.audio[path.stem] = find_named_file(folder, mapset.maps[path.stem].audio_filename)
    found = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    mapset.files = [path.relative_to(folder).as_posix() for path in found[:MOST_FILES]]
    mapset.storyboards = [decode_osu_bytes(path.read_bytes()) for path in found if path.suffix.lower() == ".osb"]
    return mapset


def _read_archive(archive: Osz, folder: Path) -> Mapset:
    mapset = Mapset()
    of_archive = list(archive.warnings)
    extracted: dict[str, Path] = {}
    for name, beatmap in archive.beatmaps.items():
        stem = Path(name).stem
        mapset.maps[stem] = beatmap
        own = [warning for warning in of_archive if warning.startswith(f"{name}: ")]
        mapset.warnings[stem] = [warning.removeprefix(f"{name}: ") for warning in own]
        of_archive = [warning for warning in of_archive if warning not in own]
        audio = archive.find(beatmap.audio_filename, name)
        if audio is not None:
            if audio not in extracted:
                extracted[audio] = archive.extract(audio, folder)
            mapset.audio[stem] = extracted[audio]
    mapset.notes = of_archive
    mapset.files = archive.other_files
    storyboards = [name for name in archive.other_files if name.lower().endswith(".osb")]
    mapset.storyboards = [decode_osu_bytes(archive.read_bytes(name)) for name in storyboards]
    return mapset


def differences(maps: dict[str, Beatmap]) -> list[Suggestion]:
    """Return differences between difficulties that should share values.

    Each names the difficulty with a value of its own.
    """
    if len(maps) < 2:
        return []
    odd = [each for shared in _SHARED for each in _odd_ones(maps, *shared)]
    return [*odd, *_other_sounds(maps)]


def _odd_ones(
    maps: dict[str, Beatmap], what: str, category: Category, value: Callable[[Beatmap], object]
) -> Iterator[Suggestion]:
    """Yield a suggestion for each difficulty whose value is unusual."""
    values = {name: value(beatmap) for name, beatmap in maps.items()}
    usual, count = Counter(values.values()).most_common(1)[0]
    if count == len(maps):
        return
    for name, own in values.items():
        if own != usual:
            here, elsewhere = _shown(own, usual), _shown(usual, own)
            message = f"[{maps[name].metadata.version}] has another {what} than the other difficulties"
            message = f"{message}: {here or 'none'}; there {elsewhere or 'none'}."
            difference = set_suggestion(category, message, "mapset_differences")
            yield replace(difference, actual=here, expected=elsewhere)


def _shown(value: object, other: object) -> str:
    """Return a value, or the part of a tuple that another lacks."""
    if not isinstance(value, tuple) or not isinstance(other, tuple):
        return str(value)
    own = [part for part in value if part not in other]
    return "; ".join(str(part) for part in own[:3]) + (" ..." if len(own) > 3 else "")


def _red_lines(beatmap: Beatmap) -> tuple[str, ...]:
    reds = [line for line in beatmap.timing_points if line.uninherited]
    return tuple(f"{clock(line.time_ms)} {line.bpm:.2f} BPM {line.meter}/4" for line in reds)


def _kiai(beatmap: Beatmap) -> tuple[str, ...]:
    try:
        spans = Timing(beatmap.timing_points).kiai_spans()
    except BeatmapError:  # without a tempo there is none; that says the other difference
        return ()
    return tuple(clock(start_ms) for start_ms, _ in spans)


_SHARED: tuple[tuple[str, Category, Callable[[Beatmap], object]], ...] = (
    ("set of red lines", Category.TIMING, _red_lines),
    ("kiai", Category.KIAI, _kiai),
    ("artist", Category.GENERAL, lambda beatmap: (beatmap.metadata.artist, beatmap.metadata.artist_unicode)),
    ("title", Category.GENERAL, lambda beatmap: (beatmap.metadata.title, beatmap.metadata.title_unicode)),
    ("source", Category.GENERAL, lambda beatmap: beatmap.metadata.source),
    ("creator", Category.GENERAL, lambda beatmap: beatmap.metadata.creator),
    ("set of tags", Category.GENERAL, lambda beatmap: tuple(sorted(beatmap.metadata.tags))),
    ("audio file", Category.GENERAL, lambda beatmap: beatmap.audio_filename),
    ("preview time", Category.GENERAL, lambda beatmap: beatmap.preview_time_ms),
)
"""What the difficulties of a set share, by the ranking criteria."""


def _other_sounds(maps: dict[str, Beatmap]) -> Iterator[Suggestion]:
    """Yield suggestions for different additions at times that difficulties share."""
    additions = HitSound.WHISTLE | HitSound.FINISH | HitSound.CLAP
    sounds = {
        name: {round(obj.time_ms): int(obj.hitsound) & additions for obj in beatmap.hit_objects}
        for name, beatmap in maps.items()
        if beatmap.mode in (GameMode.STANDARD, GameMode.CATCH)
    }
    fullest = max(sounds, key=lambda name: len(sounds[name]), default=None)
    for name, own in sounds.items():
        shared = own.keys() & sounds[fullest].keys()
        other = sum(own[time_ms] != sounds[fullest][time_ms] for time_ms in shared)
        if name != fullest and len(shared) >= MIN_SHARED_SOUNDS and other > MAX_OTHER_SOUNDS * len(shared):
            message = (
                f"[{maps[name].metadata.version}] has other hitsounds than [{maps[fullest].metadata.version}] at "
                f"{other} of the {len(shared)} times of common objects."
            )
            yield set_suggestion(Category.HIT_SOUNDS, message, "mapset_differences")
