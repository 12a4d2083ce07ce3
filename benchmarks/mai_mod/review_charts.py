"""Charts for measuring reviews: excerpts of real ones, and readers.

The excerpts are of all modes; each has a reader of its song.
"""

from __future__ import annotations

import hashlib
import json
import math
from argparse import Namespace
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tqdm import tqdm

from evaluation.charts import excerpt
from evaluation.split_songs import songs_in_split
from modding.observation.surprisal import SongReader, read_song
from osu_beatmap.beatmap import Beatmap, GameMode
from osu_beatmap.held_out import Split
from osuT5.audio.decode import load_audio
from osuT5.dataset.files.sources import FolderSong, ReadChart, mapset_songs
from osuT5.map_model.folder import is_map_model
from osuT5.model.files.loading import load_model
from osuT5.model.seq2seq import MapperModel
from osuT5.rhythm.features import FEATURE_SPEC, SongAudio
from osuT5.tokens.contract import Contract

FEWEST_OBJECTS = 60


@dataclass(frozen=True, slots=True)
class ReviewChart:
    """Excerpt from a chart's start, and the reader of its song."""

    name: str
    beatmap: Beatmap
    reader: SongReader
    is_stepmania: bool

    @property
    def mode(self) -> str:
        return self.beatmap.mode.name.lower() + (" (StepMania)" if self.is_stepmania else "")


def review_charts(options: Namespace, split: Split) -> Iterator[ReviewChart]:
    """Read up to `options.charts` charts of each mode, with a progress bar.

    `_chosen` selects them.
    """
    converted = stepmania_sets(options.stepmania)
    chosen = _chosen(options.folder, split, options.charts, converted)
    known = None if is_map_model(options.model) else load_model(options.model)
    for song, chart in tqdm(chosen, unit="chart", total=len(GameMode) * options.charts):
        yield _read_excerpt(song, chart, known, options, song.name in converted)


def chosen_charts(folder: Path, split: Split, per_mode: int, seconds: float) -> Iterator[Beatmap]:
    """Yield the excerpts of `review_charts` without their songs."""
    for _, chart in _chosen(folder, split, per_mode, frozenset()):
        yield excerpt(chart.beatmap, -math.inf, _excerpt_ms(chart.beatmap, seconds))


def _excerpt_ms(beatmap: Beatmap, seconds: float) -> float:
    """Return the end of an excerpt.

    Its length counts from the first object, or from the song's start if that is later.
    """
    return 1000 * seconds + max(0.0, min(obj.time_ms for obj in beatmap.hit_objects))


def _chosen(
    folder: Path, split: Split, per_mode: int, converted: frozenset[str]
) -> Iterator[tuple[FolderSong, ReadChart]]:
    """Yield up to `per_mode` charts of each mode, in order of names.

    There is one of each song. If a mode has no more songs, as in catch, other difficulties of chosen songs follow.
    """
    taken: Counter = Counter()
    chosen: set[tuple[str, str]] = set()
    in_hashed_order = sorted(mapset_songs(folder), key=lambda song: _hash_notes(song.name))
    songs = list(songs_in_split(in_hashed_order, split))
    for _ in range(per_mode):
        count = len(chosen)
        for song, charts in songs:
            if min(taken[mode] for mode in GameMode) >= per_mode:
                return
            free = [chart for chart in charts if (song.name, chart.name) not in chosen]
            chart = _choose(free, taken, per_mode, song.name in converted)
            if chart is None:
                continue
            chosen.add((song.name, chart.name))
            taken[chart.beatmap.mode] += 1
            yield song, chart
        if len(chosen) == count:
            return


def _choose(charts: list[ReadChart], taken: Counter, per_mode: int, is_stepmania: bool) -> ReadChart | None:
    """Choose a chart of the mode that lacks most.

    At most half of mania is from StepMania.
    """
    limit = per_mode // 2 if is_stepmania else per_mode
    able = [c for c in charts if taken[c.beatmap.mode] < limit and len(c.beatmap.hit_objects) >= FEWEST_OBJECTS]
    return min(able, key=lambda each: (taken[each.beatmap.mode], _hash_notes(each.name)), default=None)


def _read_excerpt(
    song: FolderSong,
    chart: ReadChart,
    known: tuple[MapperModel, Contract] | None,
    options: Namespace,
    is_stepmania: bool,
) -> ReviewChart:
    """Read an excerpt.

    Args:
        known: Model of event tokens that judges it; None if `options.model` is a map model.
    """
    sample_rate = FEATURE_SPEC.sample_rate if known is None else known[1].grid.sample_rate
    samples = load_audio(song.audio_path, sample_rate)
    samples = samples[: int(_excerpt_ms(chart.beatmap, options.seconds) / 1000 * sample_rate)]
    reader = SongReader(SongAudio(samples), options.model) if known is None else read_song(*known, samples)
    beatmap = excerpt(chart.beatmap, -math.inf, reader.song_ms)
    return ReviewChart(f"{song.name} / {chart.name}", beatmap, reader, is_stepmania)


def stepmania_sets(path: Path | None) -> frozenset[str]:
    """Return the mapsets converted from StepMania.

    The file is a list of {dir, kind}.
    """
    rows = json.loads(path.read_text(encoding="utf-8")) if path else []
    return frozenset(row["dir"] for row in rows if row["kind"] == "sm")


def _hash_notes(name: str) -> str:
    return hashlib.sha256(name.encode("utf-8")).hexdigest()
