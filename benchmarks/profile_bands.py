"""Bands of the profiles of human-made maps: writes datasets/profile_bands.json.

    python -m benchmarks.profile_bands FOLDER

FOLDER has mapsets, and archives of charts (.tar.xz) for modes with few songs. Held-out songs and converted charts are
left out. Prints how many pairs of map and metric lie inside the bands of other songs (five-fold, by song).
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from tqdm import tqdm

from benchmarks.arguments import corpus_parser
from evaluation.profile.bands import BUNDLED, HumanProfile, make_bands
from evaluation.profile.human_maps import human_maps
from evaluation.profile.profile import profile_of
from evaluation.profile.summary import MapProfile, inside_share
from osu_beatmap.beatmap import GameMode
from osu_beatmap.held_out import Split
from osu_beatmap.star_rating import UnratableBeatmap, star_rating

FOLDS = 5


def main() -> int:
    parser = corpus_parser(__doc__)
    parser.add_argument("--output", type=Path, default=BUNDLED)
    arguments = parser.parse_args()
    humans = list(profiles_of_humans(arguments.folder))
    bands = make_bands(humans)
    bands.save(arguments.output)
    print(bands.made_from)
    for mode in GameMode:
        of_mode = [human for human in humans if human.mode is mode]
        if of_mode:
            print(f"{mode.name.lower()}: {cross_validated_share(of_mode):.3f} inside the bands of other songs")
    return 0


def profiles_of_humans(folder: Path) -> list[HumanProfile]:
    """Return the profiles of the training songs' maps."""
    skipped: list[str] = []
    profiles = []
    for human in tqdm(human_maps(folder, Split.TRAIN, skipped), unit="map", disable=None):
        try:
            stars = star_rating(human.beatmap)
        except UnratableBeatmap as error:
            skipped.append(f"{human.place}: {error}")
            continue
        if metrics := profile_of(human.beatmap):
            profiles.append(HumanProfile(human.song, human.beatmap.mode, stars, metrics))
    print(*skipped, sep="\n", file=sys.stderr)
    return profiles


def cross_validated_share(humans: list[HumanProfile]) -> float:
    """Return the share of pairs inside bands that are made without the song."""
    songs = sorted({human.song for human in humans})
    pairs: list[np.ndarray] = []
    for fold in range(FOLDS):
        left_out = set(songs[fold::FOLDS])
        bands = make_bands([human for human in humans if human.song not in left_out])
        tested = [MapProfile(h.song, h.mode, h.stars, h.metrics) for h in humans if h.song in left_out]
        pairs += [np.array(list(each.inside(bands).values())) for each in tested]
    return inside_share(pairs)


if __name__ == "__main__":
    sys.exit(main())
