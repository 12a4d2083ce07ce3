"""How well mappers are told apart on songs that a classifier was not trained on.

    python -m benchmarks.mapper_classifier FOLDER --cache CACHE

The songs of each mapper are dealt into folds, and heads are trained as `train.py -cn train_classifier` trains them, on
all folds but one; the songs of that one are then classified. Mappers of a single song are there to be confused with.
Baselines know how often each mapper is in the training songs: in all, or among excerpts of the same mode and keys.
Last comes the classifier that is there, on the songs that no model is trained on.
"""

from __future__ import annotations

import contextlib
import io
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from benchmarks.arguments import command_parser
from classifier.contract import Classifier, load_classifier
from classifier.dataset import NamedCorpus, named_corpus
from classifier.mappers import mapper_key
from classifier.metrics import Figures, chart_scores
from classifier.model import HeadConfig, MapperClassifier
from classifier.options import ClassifierTrainOptions
from classifier.summaries import SummaryTable
from classifier.training import (
    ClassifierTask,
    choose_trained,
    drawing_shares,
    fit_scale,
    log_probabilities,
    pretrained_reader,
    songs_in,
    summariser_of,
)
from osu_beatmap.beatmap import GameMode
from osu_beatmap.held_out import Split
from pipeline.cli.command_line import compose_config
from training.loop import run_training
from training.options import build_options

TIE_BREAK = 1e-6


@dataclass(frozen=True)
class Material:
    """Summaries of all excerpts, with the kind of each one's chart (mode and keys) [n]."""

    table: SummaryTable
    kinds: np.ndarray
    mappers: list[str]
    reader: torch.nn.Module


def material(corpus: NamedCorpus, options: ClassifierTrainOptions) -> Material:
    reader, spec = pretrained_reader(options)
    songs = songs_in(corpus, Split.ALL)
    mappers = corpus.mappers(songs.values(), options.fewest_charts)
    table = summariser_of(options, reader, spec).table(songs, mappers, corpus.report)
    kinds = np.empty(len(table.labels), dtype=object)
    by_chart = {}
    for number, named in songs.items():
        wanted = [chart for chart in named.charts if chart.mapper in mappers]
        by_chart |= {f"{number}|{chart.name}": _kind(chart.chart.beatmap) for chart in wanted}
    names = sorted(by_chart)  # as the table numbers charts
    kept = np.unique(table.labels.charts)
    assert len(kept) == len(names), "a chart was left out, so charts cannot be told by their number"
    kinds[:] = [by_chart[names[chart]] for chart in table.labels.charts]
    same = same_songs(corpus)
    labels = replace(table.labels, songs=np.array([same[song] for song in table.labels.songs.tolist()]))
    return Material(replace(table, labels=labels), kinds, mappers, reader)


def same_songs(corpus: NamedCorpus) -> dict[int, int]:
    """Songs by their place -> the first one that shares a title, directly or through others."""
    first: dict[int, int] = {}
    for number, named in enumerate(corpus.songs):
        groups = {first[n] for n in range(number) if not corpus.songs[n].titles.isdisjoint(named.titles)}
        group = min(groups, default=number)
        first = {n: group if own in groups else own for n, own in first.items()} | {number: group}
    return first


def _kind(beatmap) -> str:
    return f"mania {beatmap.key_count}K" if beatmap.mode is GameMode.MANIA else beatmap.mode.name.lower()


def folds_of(found: Material, count: int, seed: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Rows to train on and rows to test on. Each song of a mapper of several is tested once."""
    labels, rng = found.table.labels, np.random.default_rng(seed)
    fold_of_song: dict[int, int] = {}
    for mapper in np.unique(labels.mappers):
        songs = np.unique(labels.songs[labels.mappers == mapper])
        if len(songs) > 1:
            for place, song in enumerate(rng.permutation(songs)):
                fold_of_song.setdefault(int(song), (place + int(mapper)) % count)
    folds = np.array([fold_of_song.get(int(song), -1) for song in labels.songs])
    for fold in range(count):
        train = np.flatnonzero(folds != fold)
        known = np.isin(labels.mappers, np.unique(labels.mappers[train]))
        yield train, np.flatnonzero((folds == fold) & known)


def trained(found: Material, rows: np.ndarray, options: ClassifierTrainOptions) -> MapperClassifier:
    torch.manual_seed(options.seed)
    model = MapperClassifier(found.reader, HeadConfig(len(found.mappers), options.width, options.dropout))
    choose_trained(model, 0)
    part = found.table.part(rows)
    fit_scale(model, part, options.seed)
    loop = replace(options.loop, average_decay=0.0, evaluate_every=options.loop.total_steps + 1)
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
        run_training(model, ClassifierTask(options, part, None), loop, Path(folder))
    return model.eval()


def guesses(found: Material, train: np.ndarray, test: np.ndarray, seed: int) -> dict[str, np.ndarray]:
    """Scores [test, mappers] of who knows counts alone."""
    labels = found.table.labels.mappers
    size = len(found.mappers)
    noise = np.random.default_rng(seed).random(size) * TIE_BREAK
    drawn = drawing_shares(found.table.labels.part(train))

    def by_kind(weights: np.ndarray) -> np.ndarray:
        same = {kind: found.kinds[train] == kind for kind in np.unique(found.kinds[test])}
        counts = {k: np.bincount(labels[train][own], weights[own], size) for k, own in same.items()}
        return np.stack([counts[kind] + noise for kind in found.kinds[test]])

    ones = np.ones(len(train))
    return {
        "the commonest mapper": np.tile(np.bincount(labels[train], ones, size) + noise, (len(test), 1)),
        "the commonest of the mode and keys": by_kind(ones),
        "the same, as drawn in training": by_kind(drawn),
    }


def main() -> None:
    parser = command_parser(__doc__)
    parser.add_argument("folder")
    parser.add_argument("--cache", default="", help="folder for spectrograms and summaries, as cache_path in training")
    parser.add_argument("--layers", type=int, default=0, help="of the decoder; default: as in the recipe")
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--model", type=Path, default=None, help="folder of a classifier; default: the embedded one")
    parser.add_argument("--bf16", action="store_true", help="read excerpts in bf16")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    config = compose_config("train_classifier")
    config |= {"train_dataset_path": arguments.folder, "cache_path": arguments.cache, "split": "all"}
    config["loop"]["precision"] = "bf16" if arguments.bf16 else "fp32"
    config["decoder_layers"] = arguments.layers or config["decoder_layers"]
    options = build_options(ClassifierTrainOptions, config)
    corpus = named_corpus(arguments.folder)
    found = material(corpus, options)
    _report(found, replace(options, loop=replace(options.loop, precision="fp32")), arguments.folds)
    _report_shipped(corpus, load_classifier(arguments.model), options)


def _report(found: Material, options: ClassifierTrainOptions, count: int) -> None:
    labels = found.table.labels
    scores: dict[str, list[np.ndarray]] = {}
    tested = []
    for train, test in folds_of(found, count, options.seed):
        tested.append(test)
        for name, guess in guesses(found, train, test, options.seed).items():
            scores.setdefault(name, []).append(guess)
        model = trained(found, train, options)
        scores.setdefault("the classifier", []).append(log_probabilities(model, found.table.part(test)))
    rows = np.concatenate(tested)
    part, songs = labels.part(rows), len(np.unique(labels.songs[rows]))
    commonest = np.bincount(labels.mappers).argmax()
    others = part.mappers != commonest
    charts, several = len(np.unique(part.charts)), len(np.unique(part.mappers))
    print(f"\n{len(found.mappers)} mappers, chance {1 / len(found.mappers):.3f}; {several} of them are tested,")
    print(f"by {len(rows)} excerpts of {charts} charts of {songs} songs that were not trained on")
    print(
        "| by | excerpts: top 1 | top 5 | balanced top 1 | charts: top 1 | top 5 | but the commonest: top 1 | top 5 |"
    )
    for name, parts in scores.items():
        whole = np.concatenate(parts)
        each = Figures.of(whole, part.mappers), Figures.of(*chart_scores(whole, part))
        rest = Figures.of(whole[others], part.mappers[others])
        cells = (each[0].top1, each[0].top5, each[0].balanced, each[1].top1, each[1].top5, rest.top1, rest.top5)
        print(f"| {name} | {' | '.join(f'{cell:.3f}' for cell in cells)} |")


def _report_shipped(corpus: NamedCorpus, classifier: Classifier, options: ClassifierTrainOptions) -> None:
    mappers = [mapper_key(name) for name in classifier.mappers]
    summariser = summariser_of(options, classifier.model.reader, classifier.spec)
    table = summariser.table(songs_in(corpus, Split.HELD_OUT), mappers, corpus.report)
    labels = table.labels
    scores = log_probabilities(classifier.model, table)
    excerpts, charts = Figures.of(scores, labels.mappers), Figures.of(*chart_scores(scores, labels))
    commonest = np.bincount(labels.mappers).argmax()
    print(f"\nheld-out songs: {len(np.unique(labels.songs))}, with {charts.n} charts of those {len(mappers)} mappers")
    share = (labels.mappers == commonest).mean()
    print(f"{excerpts.n} excerpts, {share:.3f} of them of {classifier.mappers[commonest]}")
    print(f"excerpts: {excerpts}\ncharts:   {charts}")
    for mapper in np.unique(labels.mappers):
        own = labels.mappers == mapper
        hits = (scores[own].argmax(1) == mapper).mean()
        number = len(np.unique(labels.charts[own]))
        print(f"| {classifier.mappers[mapper]} | {number} | {own.sum()} | {hits:.2f} |")


if __name__ == "__main__":
    main()
