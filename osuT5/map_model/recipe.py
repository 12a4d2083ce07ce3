"""Training of a map model from a folder of mapsets."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from pathlib import Path

import torch

from model_files.errors import ModelError
from osuT5.bars.training import train_bars
from osuT5.beats.training import train_beats
from osuT5.map_model.adapters import save_bases
from osuT5.map_model.folder import BARS, BEATS, OBJECTS, PART_FILES, RHYTHM, SOUND, is_map_model, sound_folder
from osuT5.map_model.options import MapDataOptions, MapTrainOptions
from osuT5.map_model.part_run import PartRun
from osuT5.model.files.find import find_model, training_device
from osuT5.objects.training import train_objects
from osuT5.rhythm.training import train_rhythm
from osuT5.training.options import TrainOptions
from training.checkpoint import replace_folder
from training.loop import MODEL_FOLDER
from training.options import OptionError, require_one_of
from training.processes import Processes

TRAINERS: dict[str, Callable[[PartRun, Path], None]] = {
    BEATS: lambda run, rhythm: train_beats(run),
    BARS: lambda run, rhythm: train_bars(run),
    RHYTHM: lambda run, rhythm: train_rhythm(run),
    OBJECTS: train_objects,
}
"""Part -> its training, in order. The path is that of the rhythm model that later parts depend on."""

MODEL_CARD = "README.md"


def train_map_model(options: MapTrainOptions) -> Path | None:
    """Run or resume a training; return the folder of the model.

    Parts are trained one after the other. A part begins when those before it are finished.

    Returns:
        None if the time was up before the last step.

    Raises:
        OptionError, ModelError, CorpusError: One sentence for the user.
    """
    _check_parts(options)
    if options.pretrained_path:
        options = replace(options, pretrained_path=str(_find_pretrained(options.pretrained_path)))
    if options.threads:
        torch.set_num_threads(options.threads)
    processes = Processes(training_device(options.device))
    try:
        trained = _train_parts(options, processes)
        folder = Path(options.run_path) / MODEL_FOLDER
        if trained and processes.is_main:
            with replace_folder(folder) as temporary:
                if options.lora.enable_lora:
                    save_bases(temporary, {part: Path(options.pretrained_path) / part for part in trained})
                    for part, source in trained.items():
                        copy_files(source, temporary / part)
                else:
                    _copy_parts(Path(options.pretrained_path), trained, temporary)
        processes.wait()
    finally:
        processes.close()
    return folder if trained else None


def is_for_map_model(options: TrainOptions) -> bool:
    """Return whether options of `-cn lora` name a map model.

    Such a model has no event tokens to adapt.
    """
    return options.lora.enable_lora and is_map_model(find_model(options.pretrained_path or None).root)


def adapter_options(options: TrainOptions) -> MapTrainOptions:
    """Return the options of a map model's adapter.

    Those of event tokens do not apply.
    """
    data = options.data
    names = {field.name for field in fields(MapDataOptions)}
    return MapTrainOptions(
        run_path=options.run_path,
        pretrained_path=options.pretrained_path,
        seed=options.seed,
        device=options.device,
        threads=options.threads,
        data=MapDataOptions(**{name: value for name, value in vars(data).items() if name in names}),
        lora=options.lora,
        loop=options.loop,
        logging=options.logging,
    )


def _train_parts(options: MapTrainOptions, processes: Processes) -> Mapping[str, Path]:
    """Return the folder of each trained part, or none if unfinished."""
    trained: dict[str, Path] = {}
    for name, train in TRAINERS.items():
        if name not in options.parts or (name in (BEATS, BARS) and options.lora.enable_lora):
            continue
        run = PartRun(name, options, processes)
        is_changed = RHYTHM in trained and not options.lora.enable_lora  # adapters leave the sound as it is
        train(run, trained[RHYTHM] if is_changed else sound_folder(Path(options.pretrained_path)))
        if not run.is_finished:
            processes.say(f"Training of {name} is not finished: the same command resumes it.")
            return {}
        trained[name] = run.model
    return trained


def _copy_parts(start: Path, trained: Mapping[str, Path], folder: Path) -> None:
    """Copy trained parts, and the others of the initial model.

    Objects that were trained with another rhythm model keep it as their sound.
    """
    kept = {part: start / part for part in TRAINERS}
    parts = {part: source for part, source in kept.items() if source.is_dir()} | trained
    for part, source in parts.items():
        copy_files(source, folder / part)
    sound = trained[RHYTHM] if OBJECTS in trained and RHYTHM in trained else sound_folder(start)
    if sound != parts[RHYTHM]:
        copy_files(sound, folder / OBJECTS / SOUND)


def _check_parts(options: MapTrainOptions) -> None:
    if not options.data.train_dataset_path:
        raise OptionError("train_dataset_path is missing: give the folder of mapsets as train_dataset_path=FOLDER.")
    for part in options.parts:
        require_one_of(tuple(TRAINERS), "parts", part)
    lacking = [part for part in PART_FILES if part not in options.parts]
    if not options.pretrained_path and (lacking or options.lora.enable_lora):
        wanted = "a model to adapt" if options.lora.enable_lora else f"a model with the part {lacking[0]}"
        raise OptionError(f"pretrained_path must be {wanted}, got none.")


def _find_pretrained(source: str) -> Path:
    """Return the folder of the map model with the initial weights."""
    try:
        folder = find_model(source).root
    except ModelError as error:
        raise ModelError(str(error).replace("model_path", "pretrained_path")) from error
    if not is_map_model(folder):
        raise OptionError(f"pretrained_path={source} has no rhythm/ and objects/: -cn train_seq2seq trains it further.")
    return folder


def copy_files(source: Path, target: Path) -> None:
    """Copy the files of a part, without its card."""
    target.mkdir(exist_ok=True)
    for path in source.iterdir():
        if path.is_file() and path.name != MODEL_CARD:
            shutil.copyfile(path, target / path.name)
