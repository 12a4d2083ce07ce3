"""Benchmark of hitsounds for finished maps, against those of the mapper.

    python -m benchmarks.hitsounds FOLDER [--model DIR] [--maps 6] [--split held_out]

Of each mode but taiko, maps with hitsounds: one of a song, in order of names (of catch all). Shares are of all heads,
repeats and ends; F1 is of each addition at the same object as in the human-made map.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks.arguments import corpus_parser
from evaluation.report import markdown
from evaluation.split_songs import songs_in_split
from osu_beatmap.beatmap import Beatmap, GameMode, HitSound
from osu_beatmap.files.reader import read_beatmap
from osu_beatmap.held_out import Split
from osu_beatmap.profile.sounds import sound_events, sound_profile
from osu_beatmap.rules.chart import Chart
from osuT5.dataset.files.sources import mapset_songs

FEWEST_ADDITIONS = 0.05
"""Sum of the shares of additions from which a map has hitsounds."""

ADDITIONS = {"whistle": HitSound.WHISTLE, "finish": HitSound.FINISH, "clap": HitSound.CLAP}


def main() -> int:
    """Generate hitsounds and print a table."""
    parser = corpus_parser(__doc__)
    parser.add_argument("--model", default=None)
    parser.add_argument("--maps", type=int, default=6, help="of each mode")
    parser.add_argument("--split", choices=[each.value for each in Split], default=Split.HELD_OUT.value)
    arguments = parser.parse_args()
    figures: dict[str, dict[str, list[tuple[float, float]]]] = defaultdict(lambda: defaultdict(list))
    for path, audio in choose_maps(arguments.folder, Split(arguments.split), arguments.maps):
        human = read_beatmap(path)
        for name, pair in compare(human, *with_new_sounds(path, audio, arguments.model)).items():
            figures[human.mode.name.lower()][name].append(pair)
    rows = []
    for mode, named in figures.items():
        for name, pairs in named.items():
            human_mean, mean = np.nanmean(pairs, axis=0)
            apart = np.nanmean(np.abs(np.subtract(*np.transpose(pairs))))
            rows.append([mode, name, f"{human_mean:.3f}", f"{mean:.3f}", f"{apart:.3f}"])
    print(markdown.table(("mode", "figure", "human", "generated", "mean difference"), rows))
    return 0


def choose_maps(folder: Path, split: Split, per_mode: int) -> Iterator[tuple[Path, Path]]:
    """Yield maps with hitsounds, and their songs."""
    taken: Counter[GameMode] = Counter()
    for song, charts in songs_in_split(sorted(mapset_songs(folder), key=lambda song: song.name), split):
        done = {GameMode.TAIKO}
        for chart in charts:
            mode, profile = chart.beatmap.mode, sound_profile(Chart(chart.beatmap))
            shares = sum(profile[f"{name}_share"] for name in ADDITIONS)
            if mode in done or taken[mode] >= per_mode or shares < FEWEST_ADDITIONS:
                continue
            taken[mode] += 1
            done |= {mode} - {GameMode.CATCH}
            yield next(path for path in song.chart_paths if path.name == chart.name), song.audio_path


def with_new_sounds(path: Path, audio: Path, model: str | None) -> tuple[Beatmap, float]:
    """Return a map with generated hitsounds, and the seconds that it took."""
    from pipeline.generation.generate import generate
    from pipeline.request.resolve import resolve

    with tempfile.TemporaryDirectory() as folder:
        flat = {"beatmap_path": path, "audio_path": audio, "model_path": model, "in_context": "[NO_HS,TIMING,KIAI]"}
        flat |= {"output_path": folder, "seed": 1, "device": "cpu", "export_osz": False}
        started = time.monotonic()
        made = generate(resolve({name: value for name, value in flat.items() if value is not None}))
        return read_beatmap(made.osu_path), time.monotonic() - started


def compare(human: Beatmap, generated: Beatmap, seconds: float) -> dict[str, tuple[float, float]]:
    """Return figures of the human-made map and of the generated sounds."""
    charts = Chart(human), Chart(generated)
    profiles = [sound_profile(chart) for chart in charts]
    figures = {name: (value, profiles[1][name]) for name, value in profiles[0].items()}
    own, new = (sound_events(chart)[1] for chart in charts)
    for name, addition in ADDITIONS.items():
        has, gets = (own & addition) > 0, (new & addition) > 0
        figures[f"F1 of {name}"] = 1.0, 2 * float((has & gets).sum()) / max(1, int(has.sum() + gets.sum()))
    own, new = (sounds & sum(ADDITIONS.values()) for sounds in (own, new))
    figures["another sound than before"] = float((np.diff(own) != 0).mean()), float((np.diff(new) != 0).mean())
    figures["seconds"] = 0.0, seconds
    return figures


if __name__ == "__main__":
    sys.exit(main())
