"""What excerpts of charts are like, as vectors: for telling mappers apart, and for Fréchet distances between sets.

    classifier = load_classifier()
    vectors = chart_features(beatmap, samples, classifier)      # [n, classifier.model.head.width]

`samples` are those of `osuT5.audio.decode.load_audio(path, classifier.spec.grid.sample_rate)`. Vectors of several
charts of one song are cheaper by `SongFeatures`, which hears the song once. They are float32 and deterministic; a chart
of three minutes gives about 22 of them.
"""

from __future__ import annotations

import numpy as np
import torch

from classifier.contract import Classifier
from classifier.excerpts import ChartTokens
from classifier.song_excerpts import SongExcerpts
from osu_beatmap.beatmap import Beatmap
from osuT5.audio.mel import song_mel


class SongFeatures:
    """Feature vectors of charts of one song; samples: float32 [samples] at the model's rate."""

    def __init__(self, samples: np.ndarray, classifier: Classifier) -> None:
        self.classifier = classifier
        longest = classifier.model.reader.config.max_target_positions
        self._cuts = SongExcerpts(song_mel(samples, classifier.spec), classifier.spec, longest)

    @torch.inference_mode()
    def of_chart(self, beatmap: Beatmap, overlap: float = 0.0) -> np.ndarray:
        """Feature vectors [n, width] of windows that together hear all of a chart, in order.

        overlap: the share of a window that the next one hears again. Windows with fewer than FEWEST_OBJECTS objects are
        left out; a chart without objects has none. Raises BeatmapError (a ValueError) for one without a tempo.
        """
        spec, model = self.classifier.spec, self.classifier.model
        if not beatmap.hit_objects:
            return np.zeros((0, model.head.width), dtype=np.float32)
        chart = ChartTokens.of(beatmap, spec, self._cuts.song_ms)
        wanted = self._cuts.with_enough(chart, map(self._cuts.start_frame, chart.starts_ms(spec, overlap)))
        vectors = np.zeros((len(wanted), model.head.width), dtype=np.float32)
        for rows, batch in self._cuts.batches(wanted):
            vectors[rows] = model.features(batch.to(model.centre.device)).float().cpu().numpy()
        return vectors


def chart_features(beatmap: Beatmap, samples: np.ndarray, classifier: Classifier, overlap: float = 0.0) -> np.ndarray:
    """Feature vectors [n, width] of one chart; see `SongFeatures.of_chart`."""
    return SongFeatures(samples, classifier).of_chart(beatmap, overlap)
