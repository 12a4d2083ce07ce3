"""Training a classifier of mappers: options, batches, loss and held-out figures."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from classifier.contract import BUNDLED_CLASSIFIER, CONTRACT_FILE, load_classifier, save_classifier
from classifier.dataset import Labels, NamedCorpus, NamedSong, SongOpener, named_corpus
from classifier.metrics import Figures as RankFigures
from classifier.metrics import chart_scores
from classifier.model import ExcerptReader, HeadConfig, MapperClassifier
from classifier.options import ClassifierTrainOptions
from classifier.summaries import Summariser, SummaryTable
from model_files.errors import ModelError
from osu_beatmap.held_out import Split, held_out_titles
from osuT5.map_model.folder import is_map_model
from osuT5.model.files.find import best_device, find_model
from osuT5.model.files.loading import load_model
from osuT5.tokens.contract import Contract
from training.loop import train_small_model
from training.options import OptionError
from training.task import Figures

MAPPER_SHARE_POWER = 0.5
"""Mappers are drawn by the root of the number of their songs; then one of these, then an excerpt of it."""

HELD_OUT_ROWS = 64
SCALED_ROWS = 256


@dataclass(frozen=True, slots=True)
class LabelledBatch:
    inputs: Tensor
    mappers: Tensor


class ClassifierTask:
    """Batches and losses of a classifier.

    The loss is the cross entropy of the mapper.
    """

    def __init__(self, options: ClassifierTrainOptions, train: SummaryTable, held_out: SummaryTable | None) -> None:
        self.options, self.train, self.held_out = options, train, held_out
        self.shares = drawing_shares(train.labels)

    def batch(self, step: int) -> LabelledBatch:
        rng = np.random.default_rng([self.options.seed, step])
        rows = rng.choice(len(self.shares), size=self.options.rows, p=self.shares)
        return LabelledBatch(self.train.inputs(rows), torch.from_numpy(self.train.labels.mappers[rows]))

    def loss(self, model: nn.Module, batch: LabelledBatch, step: int) -> tuple[Tensor, Figures]:
        device = model.centre.device
        logits = model(batch.inputs.to(device))
        mappers = batch.mappers.to(device)
        loss = F.cross_entropy(logits, mappers, label_smoothing=self.options.label_smoothing)
        return loss, {"top1": (logits.argmax(1) == mappers).float().mean().detach()}

    def evaluate(self, model: nn.Module) -> dict[str, float]:
        """Measure excerpts and whole charts on held-out songs."""
        if self.held_out is None or not len(self.held_out.labels):
            return {}
        labels = self.held_out.labels
        scores = log_probabilities(model, self.held_out)
        loss = -np.take_along_axis(scores, labels.mappers[:, None], axis=1).mean()
        excerpts, charts = RankFigures.of(scores, labels.mappers), RankFigures.of(*chart_scores(scores, labels))
        found = {"loss": float(loss), "top1": excerpts.top1, "top5": excerpts.top5, "balanced": excerpts.balanced}
        found |= {"chart_top1": charts.top1, "chart_top5": charts.top5}
        return {name: round(value, 4) for name, value in found.items()}


@torch.inference_mode()
def log_probabilities(model: MapperClassifier, source: SummaryTable) -> np.ndarray:
    """Return the log-probability of each mapper for each excerpt [n, mappers]."""
    rows = np.arange(len(source.labels))
    parts = [rows[first : first + HELD_OUT_ROWS] for first in range(0, len(rows), HELD_OUT_ROWS)]
    device = model.centre.device
    return np.concatenate(
        [model(source.inputs(part).to(device)).float().log_softmax(1).cpu().numpy() for part in parts]
    )


def drawing_shares(labels: Labels) -> np.ndarray:
    """Return the probability of drawing each excerpt [n]."""
    shares = np.zeros(len(labels))
    for mapper in np.unique(labels.mappers):
        own = labels.mappers == mapper
        songs = np.unique(labels.songs[own])
        for song in songs:
            rows = own & (labels.songs == song)
            shares[rows] = len(songs) ** (MAPPER_SHARE_POWER - 1.0) / rows.sum()
    return shares / shares.sum()


def fit_scale(model: MapperClassifier, train: SummaryTable, seed: int) -> None:
    """Set `centre` and `scale` by the summaries of some training excerpts."""
    rng = np.random.default_rng(seed)
    rows = rng.choice(len(train.labels), size=min(SCALED_ROWS, len(train.labels)), replace=False)
    summaries = train.inputs(rows).to(model.centre.device)
    with torch.no_grad():
        model.centre.copy_(summaries.mean(0))
        model.scale.copy_(summaries.std(0).clamp(min=1e-3))


def train_classifier(options: ClassifierTrainOptions) -> Path:
    """Run or resume a training; save averaged weights with their contract.

    Returns the model's folder.

    Raises:
        OptionError, CorpusError, ModelError: One sentence for the user.
    """
    if not options.train_dataset_path:
        raise OptionError("train_dataset_path is missing: give the folder of mapsets as train_dataset_path=FOLDER.")
    if options.threads:
        torch.set_num_threads(options.threads)
    device = best_device(options.device) if options.device != "auto" or torch.cuda.is_available() else "cpu"
    reader, spec = load_pretrained_reader(options)
    corpus = named_corpus(options.train_dataset_path)
    split = Split(options.split)
    train = songs_in(corpus, split)
    mappers = corpus.mappers(train.values(), options.fewest_charts)
    if len(mappers) < 2:
        raise OptionError(
            f"There are not two mappers with {options.fewest_charts} charts in train_dataset_path="
            f"{options.train_dataset_path}; try a smaller fewest_charts."
        )
    torch.manual_seed(options.seed)
    model = MapperClassifier(reader, HeadConfig(len(mappers), options.width, options.dropout)).to(device)
    model.reader.requires_grad_(False)
    summariser = summariser_of(options, model.reader, spec)
    source = summariser.table(train, mappers, corpus.report)
    held_out = None
    if split is Split.TRAIN:
        held_out = summariser.table(songs_in(corpus, Split.HELD_OUT), mappers, corpus.report)
    skipped = len(corpus.report.skipped)
    print(f"{len(mappers)} mappers; training on {len(source.labels)} excerpts; {skipped} files skipped")
    fit_scale(model, source, options.seed)
    task = ClassifierTask(options, source, held_out)
    save = partial(save_classifier, model, spec, [corpus.names[key] for key in mappers])
    return train_small_model(model, task, options.loop, options.run_path, save, device)


def load_pretrained_reader(options: ClassifierTrainOptions) -> tuple[ExcerptReader, Contract]:
    """Return the initial lower part of a seq2seq model, and its contract.

    It is that of a classifier or of a seq2seq model. Map models have none, and start from the bundled classifier's.

    Raises:
        ModelError: It cannot be loaded.
    """
    source = options.pretrained_path or str(BUNDLED_CLASSIFIER)
    try:
        if (Path(source) / CONTRACT_FILE).is_file():
            return _reader_of_classifier(source, options)
        if is_map_model(find_model(source).root):
            print(f"{source} has no event tokens: the lower part of {BUNDLED_CLASSIFIER} is used.")
            return _reader_of_classifier(BUNDLED_CLASSIFIER, options)
        model, spec = load_model(source)
    except ModelError as error:
        raise ModelError(str(error).replace("model_path", "pretrained_path")) from error
    if model.config.audio_conditions:
        raise OptionError("pretrained_path must be a model without audio conditions (not V30 or V31).")
    return ExcerptReader.of(model, options.decoder_layers), spec


def _reader_of_classifier(folder: str | Path, options: ClassifierTrainOptions) -> tuple[ExcerptReader, Contract]:
    known = load_classifier(folder)
    return ExcerptReader.of(known.model.reader, options.decoder_layers), known.spec


def songs_in(corpus: NamedCorpus, split: Split) -> dict[int, NamedSong]:
    """Return the songs of a split, by their place in the corpus."""
    held_out = held_out_titles()
    return {
        number: named
        for number, named in enumerate(corpus.songs)
        if split is Split.ALL or named.titles.isdisjoint(held_out) == (split is Split.TRAIN)
    }


def reader_identity(reader: ExcerptReader, spec: Contract) -> str:
    """Return a hash of the weights and the contract."""
    found = hashlib.sha256(str(spec.to_json()).encode("utf-8"))
    for name, weight in reader.state_dict().items():
        found.update(name.encode("utf-8") + weight.detach().cpu().numpy().tobytes())
    return found.hexdigest()


def summariser_of(options: ClassifierTrainOptions, reader: ExcerptReader, spec: Contract) -> Summariser:
    cache_folder = Path(options.cache_path) if options.cache_path else None
    opener = SongOpener(spec, reader.config.max_target_positions, cache_folder)
    identity = reader_identity(reader, spec)
    is_bf16 = options.loop.precision == "bf16"
    return Summariser(reader.eval(), opener, identity, options.overlap, options.most_excerpts, is_bf16, cache_folder)
