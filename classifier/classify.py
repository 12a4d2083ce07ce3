"""Most likely mappers of a map.

`python classifier/classify.py beatmap_path=map.osu time=60`
"""

from __future__ import annotations

import os
import sys

if __name__ == "__main__":
    # Python puts this script's folder first, where `model` and `training` are others than the repository's.
    sys.path[0] = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    from feedback.startup import start_program

    start_program()

from dataclasses import dataclass
from pathlib import Path

from hydra.core.config_store import ConfigStore

from pipeline.cli.command_line import FlatConfig, Program, run
from pipeline.request.inference_options import read_device
from pipeline.request.option_values import Number, WholeNumber, option, path, read_options, text
from pipeline.request.options import RequestError

LONGEST_SONG_S = 24 * 3600


@dataclass
class ClassifyOptions:
    """Options as users type them; `configs/classify.yaml` explains each."""

    beatmap_path: str | None = option(path)
    audio_path: str | None = option(path)
    time: float | None = option(Number(0, LONGEST_SONG_S))
    top: int = option(WholeNumber(1), 10)
    model_path: str | None = option(text)
    device: str = option(read_device, "auto")


ConfigStore.instance().store("classify_options", ClassifyOptions)


@dataclass(frozen=True, slots=True)
class ClassifyRequest:
    """A checked request; its fields are the options. `time` is in seconds."""

    beatmap_path: Path
    audio_path: Path | None = None
    time: float | None = None
    top: int = 10
    model_path: str | None = None
    device: str = "auto"


def classify(config: FlatConfig) -> None:
    """Print the most likely mappers."""
    request = resolve_request(config)
    from osu_beatmap.files.named_files import find_named_file
    from osu_beatmap.files.reader import first_warnings, read_beatmap
    from osu_beatmap.song_bounds import part_in_song
    from osuT5.audio.decode import audio_format, load_audio

    warnings: list[str] = []
    beatmap = read_beatmap(request.beatmap_path, warnings)
    audio_path = request.audio_path or find_named_file(request.beatmap_path.parent, beatmap.audio_filename)
    if not audio_path.is_file():
        raise RequestError(f"The map's audio is not next to it ({audio_path.name}): give it as audio_path=FILE.")
    audio_format(audio_path)
    # Only now what takes seconds to import: wrong input is answered at once.
    from classifier.contract import load_classifier
    from classifier.ranking import rank_mappers
    from osuT5.generation.threads import cpu_threads
    from osuT5.model.files.find import best_device

    classifier = load_classifier(request.model_path, best_device(request.device))
    samples = load_audio(audio_path, classifier.spec.grid.sample_rate)
    part = part_in_song(beatmap, 1000.0 * len(samples) / classifier.spec.grid.sample_rate)
    for note in (*first_warnings(warnings), *part.notes):
        print(f"Note: {note.rstrip('.')}.", file=sys.stderr)
    with cpu_threads(classifier.model.reader):
        ranking = rank_mappers(beatmap, samples, classifier, request.time)
    metadata = beatmap.metadata
    print(f"{metadata.artist} - {metadata.title} [{metadata.version}] by {metadata.creator}")
    excerpts = f", {ranking.excerpts} excerpts" if ranking.excerpts > 1 else ""
    print(f"{ranking.start_s:.1f} s to {ranking.end_s:.1f} s, {ranking.objects} objects{excerpts}")
    for place, (mapper, chance) in enumerate(ranking.chances[: request.top], start=1):
        print(f"{place:3}. {100 * chance:5.1f} %  {mapper}")


def resolve_request(config: FlatConfig) -> ClassifyRequest:
    """Return the checked request.

    Raises:
        RequestError: An option is wrong.
    """
    given = read_options(ClassifyOptions, config)
    if "beatmap_path" not in given:
        raise RequestError("beatmap_path is missing: give the map as beatmap_path=map.osu.")
    request = ClassifyRequest(**given)
    for name in ("beatmap_path", "audio_path"):
        file = getattr(request, name)
        if file is not None and not file.is_file():
            raise RequestError(f"There is no file at {file} ({name}).")
    return request


CLASSIFY = Program(
    script="classifier/classify.py",
    config_name="classify",
    purpose="Lists the mappers whose style an osu! beatmap resembles most.",
    example="beatmap_path=map.osu time=60",
    action=classify,
)

if __name__ == "__main__":
    sys.exit(run(CLASSIFY))
