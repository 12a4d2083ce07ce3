"""Scoring of a folder of maps: every metric, in several processes."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from typing import TypeVar

import numpy as np
from tqdm import tqdm

from dataset_builder.workers import end_with_parent
from evaluation.bands import Bands
from evaluation.charts import Case
from evaluation.measures.frechet import FeatureReader, frechet_distance
from evaluation.metrics import values_of
from evaluation.pair_charts import Pairing
from evaluation.report.results import Result, ScoredMap, figures_of
from osu_beatmap.beatmap import GameMode
from osu_beatmap.errors import BeatmapError

Task = TypeVar("Task")
Answer = TypeVar("Answer")


def score(pairing: Pairing, bands: Bands) -> ScoredMap | str:
    """Measure one map, in any process; return the reason of failure."""
    try:
        human = pairing.human()
        generated = pairing.read_generated()
    except BeatmapError as error:
        return f"{pairing.generated.name}: {error}"
    mode, level = generated.beatmap.mode, (human or generated).level
    values = values_of(Case(generated, human, pairing.requested, bands.find(mode, level)))
    return ScoredMap(generated.name, mode, level, generated.stars, values, human.name if human else None)


def result_of(
    name: str, pairings: Sequence[Pairing], bands: Bands, processes: int, features: FeatureReader | None = None
) -> Result:
    """Measure all maps and summarise them; unreadable ones are in `skipped`."""
    scored = list(run_in_processes(partial(score, bands=bands), pairings, processes, "Measuring"))
    maps = [each for each in scored if isinstance(each, ScoredMap)]
    skipped = [each for each in scored if isinstance(each, str)]
    frechet = frechet_by_mode(pairings, features) if features else {}
    return Result(name, maps, figures_of(maps, bands), frechet, skipped)


def frechet_by_mode(pairings: Sequence[Pairing], features: FeatureReader) -> dict[GameMode, float]:
    """Return the Fréchet distance by mode.

    It uses the maps that have a human-made map and a song.
    """
    vectors: dict[GameMode, tuple[list[np.ndarray], list[np.ndarray]]] = defaultdict(lambda: ([], []))
    for pairing in tqdm(pairings, desc="Features", unit="map", disable=None):
        try:
            human, generated = pairing.human(), pairing.read_generated()
        except BeatmapError:
            continue  # said where maps are measured
        if human is not None and pairing.audio_path is not None:
            of_generated, of_human = vectors[human.beatmap.mode]
            of_generated.append(features(generated.beatmap, pairing.audio_path))
            of_human.append(features(human.beatmap, pairing.audio_path))
    return {mode: frechet_distance(*map(np.concatenate, both)) for mode, both in sorted(vectors.items())}


def run_in_processes(
    work: Callable[[Task], Answer], tasks: Sequence[Task], processes: int, what: str, unit: str = "map"
) -> Iterator[Answer]:
    """Yield the answers to tasks in order, with a progress bar.

    A single process does not start another one.
    """
    answers = _answers(work, tasks, min(processes, len(tasks)))
    yield from tqdm(answers, total=len(tasks), desc=what, unit=unit, disable=None)


def _answers(work: Callable[[Task], Answer], tasks: Sequence[Task], processes: int) -> Iterator[Answer]:
    if processes <= 1:
        yield from map(work, tasks)
        return
    with ProcessPoolExecutor(
        processes, mp_context=get_context("spawn"), initializer=_begin, initargs=(processes,)
    ) as pool:
        yield from pool.map(work, tasks)


def _begin(processes: int) -> None:
    """Prepare a worker process: processes share the cores."""
    end_with_parent()
    # Torch reads it if a measure imports it.
    os.environ["OMP_NUM_THREADS"] = str(max(1, (os.cpu_count() or 1) // processes))
