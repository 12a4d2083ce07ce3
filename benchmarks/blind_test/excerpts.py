"""Pairs of excerpts: a generated and a human-made map of a song."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from evaluation.charts import excerpt
from evaluation.probes.timing_probes import with_times
from osu_beatmap.beatmap import Beatmap, GameMode, Metadata
from osu_beatmap.errors import BeatmapError
from osu_beatmap.held_out import title_hash
from osu_beatmap.star_rating import star_rating

MOST_STARS_APART = 1.0
FEWEST_OBJECTS = 4
STEP_MS = 500.0


@dataclass(frozen=True)
class NamedMap:
    """Map with its file name, and its song if that is needed."""

    name: str
    beatmap: Beatmap
    audio: Path | None = None


@dataclass
class MapPair:
    """Generated map and the human-made one nearest in star rating.

    `starts_ms` are those of its excerpts.
    """

    generated: NamedMap
    human: NamedMap
    starts_ms: list[float] = field(default_factory=list)


@dataclass(frozen=True)
class ExcerptPair:
    """Excerpts of both maps of a pair from the same time.

    A is the generated one or the human-made one.
    """

    maps: MapPair
    start_ms: float
    generated_is_a: bool

    @property
    def sides(self) -> tuple[Beatmap, Beatmap]:
        """Return the maps of A and B."""
        both = (self.maps.generated.beatmap, self.maps.human.beatmap)
        return both if self.generated_is_a else both[::-1]


def choose_excerpts(
    generated: Iterable[NamedMap], humans: Sequence[NamedMap], count: int, length_ms: float, seed: int
) -> list[ExcerptPair]:
    """Return pairs of excerpts in random order, the modes in turn.

    There are at most `count`.
    """
    rng = np.random.default_rng(seed)
    by_mode: dict[GameMode, list[MapPair]] = defaultdict(list)
    for pair in pair_maps(generated, humans):
        by_mode[pair.human.beatmap.mode].append(pair)
    for pairs in by_mode.values():
        rng.shuffle(pairs)
    chosen: list[ExcerptPair] = []
    while len(chosen) < count and any(by_mode.values()):
        for mode in sorted(by_mode):
            found = _next_excerpt(by_mode[mode], length_ms, rng)
            if found is not None and len(chosen) < count:
                chosen.append(found)
    return [chosen[index] for index in rng.permutation(len(chosen))]


def pair_maps(generated: Iterable[NamedMap], humans: Sequence[NamedMap]) -> list[MapPair]:
    """Pair each generated map with a human-made one of its song.

    The latter has the same mode and keys, and the nearest star rating.

    Those without one within `MOST_STARS_APART` are left out.
    """
    of_kind = defaultdict(list)
    for human in humans:
        of_kind[_kind(human.beatmap)].append(human)
    pairs = []
    for each in generated:
        stars = _stars(each.beatmap)
        apart = {human.name: abs(_stars(human.beatmap) - stars) for human in of_kind[_kind(each.beatmap)]}
        near = [human for human in of_kind[_kind(each.beatmap)] if apart[human.name] <= MOST_STARS_APART]
        if near:
            pairs.append(MapPair(each, min(near, key=lambda human: apart[human.name])))
    return pairs


def anonymous_excerpt(beatmap: Beatmap, start_ms: float, length_ms: float) -> Beatmap:
    """Return an excerpt from 0 ms, without names and colours."""
    part = with_times(excerpt(beatmap, start_ms, start_ms + length_ms), lambda time_ms: time_ms - start_ms)
    return replace(part, metadata=Metadata(), combo_colours=[], other={}, storyboard_lines=[], background="")


def _next_excerpt(pairs: list[MapPair], length_ms: float, rng: np.random.Generator) -> ExcerptPair | None:
    """Return an excerpt of the first pair, or None.

    The pair then goes to the end of the list; pairs without any are removed.
    """
    while pairs:
        pair = pairs.pop(0)
        starts_ms = _free_starts(pair, length_ms)
        if starts_ms:
            start_ms = float(rng.choice(starts_ms))
            pair.starts_ms.append(start_ms)
            pairs.append(pair)
            return ExcerptPair(pair, start_ms, bool(rng.random() < 0.5))
    return None


def _free_starts(pair: MapPair, length_ms: float) -> list[float]:
    """Return unused times from which both maps have objects."""
    times = [np.array([obj.time_ms for obj in each.beatmap.hit_objects]) for each in (pair.generated, pair.human)]
    last_ms = min(float(of[-1]) for of in times) - length_ms
    starts_ms = np.arange(math.ceil(max(0.0, *(float(of[0]) for of in times)) / STEP_MS) * STEP_MS, last_ms, STEP_MS)
    return [
        start_ms
        for start_ms in starts_ms.tolist()
        if all(abs(start_ms - other_ms) >= length_ms for other_ms in pair.starts_ms)
        and all(((of >= start_ms) & (of < start_ms + length_ms)).sum() >= FEWEST_OBJECTS for of in times)
    ]


def _kind(beatmap: Beatmap) -> tuple[str, GameMode, int]:
    keys = beatmap.key_count if beatmap.mode is GameMode.MANIA else 0
    return title_hash(beatmap.metadata.title), beatmap.mode, keys


def _stars(beatmap: Beatmap) -> float:
    try:
        return star_rating(beatmap)
    except BeatmapError:
        return math.nan
