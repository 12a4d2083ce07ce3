"""Bands of the profiles of human-made maps: writes datasets/profile_bands.json.

    python -m benchmarks.profile_bands FOLDER

FOLDER has mapsets with their songs, and archives of maps (.tar.xz) for modes with few songs. Held-out songs and
converted charts are left out. Prints how many pairs of map and metric lie inside the bands of other songs, in five
folds.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from benchmarks.arguments import corpus_parser
from benchmarks.profile import human_profiles
from osu_beatmap.beatmap import GameMode
from osu_beatmap.held_out import Split
from osu_beatmap.profile.bands import BUNDLED, make_bands
from osu_beatmap.profile.profile import MapProfile
from osu_beatmap.profile.summary import inside_share

FOLDS = 5


def main() -> int:
    parser = corpus_parser(__doc__)
    parser.add_argument("--output", type=Path, default=BUNDLED)
    arguments = parser.parse_args()
    skipped: list[str] = []
    humans = human_profiles(arguments.folder, Split.TRAIN, with_audio=True, skipped=skipped)
    print(*skipped, sep="\n", file=sys.stderr)
    bands = make_bands(humans)
    bands.save(arguments.output)
    print(bands.made_from)
    for mode in GameMode:
        of_mode = [human for human in humans if human.mode is mode]
        if of_mode:
            print(f"{mode.name.lower()}: {cross_validated_share(of_mode):.3f} inside the bands of other songs")
    return 0


def cross_validated_share(humans: list[MapProfile]) -> float:
    """Return the fraction inside bands that are made without the song."""
    songs = sorted({human.song for human in humans})
    pairs: list[np.ndarray] = []
    for fold in range(FOLDS):
        left_out = set(songs[fold::FOLDS])
        bands = make_bands([human for human in humans if human.song not in left_out])
        tested = [human for human in humans if human.song in left_out]
        pairs += [np.array(list(bands.inside(human).values()), bool) for human in tested]
    return inside_share(pairs)


if __name__ == "__main__":
    sys.exit(main())
