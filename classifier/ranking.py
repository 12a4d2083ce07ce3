"""Ranking of mappers by similarity to a chart and its song."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from classifier.contract import Classifier
from classifier.errors import ExcerptError
from classifier.excerpts import FEWEST_OBJECTS, ChartTokens
from classifier.song_excerpts import SongExcerpts
from osu_beatmap.beatmap import Beatmap
from osu_beatmap.song_bounds import part_in_song
from osuT5.audio.mel import song_mel


@dataclass(frozen=True, slots=True)
class Ranking:
    """Mappers with their probabilities, the most likely first.

    They sum to 1 over all distinguished mappers. The audio from `start_s` to `end_s` was used, with its numbers of
    objects and excerpts.
    """

    chances: tuple[tuple[str, float], ...]
    start_s: float
    end_s: float
    objects: int
    excerpts: int


@torch.inference_mode()
def rank_mappers(beatmap: Beatmap, samples: np.ndarray, classifier: Classifier, time_s: float | None = None) -> Ranking:
    """Rank the likely mappers of a chart, or of one excerpt.

    The excerpt is that from `time_s` on. Samples are float32 [samples] at the model's rate. The answers of several
    excerpts are averaged in the logarithm.

    Raises:
        ExcerptError: There are too few objects.
        BeatmapError: The chart has no tempo.
    """
    spec, model = classifier.spec, classifier.model
    cuts = SongExcerpts(song_mel(samples, spec), spec, model.reader.config.max_target_positions)
    song_s = cuts.song_ms / 1000.0
    beatmap = part_in_song(beatmap, cuts.song_ms).beatmap
    if not beatmap.hit_objects:
        raise ExcerptError("the map has no objects in its song")
    chart = ChartTokens.of(beatmap, spec, song_s * 1000.0)
    if time_s is not None and not 0 <= time_s < song_s:
        raise ExcerptError(f"time must be within the song's {song_s:.0f} s, got {time_s:g}")
    starts_ms = chart.starts_ms(spec) if time_s is None else [time_s * 1000.0]
    wanted = cuts.with_enough(chart, map(cuts.start_frame, starts_ms))
    window_s = spec.grid.window_ms / 1000.0
    if not wanted:
        where = "any excerpt of the map" if time_s is None else f"the {window_s:.0f} s from {time_s:g} s on"
        raise ExcerptError(f"there are fewer than {FEWEST_OBJECTS} objects in {where}; too little to tell a mapper by")
    scores = torch.zeros(len(wanted), model.head.mapper_count)
    for rows, batch in cuts.batches(wanted):
        scores[rows] = model(model.reader(batch.to(model.centre.device))).log_softmax(1).float().cpu()
    chances = scores.mean(0).softmax(0)
    order = chances.argsort(descending=True).tolist()
    starts_s = [frame * spec.grid.frame_ms / 1000.0 for _, frame in wanted]
    return Ranking(
        chances=tuple((classifier.mappers[place], float(chances[place])) for place in order),
        start_s=starts_s[0],
        end_s=min(song_s, starts_s[-1] + window_s),
        objects=sum(excerpt.objects for excerpt, _ in wanted),
        excerpts=len(wanted),
    )
