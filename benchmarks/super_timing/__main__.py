"""Measures the timing of the fit alone, of synthetic songs with exact truth, and of held-out songs.

    python -m benchmarks.super_timing [FOLDER] [--fits 200] [--songs 20] [--held-out 0]
        [--model DIR] [--keep FOLDER]

The fit alone gets beats that are off by a normal error, some missing and some extra. Synthetic songs are played and
then heard by the model, in one pass, in a few as every map gets them, and in many; so are the held-out songs of a
folder of mapsets, beside the timing of their human charts. Prints Markdown tables. Seconds are of processor time. With
`--keep` all passes are made, and what the model hears is kept, so that the same command prints the tables of another
fit in a minute; a folder is for one model.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from collections.abc import Iterable, Sequence
from functools import partial
from itertools import islice
from pathlib import Path

import numpy as np
from tqdm import tqdm

from beat_tracking.red_line_fit import fit_red_lines
from benchmarks.arguments import command_parser
from benchmarks.super_timing.held_out import SongTiming, held_out_songs, time_song
from benchmarks.super_timing.tempi import KINDS, METER, Closeness, closeness, jitter
from benchmarks.super_timing.timing_runs import WAYS, HeardTiming, hear_all_ways
from evaluation.report import markdown
from osu_beatmap.attributes import Attributes
from osu_beatmap.beatmap import GameMode
from osuT5.model.files.loading import load_model
from osuT5.model.inference_setup import prepare_to_generate
from osuT5.model.seq2seq import MapperModel
from osuT5.tokens.contract import Contract
from synthesis.composition import compose
from synthesis.mixing import render_song

FIT_SECONDS = 150.0
JITTERS = ((4.0, 0.02, 0.02), (8.0, 0.1, 0.05))
"""Deviation of the beats in ms, share that is missing, share that is extra."""

TARGETS = {
    "constant": "one line, BPM within 0.01, phase within {} ms",
    "jumps": "sections with BPM within 0.05, phase within 5 ms",
    "ramps": "songs with 95 % of the beats within 10 ms",
}
FIT_PHASE_MS, SONG_PHASE_MS = 3.0, 5.0


def main(arguments: Sequence[str] | None = None) -> int:
    parser = command_parser(__doc__)
    parser.add_argument("folder", type=Path, nargs="?", help="mapsets, for the held-out songs in it")
    parser.add_argument("--fits", type=int, default=200, help="of each kind of tempo")
    parser.add_argument("--songs", type=int, default=20, help="synthetic songs of each kind of tempo")
    parser.add_argument("--held-out", type=int, default=0, help="at most this many held-out songs; 0: all")
    parser.add_argument("--seconds", type=float, default=60.0, help="length of synthetic songs")
    parser.add_argument("--held-out-seconds", type=float, default=0.0, help="of each held-out song; 0: all of it")
    parser.add_argument("--iterations", type=int, default=20, help="passes at most")
    parser.add_argument("--first-seed", type=int, default=0, help="of synthetic songs; what is tuned on others is fair")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="for what the model hears")
    parser.add_argument("--model", type=Path)
    options = parser.parse_args(arguments)
    if options.keep:
        options.keep.mkdir(parents=True, exist_ok=True)
    if options.fits:
        _print_table(("fit alone", "beats off by", "target", "n", "met", "BPM", "phase"), _fit_rows(options.fits))
    if not options.songs and not options.folder:
        return 0
    model, spec = load_model(options.model)
    prepare_to_generate(model)
    if options.songs:
        columns = ("songs", "timing", "target", "n", "met", "BPM", "phase", "octave", "lines", "passes", "s")
        _print_table(columns, _song_rows(model, spec, options))
    if options.folder:
        songs = list(islice(held_out_songs(options.folder), options.held_out or None))
        timed = [
            time_song(model, spec, *song, options.iterations, options.held_out_seconds, options.keep)
            for song in tqdm(songs, unit="song")
        ]
        _print_held_out(timed)
    return 0


def _print_table(columns: Sequence[str], rows: Iterable[Sequence]) -> None:
    print(markdown.table(columns, rows, " --- "), end="\n\n")


def _fit_rows(count: int) -> Iterable[tuple]:
    for kind, draw in KINDS.items():
        for jitter_ms, missing, extra in JITTERS:
            found = []
            for seed in range(count):
                rng = np.random.default_rng(seed)
                tempi = draw(rng, FIT_SECONDS)
                beats = jitter(tempi, rng, jitter_ms, missing, extra)
                found.append(closeness(tempi, fit_red_lines(beats, 1000 * FIT_SECONDS)))
            yield (kind, f"{jitter_ms:g} ms", TARGETS[kind].format(FIT_PHASE_MS), *_shares(kind, found, FIT_PHASE_MS))


def _song_rows(model: MapperModel, spec: Contract, options: argparse.Namespace) -> Iterable[tuple]:
    attributes = Attributes(GameMode.STANDARD, difficulty=4.0)
    for kind, draw in KINDS.items():
        found: dict[str, list[Closeness]] = {way: [] for way in WAYS}
        heard: dict[str, list[HeardTiming]] = {way: [] for way in WAYS}
        for seed in tqdm(range(options.first_seed, options.first_seed + options.songs), unit="song", desc=kind):
            tempi = draw(np.random.default_rng([seed, 7]), options.seconds)
            changes = [(beat / METER, bpm) for beat, bpm in tempi.changes]
            arranged = (seed, tempi.bpm, tempi.offset_ms, options.seconds, METER, 4, changes)
            truth = compose(*arranged)
            breaks = [(section.start_ms, section.end_ms) for section in truth.sections if section.name == "break"]
            load = partial(_played, arranged, spec.grid.sample_rate)
            kept = options.keep and options.keep / f"{kind} {seed} {options.seconds:g}.pickle"
            heard_song = hear_all_ways(model, spec, load, attributes, options.iterations, kept)
            for way, timing in heard_song.items():
                found[way].append(closeness(tempi, timing.lines, spec.audio_lead_ms, *breaks))
                heard[way].append(timing)
        for way in found:
            octaves = np.concatenate([close.octaves for close in found[way]])
            yield (
                kind,
                way,
                TARGETS[kind].format(SONG_PHASE_MS),
                *_shares(kind, found[way], SONG_PHASE_MS),
                f"{np.mean(octaves):.2f}" if len(octaves) else "-",
                f"{statistics.fmean(close.lines for close in found[way]):.1f}",
                f"{statistics.fmean(timing.passes for timing in heard[way]):.1f}",
                f"{statistics.fmean(timing.seconds for timing in heard[way]):.1f}",
            )


def _played(arranged: tuple, sample_rate: int) -> np.ndarray:
    return render_song(*arranged, sample_rate=sample_rate)[0].mean(axis=1)


def _shares(kind: str, found: Sequence[Closeness], phase_ms: float) -> tuple[str, ...]:
    """How many were looked at, and the shares with all that is asked, with the tempo, and with the phase."""
    if kind == "ramps":
        p95_ms = np.array([np.percentile(close.beats_ms, 95) for close in found])
        return str(len(found)), f"{np.mean(p95_ms <= 10):.3f}", "-", f"p95 {np.median(p95_ms):.1f} ms"
    limit_bpm = 0.01 if kind == "constant" else 0.05
    tempo = np.concatenate([close.tempo_bpm <= limit_bpm + 1e-9 for close in found])
    phase = np.concatenate([close.phase_ms <= phase_ms for close in found])
    met = tempo & phase
    if kind == "constant":
        met &= np.array([close.lines == 1 for close in found])
    return str(len(met)), f"{met.mean():.3f}", f"{tempo.mean():.3f}", f"{phase.mean():.3f}"


def _print_held_out(timed: Sequence[dict[str, SongTiming]]) -> None:
    columns = ("held-out songs", "timing", "n", "BPM within 0.01", "octave errors", "tempo right", "passes", "s")
    rows = []
    for kind, chosen in (("one tempo", [s for s in timed if s["plain"].human_lines == 1]),
                         ("changes", [s for s in timed if s["plain"].human_lines > 1]),
                         ("all", timed)):  # fmt: skip
        for way in WAYS:
            songs = [song[way] for song in chosen]
            if songs:
                rows.append((
                    kind, way, len(songs), f"{np.mean([s.bpm_error <= 0.01 + 1e-9 for s in songs]):.2f}",
                    f"{np.mean([s.is_octave for s in songs]):.2f}",
                    f"{statistics.fmean(s.agreement.tempo_share for s in songs):.2f}",
                    f"{statistics.fmean(s.heard.passes for s in songs):.1f}",
                    f"{statistics.fmean(s.heard.seconds for s in songs):.1f}",
                ))  # fmt: skip
    _print_table(columns, rows)
    _print_table(("codec", "timing", "songs", "offset p50 ms", "p90 ms", "downbeats"), _offset_rows(timed))
    columns = ("songs with changes", "timing", "human lines", "matched within 10 ms", "our lines")
    _print_table(columns, _match_rows([song for song in timed if song["plain"].human_lines > 1]))


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
    for way in WAYS:
        songs = [song[way] for song in timed]
        if songs:
            human = sum(s.human_lines - 1 for s in songs)
            matched = sum(s.matched for s in songs)
            ours = sum(len(s.heard.lines) - 1 for s in songs)
            yield len(songs), way, human, f"{matched} ({matched / human:.2f})", ours


if __name__ == "__main__":
    sys.exit(main())
