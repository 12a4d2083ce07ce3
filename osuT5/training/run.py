"""Training run of the seq2seq model, from options to folder."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import torch
from safetensors.torch import load_file

from osu_beatmap.held_out import Split
from osuT5.dataset.batches import BatchPart
from osuT5.dataset.samplers import TrainingData, open_training_data
from osuT5.model.files.find import training_device
from osuT5.training.options import TrainOptions
from osuT5.training.start import StartingPoint, check_start, starting_point
from osuT5.training.task import Draw, MapperTask
from training.checkpoint import AVERAGE_FILE, replace_folder
from training.loop import CHECKPOINT_FOLDER, MODEL_FOLDER, run_training
from training.options import OptionError, require_one_of
from training.processes import Processes
from training.trackers import make_trackers


def train(options: TrainOptions, drawer: Callable[[TrainOptions], Draw] | None = None) -> Path:
    """Run or resume a training; save averaged weights with their contract.

    Returns the model's folder.

    Args:
        drawer: Returns the function that draws sample generations, if `loop.sample_every` requests them.

    Raises:
        OptionError, CorpusError, ModelError: One sentence for the user.
    """
    if not options.data.train_dataset_path:
        raise OptionError("train_dataset_path is missing: give the folder of mapsets as train_dataset_path=FOLDER.")
    require_one_of(tuple(split.value for split in Split), "data.split", options.data.split)
    check_start(options)
    if options.threads:
        torch.set_num_threads(options.threads)
    processes = Processes(training_device(options.device))
    start = starting_point(options)
    draw = drawer(options) if drawer is not None and options.loop.sample_every else None
    with processes.main_first():  # which fills the cache of spectrograms
        data = _open_data(start, options, processes)
    try:
        task = MapperTask(start, options.loss, data, options.held_out_batches, draw)
        _run(start, task, options, processes)
    finally:
        data.close()
        processes.close()
    return Path(options.run_path) / MODEL_FOLDER


def _open_data(start: StartingPoint, options: TrainOptions, processes: Processes) -> TrainingData:
    passes = options.loop.accumulation_steps
    count = passes * processes.world_size
    parts = [BatchPart(processes.rank * passes + index, count) for index in range(passes)]
    opened = open_training_data(start.spec, options.data, options.batch, options.augmentation, options.seed, parts)
    for note in opened.notes:
        processes.say(note)
    return opened


def _run(start: StartingPoint, task: MapperTask, options: TrainOptions, processes: Processes) -> None:
    folder = Path(options.run_path)
    trackers = []
    if processes.is_main:
        folder.mkdir(parents=True, exist_ok=True)
        trackers = make_trackers(options.logging, folder, asdict(options))
    run_training(start.model, task, options.loop, folder, processes=processes, trackers=trackers)
    if processes.is_main:
        with replace_folder(folder / MODEL_FOLDER) as temporary:
            task.export(load_file(folder / CHECKPOINT_FOLDER / AVERAGE_FILE), temporary)
    processes.wait()
