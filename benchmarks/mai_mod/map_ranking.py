"""Ranking of human-made, generated and damaged maps by review score.

    python -m benchmarks.mai_mod.map_ranking FOLDER [--cache DIR] [--songs 30] [--every 1] [--probes NAME...]
        [--without-places] [--heard] [--json FILE]

Human-made maps are those of held-out osu! songs. Generated ones are `old_maps`: maps of songs among these by the model
before the kind of a token was drawn first (commit 499ee25). Damaged ones are human-made maps after each probe of
`evaluation.probes`, of every n-th map with `--every n`. A pair is a human-made map and another one of the same mode,
with at most one star between them. Printed are the pairs in which the human-made map has the lower score, by mode.

Offsets and kiai time count with `--heard` alone, which encodes each song. With `--without-places` single places do not
count: rules, red lines and the whole map are fast.
"""

from __future__ import annotations

import json
import math
import sys
from argparse import Namespace
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
from tqdm import tqdm

from benchmarks.arguments import corpus_parser
from benchmarks.mai_mod.calibrate_maps import CachedMap, CachedReader, cached_maps
from evaluation.charts import MeasuredChart
from evaluation.probes import PROBES
from evaluation.report import markdown
from modding.observation.surprisal import SongReader, stars_of
from modding.report.editor_notation import MapNames
from modding.score import score_of
from modding.suggestion_builder import drain_minutes, suggestions_of
from modding.thresholds import ThresholdTable
from modding.whole_map.map_suggestions import map_suggestions
from modding.whole_map.norms import load_norms
from osu_beatmap.beatmap import Beatmap, GameMode
from osu_beatmap.files.reader import read_beatmap
from osu_beatmap.held_out import Split
from osuT5.model.files.find import BUNDLED_MODEL
from osuT5.rhythm.features import SongAudio
from osuT5.tokens.events import ContextKind

OLD_MAPS = Path(__file__).parent / "old_maps"
HUMAN, OLD = "human", "old weights"
NEAR_STARS = 1.0
SEED = 1


@dataclass(frozen=True)
class ScoredMap:
    """Score of one map.

    `kind` is HUMAN, OLD or a probe, `place` the human-made map that was damaged.
    """

    kind: str
    place: str
    mode: GameMode
    stars: float
    score: float


class Scorer:
    """Scores of maps by the bundled models."""

    def __init__(self, with_places: bool, is_heard: bool) -> None:
        self.with_places = with_places
        self.norms = load_norms()
        self.table = ThresholdTable.load(BUNDLED_MODEL) or ThresholdTable()
        self.is_heard = is_heard

    def reader(self, known: CachedMap, folder: Path) -> SongReader:
        """Return a reader of the maps of a song."""
        if not self.is_heard:
            return CachedReader(known)
        return SongReader(SongAudio.load((folder / known.place).parent / known.beatmap.audio_filename))

    def score(self, kind: str, place: str, beatmap: Beatmap, reader: SongReader) -> ScoredMap:
        """Score a map; an unreadable one has an infinite score."""
        stars = stars_of(beatmap)
        contexts = [ContextKind.KIAI] * self.is_heard + [ContextKind.MAP] * self.with_places
        try:
            whole = map_suggestions(MapNames(beatmap), stars, self.norms, reader.ticks(beatmap, stars))
            observed = reader.observe(beatmap, only=contexts)
        except ValueError:
            return ScoredMap(kind, place, beatmap.mode, stars, math.inf)
        suggestions = suggestions_of(beatmap, observed, self.table, None, stars, whole=whole)
        return ScoredMap(kind, place, beatmap.mode, stars, score_of(suggestions, drain_minutes(beatmap)))


def main() -> int:
    parser = corpus_parser(__doc__)
    parser.add_argument("--cache", type=Path, default=Path("runs/rhythm/cache"), help="folder of cached songs")
    parser.add_argument("--songs", type=int, default=30, help="of each mode")
    parser.add_argument("--every", type=int, default=1, help="n: of each n-th map damaged ones are made")
    parser.add_argument("--probes", nargs="*", choices=PROBES, default=list(PROBES))
    parser.add_argument("--without-places", action="store_true")
    parser.add_argument("--heard", action="store_true")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    scored: list[ScoredMap] = []
    for each in scored_maps(arguments):
        scored.append(each)
        if arguments.json:
            arguments.json.write_text(json.dumps([asdict(one) for one in scored]), encoding="utf-8")
    print(table(scored))
    return 0


def scored_maps(arguments: Namespace) -> Iterator[ScoredMap]:
    """Yield the scores of all maps, song by song."""
    scorer = Scorer(not arguments.without_places, arguments.heard)
    found = cached_maps(arguments.folder, arguments.cache, arguments.songs, Split.HELD_OUT)
    maps = [each for each in found if each.song is not None]
    charts = [MeasuredChart(each.beatmap, each.place) for each in maps]
    old = sorted(OLD_MAPS.glob("*.osu"))
    reader, title = None, ""
    for number, (known, chart) in enumerate(zip(tqdm(maps, unit="map", disable=None), charts, strict=True)):
        if reader is None or known.title != title:
            reader, title = scorer.reader(known, arguments.folder), known.title
            for path in (path for path in old if path.stem.endswith(known.title)):
                yield scorer.score(OLD, path.name, read_beatmap(path), reader)
        yield scorer.score(HUMAN, known.place, known.beatmap, reader)
        if number % arguments.every == 0:
            others = [
                other
                for other, of in zip(charts, maps, strict=True)
                if of.title != known.title and of.beatmap.mode is known.beatmap.mode
            ]
            for name in arguments.probes:
                damaged = PROBES[name](chart, others, np.random.default_rng(SEED))
                if damaged is not None and not _is_equal(damaged, known.beatmap):
                    yield scorer.score(name, known.place, damaged, reader)


def _is_equal(damaged: Beatmap, original: Beatmap) -> bool:
    """Return whether a probe had nothing to change.

    New combos do not count in mania.
    """
    if original.mode is GameMode.MANIA:
        combos = [each.new_combo for each in original.hit_objects]
        objects = [replace(each, new_combo=combo) for each, combo in zip(damaged.hit_objects, combos, strict=False)]
        damaged = replace(damaged, hit_objects=objects)
    return damaged == original


def pairs_won(scored: Sequence[ScoredMap], kind: str, mode: GameMode | None = None) -> tuple[float, int]:
    """Return the fraction of pairs won by human-made maps, and their number.

    The lower score wins.
    """
    of_mode = [each for each in scored if mode is None or each.mode is mode]
    humans = [each for each in of_mode if each.kind == HUMAN]
    won = [
        0.5 if human.score == other.score else float(human.score < other.score)
        for human in humans
        for other in of_mode
        if other.kind == kind and other.mode is human.mode and abs(other.stars - human.stars) <= NEAR_STARS
    ]
    return (float(np.mean(won)) if won else math.nan), len(won)


def table(scored: Sequence[ScoredMap]) -> str:
    """Format pairs by kind and mode, and human scores, as Markdown."""
    rows = []
    for kind in dict.fromkeys(each.kind for each in scored if each.kind != HUMAN):
        by_mode = [pairs_won(scored, kind, mode) for mode in (None, *GameMode)]
        rows.append([kind, *(f"{share:.2f} ({count})" if count else "-" for share, count in by_mode)])
    scores: dict[GameMode, list[float]] = defaultdict(list)
    for each in scored:
        if each.kind == HUMAN:
            scores[each.mode].append(each.score)
    quantiles = [
        f"- {mode.name.lower()}: median score of {len(of)} human-made maps {np.median(of):.1f}, "
        f"90 % below {np.quantile(of, 0.9):.1f}"
        for mode, of in sorted(scores.items())
    ]
    names = [mode.name.lower() for mode in GameMode]
    return markdown.table(["maps", "all pairs", *names], rows) + "\n\n" + "\n".join(quantiles)


if __name__ == "__main__":
    sys.exit(main())
