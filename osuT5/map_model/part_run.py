"""Training run of one part of a map model."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Protocol, TypeVar

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from osu_beatmap.held_out import Split
from osuT5.dataset.files.filters import OPT_OUT_FILE, ChartFilter, OptOutList
from osuT5.dataset.files.sources import SourceReport
from osuT5.map_model.options import MapTrainOptions, PartOptions
from osuT5.training.adapters import adapt
from training.checkpoint import AVERAGE_FILE, RunState, replace_folder
from training.devices import move_batch
from training.loop import BEST_FOLDER, CHECKPOINT_FOLDER, MODEL_FOLDER, run_training
from training.loop_options import LoopOptions
from training.options import OptionError, with_changes
from training.processes import Processes
from training.task import Figures, Task
from training.trackers import make_trackers

PAUSE_POLL_S = 2.0

BOUND_FILE = "bound_to.sha256"

VALIDATION_EVERY = 12
"""One of so many training songs is never trained on: thresholds and the best weights are chosen by these songs."""

ADAPTED_MATRICES = ("query_key_value", "output", "rise", "fall", "modulation")
"""Matrices of a layer that get an adapter, unless `lora.target_modules` names others."""

Options = TypeVar("Options")
Song = TypeVar("Song")
NamedSong = TypeVar("NamedSong", bound="Named")
Network = TypeVar("Network", bound=nn.Module)


class Named(Protocol):
    """Song with a name."""

    @property
    def name(self) -> str: ...


class SongLoader(Protocol[Song]):
    """Reads the songs of a split; caches what takes long to compute."""

    def __call__(
        self, dataset: str, cache: Path, split: Split, report: SourceReport, chart_filter: ChartFilter
    ) -> list[Song]: ...


@dataclass(frozen=True)
class PartRun:
    """Training run of one part.

    Attributes:
        name: Name of the part; its options are under this name in `options`.
        processes: Processes that train together.
    """

    name: str
    options: MapTrainOptions
    processes: Processes

    @property
    def folder(self) -> Path:
        """Folder of checkpoints, the log and the part's model."""
        return Path(self.options.run_path) / self.name

    @property
    def start(self) -> Path | None:
        """Folder of the initial weights."""
        return Path(self.options.pretrained_path) / self.name if self.options.pretrained_path else None

    @property
    def loop(self) -> LoopOptions:
        """Options of the loop, changed by those of the part."""
        return with_changes(self.options.loop, self._part.loop, f"{self.name}.loop")

    def sizes(self, kind: type[Options]) -> Options:
        """Return the sizes of the network, given the class of its config."""
        return with_changes(kind(), self._part.sizes, f"{self.name}.sizes")

    def resize(self, sizes: Options) -> Options:
        """Return given sizes with the options that keep their shape."""
        dropout = self._part.sizes.get("dropout")
        return sizes if dropout is None else replace(sizes, dropout=dropout)  # type: ignore[type-var]

    def load_initial_network(
        self, load: Callable[[Path], Network], build: Callable[[Any], Network], is_optional: bool = False
    ) -> Network | None:
        """Return a network with the initial weights, None without any.

        Args:
            load: Loads a model of this part from a folder.
            build: Returns a network for a config.
            is_optional: Whether folders without this part are accepted; older ones have no beat or bar model.

        Raises:
            ModelError: The weights cannot be loaded.
        """
        if self.start is None or (is_optional and not self.start.is_dir()):
            return None
        start = load(self.start)
        network = build(self.resize(start.config))
        network.load_state_dict(start.state_dict())
        return network

    def sampling(self, kind: type[Options]) -> Options:
        """Return the sampling options, given their class."""
        return with_changes(kind(), self._part.sampling, f"{self.name}.sampling")

    def load(self, load: SongLoader[Song]) -> tuple[list[Song], list[Song]]:
        """Return the songs to train on and the held-out ones.

        Raises:
            OptionError: There is no song to train on.
        """
        data, report = self.options.data, SourceReport()
        dataset, split = data.train_dataset_path, Split(data.split)
        cache, chart_filter = self._cache, self._chart_filter
        with self.processes.main_first():
            songs = load(dataset, cache, split, report, chart_filter)
            held_out = load(dataset, cache, Split.HELD_OUT, report, chart_filter) if split is Split.TRAIN else []
        if not songs:
            raise OptionError(f"train_dataset_path={dataset} has no song to train on: give a folder of mapsets.")
        counts = f"{len(songs)} songs, {len(held_out)} held out, {len(report.skipped)} files skipped"
        self.processes.say(f"{self.name}: {counts}")
        return songs, held_out

    def load_silent(self, load: SongLoader[Song]) -> list[Song]:
        """Return the maps without songs to train on, by default none."""
        data, report = self.options.data, SourceReport()
        if not data.silent_dataset_path:
            return []
        with self.processes.main_first():
            songs = load(data.silent_dataset_path, self._cache, Split(data.split), report, self._chart_filter)
        self.processes.say(f"{self.name}: {len(songs)} maps without songs, {len(report.skipped)} files skipped")
        return songs

    def bind(self, digest: str) -> None:
        """Bind the run to other weights, which its batches depend on.

        Raises:
            OptionError: It was begun with others.
        """
        file = self.folder / BOUND_FILE
        is_begun = (self.folder / CHECKPOINT_FOLDER).is_dir() and file.is_file()
        if is_begun and file.read_text(encoding="utf-8") != digest:
            raise OptionError(f"{self.folder} belongs to another rhythm model: delete it to start again.")
        self.processes.wait()  # Nobody may write before everybody has read.
        if self.processes.is_main:
            self.folder.mkdir(parents=True, exist_ok=True)
            file.write_text(digest, encoding="utf-8")

    def train(self, network: nn.Module, task: Task, save: Callable[..., None], layers: str) -> None:
        """Train or resume, and write the part's model or adapter.

        Args:
            save: Writes a model, given its folder and all `weights` of the network.
            layers: Pattern of the names of layers that an adapter changes.
        """

        def save_whole(weights: Mapping[str, Tensor], folder: Path) -> None:
            state = {name: weight.cpu() for name, weight in network.state_dict().items()}
            save(folder, weights=state | dict(weights))

        export = save_whole
        lora = self.options.lora
        if lora.enable_lora:
            names = "|".join(lora.target_modules or ADAPTED_MATRICES)
            export = adapt(network, lora, rf"{layers}\.({names})")
        trackers = []
        if self.processes.is_main:
            self.folder.mkdir(parents=True, exist_ok=True)
            trackers = make_trackers(self.options.logging, self.folder, asdict(self.options))
        placed = PlacedTask(task, export, self.processes.device, self.options.pause_path)
        run_training(network, placed, self.loop, self.folder, processes=self.processes, trackers=trackers)
        if self.processes.is_main:
            with replace_folder(self.folder / MODEL_FOLDER) as temporary:
                export(load_file(self.folder / CHECKPOINT_FOLDER / AVERAGE_FILE), temporary)
        self.processes.wait()

    @property
    def is_finished(self) -> bool:
        """Return whether the last step was taken."""
        state = RunState.load(self.folder / CHECKPOINT_FOLDER)
        is_measured = state.total_steps or not self.loop.fit_minutes
        return bool(is_measured) and state.step >= (state.total_steps or self.loop.total_steps)

    @property
    def model(self) -> Path:
        """Folder of the weights with the lowest held-out loss.

        Without held-out songs, it holds the last ones.
        """
        best = self.folder / BEST_FOLDER
        return best if best.is_dir() else self.folder / MODEL_FOLDER

    @property
    def _cache(self) -> Path:
        return Path(self.options.data.cache_path or Path(self.options.run_path) / "cache")

    @property
    def _chart_filter(self) -> ChartFilter:
        data = self.options.data
        opted_out = OptOutList.read(Path(data.opt_out_path) if data.opt_out_path else OPT_OUT_FILE)
        return ChartFilter(
            data.gamemodes, data.key_counts, data.min_difficulty, data.max_difficulty, opted_out=opted_out
        )

    @property
    def _part(self) -> PartOptions:
        return getattr(self.options, self.name)


def split_validation(songs: Sequence[NamedSong]) -> tuple[list[NamedSong], list[NamedSong]]:
    """Split songs into training songs and validation songs.

    The latter choose weights and thresholds.
    """
    ordered = sorted(songs, key=lambda song: song.name)
    validation = ordered[VALIDATION_EVERY - 1 :: VALIDATION_EVERY]
    names = {song.name for song in validation}
    return [song for song in ordered if song.name not in names], validation


class PlacedTask:
    """Task of a part with batches on the device and pauses."""

    def __init__(
        self,
        task: Task,
        export: Callable[[Mapping[str, Tensor], Path], None],
        device: torch.device,
        pause_path: str = "",
    ) -> None:
        self.task, self.export, self.device, self.pause_path = task, export, device, pause_path

    def batch(self, step: int) -> Any:
        """Return the batch of a step; wait while the run is paused."""
        while self.pause_path and Path(self.pause_path).exists():
            time.sleep(PAUSE_POLL_S)
        return move_batch(self.task.batch(step), self.device)

    def loss(self, model: nn.Module, batch: Any, step: int) -> tuple[Tensor, Figures]:
        """Return the loss of a batch, and figures."""
        return self.task.loss(model, batch, step)

    def evaluate(self, model: nn.Module) -> dict[str, float]:
        """Return figures on held-out songs."""
        return self.task.evaluate(model)
