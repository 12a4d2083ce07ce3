"""Feature vectors of maps for the Fréchet distance.

They come from the mapper classifier if there is one.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np

from evaluation.measures.frechet import FeatureReader
from osu_beatmap.beatmap import Beatmap
from osuT5.audio.decode import load_audio


def feature_reader(classifier_path: str | None) -> FeatureReader | None:
    """Return a reader of features by a classifier, or None.

    None was requested, and none is bundled.

    Raises:
        ModelError: The files are not a classifier.
    """
    from classifier.contract import BUNDLED_CLASSIFIER, load_classifier
    from classifier.features import chart_features

    if classifier_path is None and not BUNDLED_CLASSIFIER.is_dir():
        return None
    classifier = load_classifier(classifier_path)

    @lru_cache(maxsize=1)
    def samples_of(audio_path: Path) -> np.ndarray:
        return load_audio(audio_path, classifier.spec.grid.sample_rate)

    def read(beatmap: Beatmap, audio_path: Path) -> np.ndarray:
        return chart_features(beatmap, samples_of(audio_path), classifier)

    return read
