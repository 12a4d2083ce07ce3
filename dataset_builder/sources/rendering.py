"""Charts without audio -> mapsets with rendered songs.

    python -m dataset_builder.sources.rendering CHARTS OUT [--processes 2] [--longest 300]

Every .osu file below CHARTS is read; those of one title, mode and timing share a song. OUT gets a folder for each song
with `audio.ogg` and its charts, so it can be trained on like any folder of mapsets. A folder that is there already is
left as it is: a stopped run goes on where it was. What cannot be used is counted by reason.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tqdm import tqdm

from dataset_builder.sources.chart_music import music_for
from dataset_builder.workers import WorkerDied, in_order
from osu_beatmap.beatmap import Beatmap
from osu_beatmap.errors import BeatmapError
from osu_beatmap.files.file_names import osu_file_name
from osu_beatmap.files.reader import read_beatmap
from osu_beatmap.files.writer import save_beatmap
from synthesis.mixing import play

SAMPLE_RATE_HZ = 22_050
QUALITY = 0.3
TAIL_S = 2.0
MIN_OBJECTS = 20
AUDIO_NAME = "audio.ogg"


@dataclass(frozen=True, slots=True)
class SongCharts:
    """Charts that share a song; `name` is that of their folder, and tells equal songs apart."""

    name: str
    paths: tuple[Path, ...]

    @property
    def seed(self) -> int:
        return int.from_bytes(hashlib.sha256(self.name.encode()).digest()[:4], "big")


def songs_of(paths: Iterable[Path], longest_s: float) -> tuple[list[SongCharts], Counter[str]]:
    """Charts by song, and why others cannot be used."""
    groups: dict[tuple, list[Path]] = defaultdict(list)
    skipped: Counter[str] = Counter()
    for path in paths:
        try:
            beatmap = read_beatmap(path)
        except (BeatmapError, OSError):
            skipped["not readable"] += 1
            continue
        reason = _unfit(beatmap, longest_s)
        if reason:
            skipped[reason] += 1
        else:
            groups[_song_key(beatmap)].append(path)
    songs = []
    for key, members in groups.items():
        digest = hashlib.sha256(repr(key).encode()).hexdigest()[:12]
        songs.append(SongCharts(f"rendered-{digest}", tuple(sorted(members))))
    return sorted(songs, key=lambda song: song.name), skipped


def _unfit(beatmap: Beatmap, longest_s: float) -> str:
    if len(beatmap.hit_objects) < MIN_OBJECTS:
        return f"fewer than {MIN_OBJECTS} objects"
    if not any(point.uninherited for point in beatmap.timing_points):
        return "no timing"
    if beatmap.hit_objects[-1].time_ms > 1000 * longest_s:
        return f"longer than {longest_s:g} s"
    return ""


def _song_key(beatmap: Beatmap) -> tuple:
    reds = tuple(
        (point.time_ms, round(point.beat_length_ms, 6)) for point in beatmap.timing_points if point.uninherited
    )
    return beatmap.metadata.title.casefold(), beatmap.metadata.artist.casefold(), int(beatmap.mode), reds


def render_song(song: SongCharts, out: Path) -> str:
    """Writes the folder of a song, whole or not at all; why it could not be done, or nothing."""
    folder = out / song.name
    if folder.exists():
        return ""
    charts = [read_beatmap(path) for path in song.paths]
    notes = music_for(charts, song.seed)
    if not notes:
        return "no note within the song"
    duration_s = max(note.time_ms + note.duration_ms for note in notes) / 1000 + TAIL_S
    samples = play(notes, duration_s, song.seed, SAMPLE_RATE_HZ).mean(axis=1)
    temporary = out / f"{song.name}.new"
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(parents=True)
    _write_audio(temporary / AUDIO_NAME, samples)
    for index, chart in enumerate(charts):
        chart.audio_filename = AUDIO_NAME
        chart.background = ""
        save_beatmap(chart, temporary / f"{index:02} {osu_file_name(chart.metadata)}")
    os.replace(temporary, folder)
    return ""


def _write_audio(path: Path, samples: np.ndarray) -> None:
    import soundfile

    with soundfile.SoundFile(
        path, "w", SAMPLE_RATE_HZ, 1, "VORBIS", format="OGG", compression_level=1 - QUALITY
    ) as file:
        for start in range(0, len(samples), SAMPLE_RATE_HZ):  # libsndfile overflows its stack on long blocks
            file.write(samples[start : start + SAMPLE_RATE_HZ])


def render_all(songs: Sequence[SongCharts], out: Path, processes: int) -> Counter[str]:
    """Renders what is not there yet, with a progress bar; counts by reason what could not be."""
    out.mkdir(parents=True, exist_ok=True)
    failed: Counter[str] = Counter()
    rendered = in_order(render_song, [(song, out) for song in songs], processes)
    for _, reason in tqdm(rendered, total=len(songs), desc="rendering", unit="song"):
        if reason:
            failed["rendering it ends the program" if isinstance(reason, WorkerDied) else reason] += 1
    return failed


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("charts", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--longest", type=float, default=300.0, help="seconds; longer charts are left out")
    arguments = parser.parse_args()
    if not arguments.charts.is_dir():
        print(f"There is no folder {arguments.charts}.", file=sys.stderr)
        return 2
    songs, skipped = songs_of(sorted(arguments.charts.rglob("*.osu")), arguments.longest)
    skipped += render_all(songs, arguments.out, arguments.processes)
    print(f"{len(songs)} songs with {sum(len(song.paths) for song in songs)} charts in {arguments.out}")
    for reason, count in skipped.most_common():
        print(f"  left out, {reason}: {count}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
