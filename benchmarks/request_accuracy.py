"""Does a map have what was asked for? Star ratings and shares of hold notes, with and without matching.

    python -m benchmarks.request_accuracy SONG... [--seconds 30] [--stars 1 2 ...] [--modes 0 1 ...] [--model DIR]

For an excerpt of each song and each mode, charts of all star ratings are written as the program writes them, side by
side; a table says what each has before and after it is matched. Mania is asked for a quarter of hold notes, too.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import soundfile

from benchmarks.arguments import command_parser
from osu_beatmap.attributes import hold_note_ratio
from osu_beatmap.beatmap import GameMode
from osuT5.audio.decode import load_audio
from pipeline.generation.chart import prepare_chart
from pipeline.generation.mapset import wish_like
from pipeline.generation.matching.star_matching import (
    TRAINED_STARS,
    StarTarget,
    match_star_ratings,
    write_parts_before_map,
)
from pipeline.request.resolve import resolve

RATE_HZ = 44_100
HOLD_NOTE_RATIO = 0.25
SEED = 1


def main() -> int:
    parser = command_parser(__doc__)
    parser.add_argument("songs", type=Path, nargs="+")
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--stars", type=float, nargs="+", default=[float(stars) for stars in range(1, 9)])
    parser.add_argument("--modes", type=int, nargs="+", default=[int(mode) for mode in GameMode])
    parser.add_argument("--model", default=None)
    arguments = parser.parse_args()
    for mode in map(GameMode, arguments.modes):
        started = time.monotonic()
        wishes = [wish for song in arguments.songs for wish in met_wishes(song, mode, arguments)]
        print(table(mode, wishes))
        print(f"{time.monotonic() - started:.0f} s", flush=True)
    return 0


def met_wishes(song: Path, mode: GameMode, arguments: argparse.Namespace) -> list[StarTarget]:
    """A wish for each star rating, met together."""
    with tempfile.TemporaryDirectory() as folder:
        excerpt = Path(folder) / "excerpt.wav"
        _write_excerpt(song, excerpt, arguments.seconds)
        flat = {"audio_path": str(excerpt), "gamemode": int(mode), "seed": SEED, "model_path": arguments.model}
        if mode is GameMode.MANIA:
            flat |= {"keycount": 4, "hold_note_ratio": HOLD_NOTE_RATIO}
        request = resolve(flat)
        begun = prepare_chart(request, None, SEED)
        write_parts_before_map(begun)
        wishes = [wish_like(request, begun, stars) for stars in arguments.stars]
        match_star_ratings(wishes)
        return wishes


def _write_excerpt(song: Path, excerpt: Path, seconds: float) -> None:
    """The middle of a song."""
    samples = load_audio(song, RATE_HZ)
    length = int(seconds * RATE_HZ)
    start = max(0, (len(samples) - length) // 2)
    soundfile.write(excerpt, np.clip(samples[start : start + length], -1, 1), RATE_HZ)


def table(mode: GameMode, wishes: list[StarTarget]) -> str:
    """One line for each star rating, and the errors within the range that the mode was trained in."""
    lines = [f"{mode.name.lower():10} asked   before (objects)   after (objects)"]
    errors: dict[str, list[float]] = {"before": [], "after": []}
    for wish in sorted(wishes, key=lambda wish: wish.wanted or 0.0):
        asked, first, best = wish.wanted, wish.first, wish.best
        if asked is None or first is None or best is None:
            lines.append(f"{'':10} {asked or 0:5.1f}   nothing was written")
            continue
        states = [f"{found.stars:6.2f} ({len(found.beatmap.hit_objects):4})" for found in (first, best)]
        shares = f"   hold notes {hold_note_ratio(best.beatmap):.3f}" if mode is GameMode.MANIA else ""
        lines.append(f"{'':10} {asked:5.1f}   {states[0]}      {states[1]}{shares}")
        low, high = TRAINED_STARS[mode]
        if low <= asked <= high:
            errors["before"].append(abs(first.stars - asked))
            errors["after"].append(best.error(asked))
    for name, found in errors.items():
        if found:
            p90 = float(np.percentile(found, 90))
            lines.append(f"{'':10} error {name}: median {statistics.median(found):.2f}, p90 {p90:.2f} of {len(found)}")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
