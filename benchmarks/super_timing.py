"""Accuracy of the timing on held-out songs, against the red lines of their human-made maps.

    python -m benchmarks.super_timing FOLDER [--songs 0] [--seconds 0] [--iterations 20] [--model DIR]

Plain timing is that of every map, super timing that of `super_timing=true`. Prints Markdown tables. Seconds are
processor time.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path

import numpy as np
from tqdm import tqdm

from benchmarks.arguments import corpus_parser
from evaluation.measures.timing_metrics import OCTAVES, TEMPO_TOLERANCE, TimingAgreement, compare_timing
from evaluation.report import markdown
from evaluation.split_songs import songs_in_split
from osu_beatmap.attributes import Attributes
from osu_beatmap.beatmap import Beatmap, TimingPoint
from osu_beatmap.held_out import Split
from osuT5.audio.decode import audio_format, load_audio
from osuT5.audio.mel import song_mel
from osuT5.dataset.files.sources import FolderSong, mapset_songs
from osuT5.generation.sampling.sampler import Sampling
from osuT5.generation.super_timing import SuperTimer
from osuT5.generation.window_schedule import SongGenerator
from osuT5.model.files.loading import load_model
from osuT5.model.inference_setup import prepare_to_generate
from pipeline.generation.timing import quickly_timed_red_lines, super_timed_red_lines

SEED = 1
STARS = 4.0
FEWEST_OBJECTS = 20
MATCHED_MS = 10.0
BEFORE_OBJECTS_MS = 20.0
WAYS = ("plain", "super")


@dataclass(frozen=True, slots=True)
class SongTiming:
    """Red lines of one song against the human's.

    Attributes:
        bpm_error: Of the tempo that lasts longest.
        matched: Human red lines after the first with one of ours within 10 ms.
    """

    codec: str
    human_lines: int
    lines: int
    passes: int
    seconds: float
    agreement: TimingAgreement
    bpm_error: float
    is_octave: bool
    matched: int


def main(arguments: Sequence[str] | None = None) -> int:
    parser = corpus_parser(__doc__)
    parser.add_argument("--songs", type=int, default=0, help="at most this many held-out songs; 0: all")
    parser.add_argument("--seconds", type=float, default=0.0, help="of each song; 0: all of it")
    parser.add_argument("--iterations", type=int, default=20, help="passes at most")
    parser.add_argument("--model", type=Path)
    options = parser.parse_args(arguments)
    model, spec = load_model(options.model)
    prepare_to_generate(model)
    ways = (quickly_timed_red_lines, partial(super_timed_red_lines, passes=options.iterations))
    timed: list[dict[str, SongTiming]] = []
    for song, human in tqdm(list(islice(held_out_songs(options.folder), options.songs or None)), unit="song"):
        samples = load_audio(song.audio_path, spec.grid.sample_rate)
        samples = samples[: int(options.seconds * spec.grid.sample_rate)] if options.seconds else samples
        song_ms = 1000.0 * len(samples) / spec.grid.sample_rate
        listener = SongGenerator(model, spec, song_mel(samples, spec), song_ms, samples=samples).listener
        codec, of_song = audio_format(song.audio_path).codec, {}
        for way, find in zip(WAYS, ways, strict=True):
            started = time.process_time()
            timer = SuperTimer(listener, Attributes(human.mode, difficulty=STARS), Sampling(), SEED)
            lines = find(timer)
            spent = time.process_time() - started
            of_song[way] = compared(codec, human, lines, song_ms, len(timer.passes), spent)
        timed.append(of_song)
    print_tables(timed)
    return 0


def held_out_songs(folder: Path) -> Iterator[tuple[FolderSong, Beatmap]]:
    """Yield the held-out songs of a folder of mapsets with their first chart that has objects."""
    for song, charts in songs_in_split(mapset_songs(folder), Split.HELD_OUT):
        yield from [(song, chart.beatmap) for chart in charts if len(chart.beatmap.hit_objects) >= FEWEST_OBJECTS][:1]


def compared(
    codec: str, human: Beatmap, lines: Sequence[TimingPoint], song_ms: float, passes: int = 1, seconds: float = 0.0
) -> SongTiming:
    """Compare red lines with those of a human-made map, from its first to its last object."""
    start_ms = human.hit_objects[0].time_ms - BEFORE_OBJECTS_MS
    end_ms = min(human.hit_objects[-1].time_ms, song_ms)
    reds = [point for point in human.timing_points if point.uninherited and point.time_ms < end_ms]
    human_bpm, our_bpm = (_longest_bpm(each, start_ms, end_ms) for each in (reds, lines))
    ours_ms = np.array([line.time_ms for line in lines])
    return SongTiming(
        codec,
        len(reds),
        len(lines),
        passes,
        seconds,
        compare_timing(reds, lines, start_ms, end_ms),
        abs(our_bpm - human_bpm),
        any(abs(our_bpm / human_bpm / octave - 1) <= TEMPO_TOLERANCE for octave in OCTAVES),
        # Before the first objects a line may stand on any bar.
        sum(np.abs(ours_ms - red.time_ms).min() <= MATCHED_MS for red in reds[1:]),
    )


def _longest_bpm(lines: Sequence[TimingPoint], start_ms: float, end_ms: float) -> float:
    lasting: dict[float, float] = {}
    for line, following in zip(lines, [*lines[1:], None], strict=True):
        stop_ms = end_ms if following is None else min(end_ms, following.time_ms)
        bpm = round(line.bpm, 3)
        lasting[bpm] = lasting.get(bpm, 0.0) + max(0.0, stop_ms - max(start_ms, line.time_ms))
    return max(lasting, key=lambda bpm: lasting[bpm])


def print_tables(timed: Sequence[dict[str, SongTiming]]) -> None:
    """Print tempi, offsets by codec, and the changes of tempo that were found."""
    changing = [song for song in timed if song["plain"].human_lines > 1]
    groups = {"one tempo": [song for song in timed if song["plain"].human_lines == 1], "changes": changing}
    columns = ("held-out songs", "timing", "n", "BPM within 0.01", "octave errors", "tempo right", "passes", "s")
    print(markdown.table(columns, _tempo_rows({**groups, "all": timed})), end="\n\n")
    columns = ("codec", "timing", "songs", "offset p50 ms", "p90 ms", "downbeats")
    print(markdown.table(columns, _offset_rows(timed)), end="\n\n")
    columns = ("songs with changes", "timing", "human lines", "matched within 10 ms", "our lines")
    print(markdown.table(columns, _match_rows(changing)))


def _tempo_rows(groups: dict[str, Sequence[dict[str, SongTiming]]]) -> Iterable[tuple]:
    for kind, chosen in groups.items():
        for way in WAYS if chosen else ():
            songs = [song[way] for song in chosen]
            yield (
                kind,
                way,
                len(songs),
                f"{np.mean([s.bpm_error <= 0.01 + 1e-9 for s in songs]):.2f}",
                f"{np.mean([s.is_octave for s in songs]):.2f}",
                f"{statistics.fmean(s.agreement.tempo_share for s in songs):.2f}",
                f"{statistics.fmean(s.passes for s in songs):.1f}",
                f"{statistics.fmean(s.seconds for s in songs):.1f}",
            )


def _offset_rows(timed: Sequence[dict[str, SongTiming]]) -> Iterable[tuple]:
    for codec in sorted({song["plain"].codec for song in timed}):
        for way in WAYS:
            songs = [song[way] for song in timed if song[way].codec == codec]
            offsets_ms = np.array([abs(s.agreement.offset_ms) for s in songs])
            offsets_ms = offsets_ms[np.isfinite(offsets_ms)]
            p50, p90 = np.percentile(offsets_ms, [50, 90]) if len(offsets_ms) else (np.nan, np.nan)
            downbeats = np.nanmean([s.agreement.downbeat_share for s in songs])
            yield codec, way, len(offsets_ms), f"{p50:.1f}", f"{p90:.1f}", f"{downbeats:.2f}"


def _match_rows(timed: Sequence[dict[str, SongTiming]]) -> Iterable[tuple]:
    for way in WAYS if timed else ():
        songs = [song[way] for song in timed]
        human, matched = sum(s.human_lines - 1 for s in songs), sum(s.matched for s in songs)
        yield len(songs), way, human, f"{matched} ({matched / human:.2f})", sum(s.lines - 1 for s in songs)


if __name__ == "__main__":
    sys.exit(main())
