"""The batches of a run: songs and charts of the training set and of the held-out set."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from osu_beatmap.model import GameMode
from osuT5.dataset.corpus import load_corpus
from osuT5.dataset.examples import ExampleSampler
from osuT5.dataset.sources import Song, Split, mapset_songs
from osuT5.spec import ModelSpec
from osuT5.training.options import TrainOptions
from training.options import OptionError, require_one_of


@dataclass
class Samplers:
    """`notes`: lines that say what was read and what was left out."""

    train: ExampleSampler
    held_out: ExampleSampler | None
    notes: list[str] = field(default_factory=list)


def check_data(options: TrainOptions) -> None:
    """Raises OptionError for what is wrong before anything is read."""
    folder = options.data.train_dataset_path
    if not folder:
        raise OptionError("train_dataset_path is missing: give the folder of mapsets as train_dataset_path=FOLDER.")
    if not Path(folder).is_dir():
        raise OptionError(f"train_dataset_path must be a folder of mapsets, got {folder}.")
    require_one_of(tuple(split.value for split in Split), "split", options.data.split)


def samplers(spec: ModelSpec, options: TrainOptions) -> Samplers:
    """Raises CorpusError where there is nothing to train on."""
    data = options.data
    songs = list(mapset_songs(Path(data.train_dataset_path)))
    cache = Path(data.cache_path) if data.cache_path else None
    corpus, report = load_corpus(songs, spec, Split(data.split), cache, data.convert_to_catch)
    notes = [f"training on {len(corpus)} songs, charts by mode: {_named(report.charts_by_mode)}"]
    notes += [f"  left out {line}" for line in report.skipped]
    train = ExampleSampler(corpus, spec, options.batch, options.augmentation, options.seed)
    held_out = _held_out(songs, spec, options, cache, notes) if data.split == "train" else None
    return Samplers(train, held_out, notes)


def _held_out(
    songs: list[Song], spec: ModelSpec, options: TrainOptions, cache: Path | None, notes: list[str]
) -> ExampleSampler | None:
    corpus, report = load_corpus(songs, spec, Split.HELD_OUT, cache, convert_to_catch=False)
    if not corpus:
        return None
    notes.append(f"held out: {len(corpus)} songs, charts by mode: {_named(report.charts_by_mode)}")
    return ExampleSampler(corpus, spec, options.batch, None, seed=0)


def _named(counts: dict) -> str:
    return ", ".join(f"{GameMode(mode).name.lower()} {count}" for mode, count in sorted(counts.items()))
