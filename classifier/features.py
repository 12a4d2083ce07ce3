"""Feature vectors of excerpts, for mappers and Fréchet distances.

    classifier = load_classifier()
    vectors = chart_features(beatmap, samples, classifier)      # [n, classifier.model.head.width]

They distinguish mappers, and sets of charts. `samples` are those of
`osuT5.audio.decode.load_audio(path, classifier.spec.grid.sample_rate)`. Vectors are float32 and deterministic; a chart
of three minutes gives about 22 of them.
"""

from __future__ import annotations

import numpy as np
import torch

from classifier.contract import Classifier
from classifier.excerpts import ChartTokens
from classifier.song_excerpts import SongExcerpts
from osu_beatmap.beatmap import Beatmap
from osu_beatmap.song_bounds import part_in_song
from osuT5.audio.mel import song_mel


@torch.inference_mode()
def chart_features(beatmap: Beatmap, samples: np.ndarray, classifier: Classifier) -> np.ndarray:
    """Return feature vectors [n, width] of a chart's windows, in order.

    Windows with fewer than `FEWEST_OBJECTS` objects are omitted; a chart without objects has none.

    Raises:
        BeatmapError: The chart has no tempo.
    """
    spec, model = classifier.spec, classifier.model
    cuts = SongExcerpts(song_mel(samples, spec), spec, model.reader.config.max_target_positions)
    beatmap = part_in_song(beatmap, cuts.song_ms).beatmap
    if not beatmap.hit_objects:
        return np.zeros((0, model.head.width), dtype=np.float32)
    chart = ChartTokens.of(beatmap, spec, cuts.song_ms)
    wanted = cuts.with_enough(chart, map(cuts.start_frame, chart.starts_ms(spec)))
    vectors = np.zeros((len(wanted), model.head.width), dtype=np.float32)
    for rows, batch in cuts.batches(wanted):
        vectors[rows] = model.features(model.reader(batch.to(model.centre.device))).float().cpu().numpy()
    return vectors
