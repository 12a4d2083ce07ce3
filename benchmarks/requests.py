"""Requested against reached values of options, on excerpts of training songs.

The songs are from a folder of mapsets.

    python -m benchmarks.requests FOLDER [--songs 3] [--seconds 20] [--seeds 2] [--scales 1 1.5 2.5] [--options ...]
        [--stars 2 4 6] [--modes 0 1 2 3]

Measured are ratios of hold notes and of changes of the scroll speed, and the star rating. Maps are the first that the
model generates, at every scale of guidance, and then those that a user gets, which are matched to the request. The
timing of an excerpt is predicted once for a mode, and all charts of a scale are generated in one batch. Prints a
Markdown table; "miss" is the mean distance from the request, with its standard error.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import soundfile
from tqdm import tqdm

from benchmarks.arguments import command_parser
from evaluation.report.markdown import table
from evaluation.split_songs import songs_in_split
from osu_beatmap.attributes import hold_note_ratio, scroll_speed_ratio
from osu_beatmap.beatmap import Beatmap, GameMode
from osu_beatmap.held_out import Split
from osu_beatmap.star_rating import star_rating
from osuT5.audio.decode import load_audio
from osuT5.dataset.files.sources import mapset_songs
from pipeline.generation.chart import prepare_chart
from pipeline.generation.mapset import wish_like
from pipeline.generation.matching import star_matching
from pipeline.request.resolve import resolve

SAMPLE_RATE = 44_100
EXCERPT_FROM_S = 30.0
SEED = 1
STARS = 4.0
MATCHED = "1, matched"


@dataclass(frozen=True)
class RequestedOption:
    """Option, its values in each mode, and its measurement.

    Without values, those of `--stars` apply.
    """

    option: str
    modes: tuple[GameMode, ...]
    values: tuple[float, ...]
    reached: Callable[[Beatmap], float]


ASKED = (
    RequestedOption("difficulty", tuple(GameMode), (), star_rating),
    RequestedOption("hold_note_ratio", (GameMode.MANIA,), (0.0, 0.3, 0.7), hold_note_ratio),
    RequestedOption("scroll_speed_ratio", (GameMode.TAIKO, GameMode.MANIA), (0.0, 0.1, 0.3), scroll_speed_ratio),
)

NAMES = [asked.option for asked in ASKED]

Found = dict[tuple[str, GameMode, str], list[tuple[float, float]]]
"""Option, mode and scale -> (asked, reached) of each map."""


def main(arguments: Sequence[str] | None = None) -> int:
    parser = command_parser(__doc__)
    parser.add_argument("folder", type=Path, help="mapsets")
    parser.add_argument("--songs", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=20.0, help="of each song")
    parser.add_argument("--seeds", type=int, default=2, help="charts of each value and song")
    parser.add_argument("--scales", type=float, nargs="+", default=[1.0, 1.5, 2.5], help="values of cfg_scale")
    parser.add_argument("--stars", type=float, nargs="+", default=[2.0, 4.0, 6.0], help="values of difficulty")
    parser.add_argument("--options", nargs="+", choices=NAMES, default=NAMES)
    parser.add_argument("--modes", type=int, nargs="+", default=[int(mode) for mode in GameMode])
    parser.add_argument("--model")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as place:
        excerpts = write_excerpts(options.folder, Path(place), options.songs, options.seconds)
        found = all_found(excerpts, options)
    print(table(("option", "mode", "cfg_scale", "asked", "reached", "miss"), make_rows(found)))
    return 0


def all_found(excerpts: Sequence[Path], options: argparse.Namespace) -> Found:
    modes = [mode for mode in map(GameMode, options.modes) if _select_options(mode, options.options)]
    scales = [*dict.fromkeys(f"{scale:g}" for scale in options.scales), MATCHED]
    found: Found = defaultdict(list)
    with tqdm(total=len(excerpts) * len(modes) * len(scales), unit="group") as bar:
        for excerpt in excerpts:
            for mode in modes:
                flat = _flat(excerpt, options.model) | {"gamemode": int(mode)}
                begun = prepare_chart(resolve(flat), None, SEED)
                star_matching.write_parts_before_map(begun)
                for scale in scales:
                    _take(found, begun, flat, scale, options)
                    bar.update()
    return found


def _take(found: Found, begun, flat: dict, scale: str, options: argparse.Namespace) -> None:
    """Generate all charts of an excerpt, mode and scale in parallel."""
    mode = begun.chart.attributes.mode
    sought, wishes = [], []
    number = 1.0 if scale == MATCHED else float(scale)
    scaled = replace(begun, sampling=replace(begun.sampling, guidance_scale=number))
    for asked in _select_options(mode, options.options):
        for value in asked.values or options.stars:
            wanted = {"difficulty": STARS, asked.option: value, "cfg_scale": number}
            request = resolve({**flat, **wanted, "match_difficulty": scale == MATCHED})
            for seed in range(SEED, SEED + options.seeds):
                seeded = replace(scaled, chart=replace(scaled.chart, seed=seed))
                wishes.append(wish_like(request, seeded, wanted["difficulty"]))
                sought.append((asked, value))
    star_matching.match_star_ratings(wishes)
    for (asked, value), wish in zip(sought, wishes, strict=True):
        reached = 0.0 if wish.best is None else asked.reached(wish.best.beatmap)
        found[asked.option, mode, scale].append((value, reached))


def _select_options(mode: GameMode, names: Sequence[str]) -> list[RequestedOption]:
    return [asked for asked in ASKED if mode in asked.modes and asked.option in names]


def _flat(excerpt: Path, model: str | None) -> dict[str, object]:
    return {"audio_path": str(excerpt), "model_path": model, "seed": SEED}


def write_excerpts(folder: Path, place: Path, songs: int, seconds: float) -> list[Path]:
    """Write cut excerpts of the first training songs of a folder."""
    excerpts: list[Path] = []
    for song, _ in songs_in_split(mapset_songs(folder), Split.TRAIN):
        samples = load_audio(song.audio_path, SAMPLE_RATE)
        first = int(EXCERPT_FROM_S * SAMPLE_RATE)
        excerpt = samples[first : first + int(seconds * SAMPLE_RATE)]
        if len(excerpt) < seconds * SAMPLE_RATE:
            continue
        excerpts.append(place / f"{len(excerpts)}.flac")
        soundfile.write(excerpts[-1], excerpt, SAMPLE_RATE)
        if len(excerpts) == songs:
            break
    return excerpts


def make_rows(found: Found) -> Iterator[tuple]:
    """Yield rows with scales in given order, and matched maps last."""
    for option, mode, scale in sorted(found, key=lambda key: (*key[:2], key[2] == MATCHED)):
        pairs = found[option, mode, scale]
        values = sorted({value for value, _ in pairs})
        means = [statistics.fmean(reached for asked, reached in pairs if asked == value) for value in values]
        misses = [abs(reached - asked) for asked, reached in pairs]
        error = statistics.stdev(misses) / len(misses) ** 0.5 if len(misses) > 1 else float("nan")
        yield (
            f"`{option}`", mode.name.lower(), scale, " / ".join(f"{value:g}" for value in values),
            " / ".join(f"{mean:.2f}" for mean in means), f"{statistics.fmean(misses):.3f} ± {error:.3f}",
        )  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
