"""How well bar lines around an edge of kiai tell where it belongs, and the weights that do it.

    python -m benchmarks.mai_mod.kiai_edges FOLDER [--songs 110] [--folds 5]

From charts of training songs in a folder of mapsets, one with kiai a song. Prints the weights of a conditional
logistic regression (McFadden 1974) of the human's bar line among its neighbours, for
`modding/observation/kiai_edges.py`; and by cross validation over songs how often a bar line next to the human's
surprises more than the human's (AUC).
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

from benchmarks.arguments import corpus_parser
from benchmarks.mai_mod.fitting import minimised
from evaluation.measures.review_metrics import auc
from evaluation.split_songs import songs_in_split
from modding.observation.kiai_edges import REACH_BARS, WEIGHTS, BarMarks, HeardSpectrum, edges_of
from osu_beatmap.beatmap import Beatmap
from osu_beatmap.held_out import Split
from osu_beatmap.timing.active_point import Timing
from osuT5.audio.decode import load_audio
from osuT5.audio.mel import song_mel
from osuT5.dataset.files.sources import mapset_songs
from osuT5.model.files.loading import EMBEDDED_MODEL, load_model
from osuT5.tokens.contract import Contract

PENALTY = 0.01
"""Of squared weights, so that few edges give no large ones."""


def charts_with_kiai(folder: Path, spec: Contract) -> Iterator[tuple[Beatmap, HeardSpectrum]]:
    """A chart of each training song that has kiai, and the song."""
    for song, charts in songs_in_split(mapset_songs(folder), Split.TRAIN):
        beatmaps = (chart.beatmap for chart in charts)
        chosen = next((each for each in beatmaps if Timing(each.timing_points).kiai_spans()), None)
        if chosen is not None:
            mel = song_mel(load_audio(song.audio_path, spec.grid.sample_rate), spec)
            yield chosen, HeardSpectrum(mel, spec.grid.frame_ms, spec.audio_lead_ms)


def fitted(marks: np.ndarray) -> np.ndarray:
    """Weights [kinds] for marks [edges, lines, kinds] under which the middle lines are likeliest."""
    known = torch.from_numpy(marks)

    def loss_of(weights: torch.Tensor) -> torch.Tensor:
        chances = torch.log_softmax(known @ weights, 1)[:, marks.shape[1] // 2]
        return PENALTY * weights.square().sum() - chances.mean()

    return minimised(torch.zeros(marks.shape[-1], dtype=known.dtype), loss_of).numpy()


def surprises(scores: np.ndarray) -> np.ndarray:
    """Of the middle line [edges], for scores [edges, lines]."""
    return np.logaddexp.reduce(scores, axis=1) - scores[:, scores.shape[1] // 2]


def cross_validated(marks: np.ndarray, songs: np.ndarray, folds: int) -> float:
    """marks [edges, lines, kinds], reaching a bar farther than is compared, so that neighbours can be judged, too."""
    human, beside = [], []
    for fold in range(folds):
        own = songs % folds == fold
        scores = marks[own] @ fitted(marks[~own][:, 1:-1])
        human.append(surprises(scores[:, 1:-1]))
        beside += [surprises(scores[:, :-2]), surprises(scores[:, 2:])]
    return auc(np.concatenate(beside), np.concatenate(human))


def main() -> int:
    parser = corpus_parser(__doc__)
    parser.add_argument("--songs", type=int, default=110)
    parser.add_argument("--folds", type=int, default=5)
    arguments = parser.parse_args()
    _, spec = load_model(EMBEDDED_MODEL)
    marks, songs = [], []
    charts = islice(charts_with_kiai(arguments.folder, spec), arguments.songs or None)
    for number, (beatmap, spectrum) in enumerate(tqdm(charts, unit="song", total=arguments.songs)):
        known = BarMarks(beatmap, spectrum)
        if not known.is_known:
            continue
        for time_ms, is_start in edges_of(beatmap, spectrum.song_ms):
            marks.append(known.around(time_ms, is_start, REACH_BARS + 1)[1])
            songs.append(number)
    if len(set(songs)) < arguments.folds:
        print(f"{arguments.folder} has too few training songs with kiai.", file=sys.stderr)
        return 2
    edges, of_song = np.stack(marks), np.array(songs)
    weights = fitted(edges[:, 1:-1])
    print(f"{len(edges)} edges of {len(set(songs))} songs")
    print(", ".join(f"{name} {weight:.2f}" for name, weight in zip(WEIGHTS, weights, strict=True)))
    print(f"a bar off against the human's, AUC: {cross_validated(edges, of_song, arguments.folds):.3f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
