"""python -m benchmarks.requests FOLDER [--songs 2] [--seconds 20] [--scales 1 2 4] [--options difficulty]

What was asked for against what came out, option by option, on excerpts of training songs from a folder of mapsets:
settings in the file, hit sounds left out, shares of hold notes and of changes of the scroll speed, and the star rating,
each at every scale of guidance and without trying again. Prints Markdown tables; "miss" is the mean distance from what
was asked for.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import soundfile
from tqdm import tqdm

from osu_beatmap.attributes import hold_note_ratio, is_hitsounded, scroll_speed_ratio
from osu_beatmap.held_out import Split, held_out_titles, song_in_split
from osu_beatmap.model import Beatmap, GameMode
from osu_beatmap.reader import read_beatmap
from osu_beatmap.star_rating import star_rating
from osuT5.audio import load_audio
from osuT5.dataset.sources import SourceReport, mapset_songs, read_charts
from pipeline.generate import generate
from pipeline.kept_models import keep_models
from pipeline.resolve import resolve

SAMPLE_RATE = 44_100
EXCERPT_FROM_S = 30.0
SEED = 1
STARS = 4.0

SETTINGS = {
    "hp_drain_rate": 4.3,
    "circle_size": 3.2,
    "overall_difficulty": 6.1,
    "approach_rate": 7.7,
    "slider_multiplier": 1.73,
    "slider_tick_rate": 2.0,
}


@dataclass(frozen=True)
class Wish:
    """An option of a mode, the values to ask for, and how to read off what came out."""

    option: str
    mode: GameMode
    values: tuple[float, ...]
    reached: Callable[[Beatmap], float]


WISHES = (
    Wish("hold_note_ratio", GameMode.MANIA, (0.0, 0.3, 0.7), hold_note_ratio),
    Wish("scroll_speed_ratio", GameMode.TAIKO, (0.0, 0.1, 0.3), scroll_speed_ratio),
    Wish("scroll_speed_ratio", GameMode.MANIA, (0.0, 0.1, 0.3), scroll_speed_ratio),
    Wish("difficulty", GameMode.STANDARD, (2.0, 4.0, 6.0), star_rating),
)


NAMES = sorted({wish.option for wish in WISHES})


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="mapsets")
    parser.add_argument("--songs", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=20.0, help="of each song")
    parser.add_argument("--scales", type=float, nargs="+", default=[1.0, 2.0, 4.0], help="values of cfg_scale")
    parser.add_argument("--options", nargs="+", choices=NAMES, default=NAMES, help="apart from settings")
    parser.add_argument("--model")
    options = parser.parse_args(arguments)
    keep_models()
    with tempfile.TemporaryDirectory() as place:
        excerpts = write_excerpts(options.folder, Path(place), options.songs, options.seconds)
        maker = Maker(excerpts, Path(place) / "maps", options.model)
        print(table(("option", "asked", "in the file"), settings_rows(maker)), flush=True)
        columns = ("option", "mode", "cfg_scale", "asked", "reached", "miss")
        wishes = [wish for wish in WISHES if wish.option in options.options]
        print(table(columns, wish_rows(maker, wishes, options.scales)))
    return 0


@dataclass(frozen=True)
class Maker:
    """Makes a map of each excerpt, as the program does, without refining positions."""

    excerpts: Sequence[Path]
    folder: Path
    model: str | None

    def __call__(self, mode: GameMode, **options: object) -> list[Beatmap]:
        return [read_beatmap(self._made(song, mode, options)) for song in self.excerpts]

    def _made(self, song: Path, mode: GameMode, options: dict[str, object]) -> Path:
        fixed = {"audio_path": str(song), "output_path": str(self.folder), "model_path": self.model, "seed": SEED}
        usual = {"difficulty": STARS, "match_difficulty": False, "generate_positions": False, "export_osz": False}
        return generate(resolve({**fixed, **usual, "gamemode": int(mode), **options})).osu_path


def write_excerpts(folder: Path, place: Path, songs: int, seconds: float) -> list[Path]:
    """The first so many songs of a folder that models may be trained on, cut."""
    excerpts: list[Path] = []
    for song in mapset_songs(folder):
        charts = read_charts(song, SourceReport())
        if not charts or song_in_split([chart.record for chart in charts], Split.HELD_OUT, held_out_titles()):
            continue
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


def settings_rows(maker: Maker) -> Iterable[tuple]:
    maps = maker(GameMode.STANDARD, hitsounded=False, **SETTINGS)
    for option, asked in SETTINGS.items():
        yield option, f"{asked:g}", ", ".join(f"{getattr(beatmap.difficulty, option):g}" for beatmap in maps)
    yield "hitsounded", "false", ", ".join(str(is_hitsounded(beatmap)).lower() for beatmap in maps)
    keys = maker(GameMode.MANIA, keycount=7)
    yield "keycount", "7", ", ".join(str(beatmap.key_count) for beatmap in keys)


def wish_rows(maker: Maker, wishes: Sequence[Wish], scales: Sequence[float]) -> Iterable[tuple]:
    for wish in tqdm(wishes, unit="option"):
        for scale in scales:
            misses, reached = [], []
            for value in wish.values:
                found = [wish.reached(b) for b in maker(wish.mode, cfg_scale=scale, **{wish.option: value})]
                misses += [abs(each - value) for each in found]
                reached.append(f"{statistics.fmean(found):.2f}")
            asked = " / ".join(f"{value:g}" for value in wish.values)
            yield (
                wish.option, wish.mode.name.lower(), f"{scale:g}", asked, " / ".join(reached),
                f"{statistics.fmean(misses):.3f}",
            )  # fmt: skip


def table(columns: Sequence[str], rows: Iterable[Sequence]) -> str:
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
