"""Accuracy of the timing on held-out songs.

The reference is the red lines of their human-made maps.

    python -m benchmarks.super_timing FOLDER [--songs 0] [--seconds 0] [--iterations 20] [--model DIR]

Plain timing is that of every map, super timing that of `super_timing=true`; the bundled model has one way. Prints
Markdown tables. Seconds are processor time. Maps of other games that are clearly off their audio are moved to it first.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
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
from osu_beatmap.beatmap import Beatmap, GameMode, TimingPoint
from osu_beatmap.held_out import Split
from osuT5.audio.decode import load_audio
from osuT5.dataset.files.sources import FolderSong, mapset_songs
from osuT5.generation.sampling.sampler import Sampling
from osuT5.generation.super_timing import SuperTimer
from osuT5.generation.window_schedule import SongGenerator
from osuT5.map_model.folder import is_map_model, map_contract
from osuT5.model.files.find import BUNDLED_MODEL
from osuT5.model.files.loading import load_model
from osuT5.model.inference_setup import prepare_to_generate
from osuT5.rhythm.alignment import USUAL_LEAD_MS, measure_lead_ms
from osuT5.rhythm.conditions import Origin, origin_of
from osuT5.rhythm.features import compute_features
from pipeline.generation.map_model.rhythm import SongRhythm
from pipeline.generation.timing import quickly_timed_red_lines, super_timed_red_lines

SEED = 1
STARS = 4.0
FEWEST_OBJECTS = 20
MATCHED_MS = 10.0
BEFORE_OBJECTS_MS = 20.0
NEAR_MS = 6.0
RIGHT_PHASE = 0.125
"""Largest offset in beats of a right phase."""

RIGHT_DOWNBEATS = 0.9
"""Fraction of a song's downbeats that are to be met."""

Way = Callable[[SongGenerator], list[TimingPoint]]


@dataclass(frozen=True, slots=True)
class TimedSong:
    """Red lines of one song against the human's.

    Attributes:
        bpm_error: Of the tempo that lasts longest.
        phase_error: Offset in beats, nan if the tempo is wrong.
        matched: Human red lines after the first with one of ours within 10 ms.
    """

    origin: Origin
    human_lines: int
    lines: int
    seconds: float
    agreement: TimingAgreement
    bpm_error: float
    is_octave: bool
    phase_error: float
    matched: int

    @property
    def is_exact(self) -> bool:
        return self.bpm_error <= 0.01 + 1e-9


def main(arguments: Sequence[str] | None = None) -> int:
    parser = corpus_parser(__doc__)
    parser.add_argument("--songs", type=int, default=0, help="at most this many held-out songs; 0: all")
    parser.add_argument("--seconds", type=float, default=0.0, help="of each song; 0: all of it")
    parser.add_argument("--iterations", type=int, default=20, help="passes at most")
    parser.add_argument("--model", type=Path)
    options = parser.parse_args(arguments)
    folder = options.model or BUNDLED_MODEL
    model, spec = (None, map_contract()) if is_map_model(folder) else load_model(folder)
    if model is not None:
        prepare_to_generate(model)
    ways = timing_ways(folder, options.iterations)
    timed: dict[str, list[TimedSong]] = {name: [] for name in ways}
    for song, human in tqdm(list(islice(held_out_songs(options.folder), options.songs or None)), unit="song"):
        samples = load_audio(song.audio_path, spec.grid.sample_rate)
        samples = samples[: int(options.seconds * spec.grid.sample_rate)] if options.seconds else samples
        song_ms = 1000.0 * len(samples) / spec.grid.sample_rate
        human = move_to_audio(human, compute_features(samples))
        for name, find in ways.items():
            writer = SongGenerator(model, spec, None, song_ms, samples=samples)
            started = time.process_time()
            lines = find(writer)
            timed[name].append(compare(human, lines, song_ms, time.process_time() - started))
    print_tables(timed)
    return 0


def timing_ways(folder: Path, iterations: int) -> dict[str, Way]:
    """Return the ways in which a model times songs, by name."""
    if is_map_model(folder):
        return {"map model": lambda writer: SongRhythm(writer.audio, folder).timing.lines}
    ways = {"plain": quickly_timed_red_lines, "super": partial(super_timed_red_lines, passes=iterations)}
    attributes = Attributes(GameMode.STANDARD, difficulty=STARS)
    return {
        name: lambda writer, find=find: find(SuperTimer(writer.listener, attributes, Sampling(), SEED))
        for name, find in ways.items()
    }


def held_out_songs(folder: Path) -> Iterator[tuple[FolderSong, Beatmap]]:
    """Yield held-out songs with their first chart that has objects."""
    for song, charts in songs_in_split(mapset_songs(folder), Split.HELD_OUT):
        yield from [(song, chart.beatmap) for chart in charts if len(chart.beatmap.hit_objects) >= FEWEST_OBJECTS][:1]


def move_to_audio(human: Beatmap, features: np.ndarray) -> Beatmap:
    """Return a map moved to its audio if it is clearly off.

    Its red lines and objects move.
    """
    times_ms = np.array([obj.time_ms for obj in human.hit_objects])
    late_ms = measure_lead_ms(features, times_ms) - USUAL_LEAD_MS
    points = [replace(point, time_ms=point.time_ms + late_ms) for point in human.timing_points]
    objects = [replace(obj, time_ms=obj.time_ms + late_ms) for obj in human.hit_objects]
    return replace(human, timing_points=points, hit_objects=objects)


def compare(human: Beatmap, lines: Sequence[TimingPoint], song_ms: float, seconds: float = 0.0) -> TimedSong:
    """Compare red lines with those of a human-made map.

    The span is from its first to its last object.
    """
    start_ms = human.hit_objects[0].time_ms - BEFORE_OBJECTS_MS
    end_ms = min(human.hit_objects[-1].time_ms, song_ms)
    reds = [point for point in human.timing_points if point.uninherited and point.time_ms < end_ms]
    human_bpm, our_bpm = (_longest_bpm(each, start_ms, end_ms) for each in (reds, lines))
    ours_ms = np.array([line.time_ms for line in lines])
    agreement = compare_timing(reds, lines, start_ms, end_ms)
    beats_off = agreement.offset_ms * human_bpm / 60_000
    return TimedSong(
        origin_of(human),
        len(reds),
        len(lines),
        seconds,
        agreement,
        abs(our_bpm - human_bpm),
        any(abs(our_bpm / human_bpm / octave - 1) <= TEMPO_TOLERANCE for octave in OCTAVES),
        abs((beats_off + 0.5) % 1 - 0.5),
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


GROUPS: dict[str, Callable[[TimedSong], bool]] = {
    "one tempo": lambda song: song.human_lines == 1,
    "changes": lambda song: song.human_lines > 1,
    "osu!": lambda song: song.origin is Origin.OSU,
    "StepMania": lambda song: song.origin is Origin.STEPMANIA,
    "all": lambda song: True,
}


def print_tables(timed: dict[str, list[TimedSong]]) -> None:
    """Print tempi, offsets and bars by group, and detected tempo changes."""
    groups = [
        (name, way, chosen)
        for name, belongs in GROUPS.items()
        for way, songs in timed.items()
        if (chosen := [song for song in songs if belongs(song)])
    ]
    columns = ("held-out songs", "timing", "n", "BPM within 0.01", "octave errors", "tempo right", "s")
    print(markdown.table(columns, [_tempo_row(*group) for group in groups]), end="\n\n")
    columns = ("held-out songs", "timing", "phase right", "offset p50 ms", "p90 ms", "within 6 ms", "downbeats right")
    print(markdown.table(columns, [_offset_row(*group) for group in groups]), end="\n\n")
    columns = ("songs with changes", "timing", "human lines", "matched within 10 ms", "our lines")
    print(markdown.table(columns, [_match_row(way, songs) for name, way, songs in groups if name == "changes"]))


def _tempo_row(group: str, way: str, songs: Sequence[TimedSong]) -> tuple:
    return (
        group,
        way,
        len(songs),
        f"{np.mean([song.is_exact for song in songs]):.2f}",
        f"{np.mean([song.is_octave for song in songs]):.2f}",
        f"{statistics.fmean(song.agreement.tempo_share for song in songs):.2f}",
        f"{statistics.fmean(song.seconds for song in songs):.1f}",
    )


def _offset_row(group: str, way: str, songs: Sequence[TimedSong]) -> tuple:
    offsets_ms = np.array([abs(song.agreement.offset_ms) for song in songs])
    offsets_ms = offsets_ms[np.isfinite(offsets_ms)]
    p50, p90 = np.percentile(offsets_ms, [50, 90]) if len(offsets_ms) else (np.nan, np.nan)
    exact_ms = np.array([abs(song.agreement.offset_ms) for song in songs if song.is_exact])
    return (
        group,
        way,
        f"{sum(song.phase_error <= RIGHT_PHASE for song in songs)} of {len(songs)}",
        f"{p50:.1f}",
        f"{p90:.1f}",
        f"{sum(exact_ms <= NEAR_MS)} of {len(exact_ms)}",
        f"{sum(song.agreement.downbeat_share >= RIGHT_DOWNBEATS for song in songs)} of {len(songs)}",
    )


def _match_row(way: str, songs: Sequence[TimedSong]) -> tuple:
    human, matched = sum(song.human_lines - 1 for song in songs), sum(song.matched for song in songs)
    return len(songs), way, human, f"{matched} ({matched / human:.2f})", sum(song.lines - 1 for song in songs)


if __name__ == "__main__":
    sys.exit(main())
