"""False alarms of MaiMod: suggestions about human-made maps of held-out songs.

    python -m benchmarks.mai_mod.false_alarms FOLDER [--cache DIR] [--maps 2] [--model DIR]

Whole maps are read by the beat models, habits and red lines; offsets and kiai time, which need the audio, are not.
Suggestions of rules and about the map as a whole do not count. Human-made maps are assumed to be right.
"""

from __future__ import annotations

import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.arguments import corpus_parser
from benchmarks.bootstrap import bootstrap_interval
from benchmarks.mai_mod.calibrate_maps import CachedMap, CachedReader, cached_maps
from evaluation.report import markdown
from modding.suggestion_builder import drain_minutes, suggestions_of
from modding.suggestions import Source
from modding.thresholds import ThresholdTable
from osu_beatmap.beatmap import GameMode
from osu_beatmap.held_out import Split
from osuT5.model.files.find import BUNDLED_MODEL
from osuT5.tokens.events import ContextKind

SONGS_PER_MODE = 1000
"""Above the number of held-out songs: all of them."""


@dataclass
class SongAlarms:
    """False alarms of the maps of one song.

    Attributes:
        categories: Number of suggestions by category.
        minutes: Playing time of its maps.
    """

    maps: int = 0
    minutes: float = 0.0
    categories: Counter[str] = field(default_factory=Counter)


def main() -> int:
    """Review held-out maps and print a table."""
    parser = corpus_parser(__doc__)
    parser.add_argument("--cache", type=Path, default=Path("runs/rhythm/cache"), help="folder of cached songs")
    parser.add_argument("--maps", type=int, default=2, help="of each mode and song")
    parser.add_argument("--model", type=Path, default=BUNDLED_MODEL)
    arguments = parser.parse_args()
    table = ThresholdTable.load(arguments.model) or ThresholdTable()
    alarms: dict[GameMode, dict[str, SongAlarms]] = defaultdict(lambda: defaultdict(SongAlarms))
    for each in held_out_maps(arguments.folder, arguments.cache, arguments.maps):
        _add(alarms[each.beatmap.mode][each.title], each, table)
    print(alarm_table(alarms))
    return 0


def held_out_maps(folder: Path, cache: Path, maps_per_song: int) -> Iterator[CachedMap]:
    """Yield the first maps of each mode and held-out song."""
    taken: Counter[tuple[GameMode, str]] = Counter()
    for each in cached_maps(folder, cache, SONGS_PER_MODE, Split.HELD_OUT):
        key = each.beatmap.mode, each.title
        if each.song is not None and taken[key] < maps_per_song:
            taken[key] += 1
            yield each


def _add(song: SongAlarms, each: CachedMap, table: ThresholdTable) -> None:
    observed = CachedReader(each).observe(each.beatmap, only=[ContextKind.MAP])
    listed = suggestions_of(each.beatmap, observed, table, each.song_ms, each.stars)
    song.maps += 1
    song.minutes += drain_minutes(each.beatmap)
    song.categories.update(one.category.value for one in listed if one.source is Source.SURPRISAL)


def alarm_table(alarms: Mapping[GameMode, Mapping[str, SongAlarms]]) -> str:
    """Format suggestions a minute by mode as a Markdown table.

    Intervals are those of 90 % over songs.
    """
    rows = []
    for mode, songs in sorted(alarms.items()):
        each = list(songs.values())
        low, high = bootstrap_interval(each, per_minute)
        categories = sum((song.categories for song in each), Counter())
        shown = ", ".join(f"{name} {count}" for name, count in categories.most_common())
        counts = [len(each), sum(song.maps for song in each), f"{sum(song.minutes for song in each):.1f}"]
        rows.append([mode.name.lower(), *counts, f"{per_minute(each):.2f}", f"{low:.2f} to {high:.2f}", shown])
    return markdown.table(("mode", "songs", "maps", "minutes", "a minute", "90 %", "about"), rows)


def per_minute(songs: Sequence[SongAlarms]) -> float:
    """Return the suggestions a minute of some songs."""
    return sum(song.categories.total() for song in songs) / max(1e-9, sum(song.minutes for song in songs))


if __name__ == "__main__":
    sys.exit(main())
