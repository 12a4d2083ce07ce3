"""Effect of damage on every metric, on held-out human-made maps.

    python -m benchmarks.probes FOLDER [--songs 3] [--seconds 75]

Prints, for each metric, its mean over the charts without damage and with each kind of it (`evaluation.probes`); in bold
where the metric states that it must move. Exit status 1 where one does not do what it states.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from benchmarks.arguments import corpus_parser
from evaluation.charts import MeasuredChart, excerpt
from evaluation.pair_charts import read_head
from evaluation.reference import human_charts, load_bundled_bands
from evaluation.report.probe_table import list_reactions, markdown, run_probe
from osu_beatmap.beatmap import GameMode
from osu_beatmap.held_out import Split, held_out_titles, title_hash
from osuT5.dataset.files.sources import FolderSong, mapset_songs

FEWEST_OBJECTS = 60


def main() -> int:
    parser = corpus_parser(__doc__)
    parser.add_argument("--songs", type=int, default=3, help="of each mode, with one chart each")
    parser.add_argument("--seconds", type=float, default=75.0, help="of each chart, from its first object on")
    arguments = parser.parse_args()
    measured = run_probe(held_out_excerpts(arguments.folder, arguments.songs, arguments.seconds), load_bundled_bands())
    print(markdown(measured))
    wrong = [
        f"{metric.name} under {probe} should have: {reaction.value}"
        for metric, probe, reaction in list_reactions()
        if (found := measured.get((metric.name, probe))) and not found.fulfils(reaction, metric.visible)
    ]
    print("\n".join(wrong))
    return 1 if wrong else 0


def held_out_excerpts(folder: Path, songs_of_mode: int, seconds: float) -> list[tuple[str, MeasuredChart]]:
    """Return excerpts from the start of charts of held-out songs.

    They are (song, chart), a chart of each mode of a song.
    """
    chosen: list[tuple[str, MeasuredChart]] = []
    taken: Counter = Counter()
    for song, chart in human_charts(_held_out_songs(folder), Split.HELD_OUT):
        mode, start_ms = chart.beatmap.mode, float(chart.start_ms[0])
        is_new = all((song, mode) != (name, other.beatmap.mode) for name, other in chosen)
        if taken[mode] == songs_of_mode or not is_new:
            continue
        cut = excerpt(chart.beatmap, start_ms, start_ms + 1000 * seconds)
        if len(cut.hit_objects) >= FEWEST_OBJECTS:
            taken[mode] += 1
            chosen.append((song, MeasuredChart(cut, chart.name, chart.audio_path)))
        if all(taken[mode] == songs_of_mode for mode in GameMode):
            break
    return chosen


def _held_out_songs(folder: Path) -> Iterator[FolderSong]:
    """Yield the held-out songs of a folder.

    Only the head of a file is read: reading all charts of all songs would take a minute.
    """
    hashes = held_out_titles()
    for song in mapset_songs(folder):
        if title_hash(read_head(song.chart_paths[0]).get("Title", "")) in hashes:
            yield song


if __name__ == "__main__":
    sys.exit(main())
