"""Maps of held-out songs for `benchmarks.profile` and blind tests.

The titles of their songs are included. `benchmarks.blind_test.sheet` makes the tests.

    python -m benchmarks.profile_maps FOLDER MAPS [--songs 8] [--stars 2 3.5 5] [--seeds 1 2 3] [--modes 0 1 2 3]

FOLDER has mapsets with the held-out songs; songs of converted charts are left out. For each song, mode and seed, a
mapset is generated as `inference.py` does it from the audio alone; in mania, one with 4 keys and one with 7. The .osz
files go to MAPS. Those that are there already are kept, so that a stopped run can continue.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from tqdm import tqdm

from benchmarks.arguments import corpus_parser
from evaluation.split_songs import songs_in_split
from feedback.errors import UserError
from osu_beatmap.beatmap import GameMode
from osu_beatmap.held_out import Split, title_hash
from osu_beatmap.profile.human_maps import CONVERTED_SOURCES
from osuT5.dataset.files.sources import mapset_songs
from pipeline.generation.mapset import generate_mapset
from pipeline.generation.model_cache import keep_models
from pipeline.request.resolve import resolve

MANIA_KEYS = (4, 7)


@dataclass(frozen=True)
class PlannedMapset:
    """Options of a mapset, and the name of its file without suffix."""

    name: str
    options: dict[str, object]


def main() -> int:
    parser = corpus_parser(__doc__)
    parser.add_argument("maps", type=Path, metavar="MAPS")
    parser.add_argument("--songs", type=int, default=0, help="the first ones only; 0: all")
    parser.add_argument("--stars", type=float, nargs="+", default=[2.0, 3.5, 5.0])
    parser.add_argument("--seeds", type=int, nargs="+", default=[1])
    parser.add_argument("--modes", type=int, nargs="+", default=[int(mode) for mode in GameMode])
    arguments = parser.parse_args()
    arguments.maps.mkdir(parents=True, exist_ok=True)
    keep_models()
    wanted = plan_mapsets(arguments.folder, arguments.songs, arguments.stars, arguments.seeds, arguments.modes)
    failures = [text for each in tqdm(list(wanted), unit="mapset") if (text := make(each, arguments.maps))]
    print(*failures, sep="\n", file=sys.stderr)
    return 1 if failures else 0


def plan_mapsets(
    folder: Path, songs: int, stars: Sequence[float], seeds: Sequence[int], modes: Sequence[int]
) -> Iterator[PlannedMapset]:
    """Yield the mapsets to generate, song by song."""
    made_for_osu = (
        (song.audio_path, charts[0].beatmap.metadata)
        for song, charts in songs_in_split(mapset_songs(folder), Split.HELD_OUT)
        if not any(chart.beatmap.metadata.source in CONVERTED_SOURCES for chart in charts)
    )
    for audio_path, metadata in islice(made_for_osu, songs or None):
        about = {"audio_path": str(audio_path), "title": metadata.title, "artist": metadata.artist}
        for mode in modes:
            for keys in MANIA_KEYS if mode == GameMode.MANIA else (None,):
                for seed in seeds:
                    name = f"{title_hash(metadata.title)} {GameMode(mode).name.lower()}{keys or ''} seed {seed}"
                    options = about | {"gamemode": mode, "difficulties": list(stars), "seed": seed}
                    yield PlannedMapset(name, options | ({"keycount": keys} if keys else {}))


def make(planned: PlannedMapset, folder: Path) -> str:
    """Generate a mapset unless it exists; return the reason of a failure."""
    target = folder / f"{planned.name}.osz"
    if target.is_file():
        return ""
    with tempfile.TemporaryDirectory(dir=folder) as place:
        try:
            generate_mapset(resolve(planned.options | {"output_path": place, "server": "off"}))
        except UserError as error:
            return f"{planned.name}: {error}"
        (made,) = Path(place).glob("*.osz")
        made.replace(target)
    return ""


if __name__ == "__main__":
    sys.exit(main())
