"""One training run of the seq2seq model, from options to a model's folder."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import torch
from safetensors.torch import load_file

from osuT5.model.loading import best_device
from osuT5.training.data import check_data, samplers
from osuT5.training.options import TrainOptions
from osuT5.training.start import check_start, starting_point
from osuT5.training.task import Draw, MapperTask
from training.checkpoint import AVERAGE_FILE, replaced_folder
from training.loop import CHECKPOINT_FOLDER, run_training
from training.processes import Processes
from training.trackers import make_trackers

MODEL_FOLDER = "model"


def train(options: TrainOptions, drawer: Callable[[TrainOptions], Draw] | None = None) -> Path:
    """Runs or resumes a training run; writes the averaged weights with their contract. Returns the model's folder.

    drawer: gives what draws sample generations, where `loop.sample_every` asks for them
    Raises OptionError, CorpusError or ModelError, each with one sentence for the user.
    """
    check_data(options)
    check_start(options)
    if options.threads:
        torch.set_num_threads(options.threads)
    # Training on MPS was never tried, so "auto" does not choose it.
    device = best_device(options.device) if options.device != "auto" or torch.cuda.is_available() else "cpu"
    processes = Processes(device)
    run_folder = Path(options.run_path)
    start = starting_point(options)
    with processes.main_first():  # which fills the cache of spectrograms
        data = samplers(start.spec, options)
    for note in data.notes:
        processes.say(note)
    draw = drawer(options) if drawer is not None and options.loop.sample_every else None
    task = MapperTask(start, options.loss, data.train, data.held_out, options.held_out_batches, draw)
    if processes.is_main:
        run_folder.mkdir(parents=True, exist_ok=True)
    trackers = make_trackers(options.logging, run_folder, asdict(options)) if processes.is_main else []
    run_training(start.model, task, options.loop, run_folder, device, processes=processes, trackers=trackers)
    folder = run_folder / MODEL_FOLDER
    if processes.is_main:
        with replaced_folder(folder) as temporary:
            task.export(load_file(run_folder / CHECKPOINT_FOLDER / AVERAGE_FILE), temporary)
    processes.wait()
    return folder
