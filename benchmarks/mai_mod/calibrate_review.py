"""Calibration of MaiMod: writes its tables.

The tables hold the variation of human-made maps, and the rate of each surprisal.

    python -m benchmarks.mai_mod.calibrate_review FOLDER [--cache DIR] [--songs 70] [--maps 16]
        [--model DIR] [--charts 8] [--seconds 50] [--keep-heard | --only-heard] [--stepmania sources.json]

1. Bands and outliers of whole maps (`datasets/review_bands.json`, `datasets/review_outliers.json`), from the maps of
   `--songs` songs of each mode.
2. Thresholds of surprisal (`review_thresholds.json` next to the weights). Those of the beat models, habits and red
   lines come from one whole map of each of `--maps` songs of each mode. Those of what is heard (offsets, kiai time)
   come from excerpts of `--charts` charts of each mode; with `--keep-heard` they stay, and no audio is read. With
   `--only-heard` they alone change, and there are no other steps.
3. Scores of the maps of step 2, with these tables.

All of TRAINING songs, without faults. Held-out songs are for measuring false alarms
(`benchmarks.mai_mod.fault_injection`), so no threshold may come from them; that a model is a little less surprised by
songs it was trained on makes thresholds a little low, and the false alarms on held-out songs say by how much.
"""

from __future__ import annotations

import sys
from argparse import Namespace
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tqdm import tqdm

from benchmarks.arguments import review_parser
from benchmarks.mai_mod.calibrate_maps import CachedMap, CachedReader, cached_maps, make_norms, measure
from benchmarks.mai_mod.review_charts import review_charts
from modding.aspects import Aspect
from modding.observation.observation import Observation
from modding.observation.surprisal import stars_of
from modding.report.editor_notation import MapNames
from modding.score import score_of
from modding.suggestion_builder import drain_minutes, rate, suggestions_of
from modding.thresholds import ThresholdTable, curves_of, weights_digest
from modding.whole_map.map_suggestions import map_suggestions
from modding.whole_map.norms import OWN_BANDS, MapNorms
from osu_beatmap.beatmap import Beatmap, GameMode
from osu_beatmap.held_out import Split
from osuT5.tokens.events import ContextKind

HEARD = frozenset({Aspect.OFFSET, Aspect.KIAI})
"""Aspects that are judged by the audio."""


OF_OBJECT_MODEL = frozenset({Aspect.KIND, Aspect.LENGTH, Aspect.REPEATS, Aspect.BANK, Aspect.VELOCITY})
UNKNOWN_SONGS = 1.4
"""The object model has learned the maps of training songs; what it says of others surprises it so much more."""

LEARNED_IN_CATCH = frozenset({Aspect.KIND, Aspect.LENGTH, Aspect.REPEATS})
"""Aspects of the object model in which catch has the most cautious curve of other modes.

It is trained on hardly more catch maps than the tables come from, and has learned these most of all.
"""


@dataclass(frozen=True)
class ObservedMap:
    """A map without faults, and all that surprises about it."""

    map: CachedMap
    observed: list[Observation]


def main() -> int:
    parser = review_parser(__doc__, charts=8, seconds=50.0)
    parser.add_argument("--cache", type=Path, default=Path("runs/rhythm/cache"), help="folder of cached songs")
    parser.add_argument("--songs", type=int, default=70, help="of each mode, for bands and outliers")
    parser.add_argument("--maps", type=int, default=16, help="of each mode, for thresholds and scores")
    parser.add_argument("--keep-heard", action="store_true", help="keep the thresholds of offsets and kiai time")
    parser.add_argument("--only-heard", action="store_true", help="keep everything else")
    parser.add_argument("--stepmania", type=Path, help="JSON list of {dir, kind}: kind sm is at most half of mania")
    arguments = parser.parse_args()
    if arguments.only_heard:
        known = ThresholdTable.load(arguments.model) or ThresholdTable()
        curves = {key: curve for key, curve in known.curves.items() if key[1] not in HEARD} | _heard_curves(arguments)
        ThresholdTable(curves, weights_digest(arguments.model), known.made_from).save(arguments.model)
        return 0
    maps = list(cached_maps(arguments.folder, arguments.cache, arguments.songs, Split.TRAIN))
    profiles = [profile for each in tqdm(maps, unit="map", disable=None) if (profile := measure(each)) is not None]
    norms = make_norms(profiles)
    norms.own.save(OWN_BANDS)
    observed = [ObservedMap(each, _observe(each)) for each in tqdm(_one_a_song(maps, arguments.maps), disable=None)]
    table = _table(arguments, observed)
    table.save(arguments.model)
    scores: dict[GameMode, list[float]] = defaultdict(list)
    for each in observed:
        scores[each.map.beatmap.mode].append(_score(each, table, norms))
    norms = replace(norms, scores={mode: sorted(of) for mode, of in scores.items()})
    norms.save()
    print(f"{len(profiles)} maps, {len(table.curves)} curves, {sum(map(len, scores.values()))} scores")
    return 0


def _one_a_song(maps: Iterable[CachedMap], most: int) -> list[CachedMap]:
    """Return one map of up to `most` songs of each mode.

    Star ratings alternate.
    """
    by_song: dict[tuple[GameMode, str], list[CachedMap]] = defaultdict(list)
    for each in maps:
        if each.song is not None:
            by_song[each.beatmap.mode, each.title].append(each)
    chosen: dict[GameMode, list[CachedMap]] = defaultdict(list)
    for (mode, _), of in sorted(by_song.items(), key=lambda item: item[0]):
        if len(chosen[mode]) < most:
            of.sort(key=lambda each: each.stars)
            chosen[mode].append(of[len(chosen[mode]) % len(of)])
    return [each for of in chosen.values() for each in of]


def _observe(each: CachedMap) -> list[Observation]:
    return CachedReader(each).observe(each.beatmap, only=[ContextKind.MAP])


def _table(arguments: Namespace, observed: Sequence[ObservedMap]) -> ThresholdTable:
    relatives: dict[tuple[GameMode, Aspect], list[float]] = defaultdict(list)
    minutes: dict[GameMode, float] = defaultdict(float)
    for each in observed:
        _collect(relatives, each.map.beatmap, each.observed)
        minutes[each.map.beatmap.mode] += drain_minutes(each.map.beatmap)
    own = {key: curve for key, curve in curves_of(relatives, minutes).items() if key[1] not in HEARD}
    curves = {(mode, of): own[mode, of] for mode, of in own if mode is not GameMode.CATCH or of not in LEARNED_IN_CATCH}
    if arguments.keep_heard:
        known = ThresholdTable.load(arguments.model) or ThresholdTable()
        curves |= {key: curve for key, curve in known.curves.items() if key[1] in HEARD}
    else:
        curves |= _heard_curves(arguments)
    made_from = {
        "split": "training songs, maps without faults",
        "maps": len(observed),
        "minutes": {mode.name.lower(): round(each, 1) for mode, each in minutes.items()},
        "command": f"python -m benchmarks.mai_mod.calibrate_review FOLDER --maps {arguments.maps}",
    }
    return ThresholdTable(curves, weights_digest(arguments.model), made_from)


def _heard_curves(arguments: Namespace) -> dict:
    """Return the curves of what is heard, from excerpts."""
    relatives: dict[tuple[GameMode, Aspect], list[float]] = defaultdict(list)
    minutes: dict[GameMode, float] = defaultdict(float)
    for chart in review_charts(arguments, Split.TRAIN):
        observed = chart.reader.observe(chart.beatmap, only=[ContextKind.KIAI])
        _collect(relatives, chart.beatmap, [each for each in observed if each.aspect in HEARD])
        minutes[chart.beatmap.mode] += drain_minutes(chart.beatmap)
    return curves_of(relatives, minutes)


def _collect(relatives: dict, beatmap: Beatmap, observed: Iterable[Observation]) -> None:
    for rated in rate(beatmap, observed, ThresholdTable()):
        aspect = rated.observation.aspect
        factor = UNKNOWN_SONGS if aspect in OF_OBJECT_MODEL else 1.0
        relatives[beatmap.mode, aspect].append(factor * rated.observation.surprise.relative)


def _score(each: ObservedMap, table: ThresholdTable, norms: MapNorms) -> float:
    beatmap, stars = each.map.beatmap, stars_of(each.map.beatmap)
    whole = map_suggestions(MapNames(beatmap), stars, norms, CachedReader(each.map).ticks(beatmap, stars))
    suggestions = suggestions_of(beatmap, each.observed, table, None, stars, whole=whole)
    return score_of(suggestions, drain_minutes(beatmap))


if __name__ == "__main__":
    sys.exit(main())
