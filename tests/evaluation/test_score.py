"""The Fréchet distance over maps, by mode, with features that stand for those of a classifier."""

from collections import defaultdict

import numpy as np
import pytest

from evaluation.bands import Bands
from evaluation.measures.features import feature_reader
from evaluation.measures.frechet import frechet_distance
from evaluation.pair_charts import MapFile, Pairing
from evaluation.probes import PROBES
from evaluation.score import frechet_by_mode, score
from osu_beatmap.beatmap import Beatmap, GameMode
from osu_beatmap.files.writer import save_beatmap
from tests.evaluation.probe_maps import chart_of, write_song


def gaps(beatmap: Beatmap, audio_path) -> np.ndarray:
    """Vectors of three successive gaps."""
    times_ms = np.unique([obj.time_ms for obj in beatmap.hit_objects])
    return np.lib.stride_tricks.sliding_window_view(np.diff(times_ms), 3)


@pytest.fixture
def saved(tmp_path):
    (tmp_path / "song.wav").write_bytes(b"")
    for mode in (GameMode.TAIKO, GameMode.MANIA):
        for seed in range(2):
            save_beatmap(chart_of(mode, seed).beatmap, tmp_path / f"{mode.name}{seed}.osu")
    return tmp_path


def pair(folder, generated, human):
    return Pairing(MapFile(folder / f"{generated}.osu"), folder / f"{human}.osu", folder / "song.wav")


def test_sets_are_all_readable_maps_of_a_mode_and_their_human_charts(saved):
    same = [pair(saved, "TAIKO0", "TAIKO0"), pair(saved, "TAIKO1", "TAIKO1")]
    found = frechet_by_mode([*same, pair(saved, "MANIA0", "MANIA1")], gaps)
    assert found[GameMode.TAIKO] == pytest.approx(0.0, abs=1e-6)
    mania = [gaps(chart_of(GameMode.MANIA, seed).beatmap, None) for seed in range(2)]
    assert found[GameMode.MANIA] == pytest.approx(frechet_distance(*mania), rel=1e-6)
    swapped = frechet_by_mode([pair(saved, "TAIKO1", "TAIKO0")], gaps)
    assert swapped[GameMode.TAIKO] > 100.0
    (saved / "broken.osu").write_text("no beatmap", encoding="utf-8")
    assert "broken.osu: " in score(pair(saved, "broken", "TAIKO0"), Bands())
    scored = score(pair(saved, "TAIKO1", "TAIKO0"), Bands())
    assert (scored.mode, scored.human) == (GameMode.TAIKO, "TAIKO0.osu")
    assert frechet_by_mode([Pairing(MapFile(saved / "TAIKO0.osu"))], gaps) == {}


def test_features_of_the_classifier_see_what_is_stated(tmp_path):
    reader = feature_reader(None)
    if reader is None:
        pytest.skip("no mapper classifier comes with the program")
    charts = [chart_of(GameMode.STANDARD, seed, write_song(tmp_path, seed)) for seed in range(2)]
    clean, vectors = [], defaultdict(list)
    rngs = defaultdict(lambda: np.random.default_rng(0))
    for chart, other in (charts, charts[::-1]):
        # One song after the other, since the reader keeps one.
        clean.append(reader(chart.beatmap, chart.audio_path))
        # Not a shift of all times, hardly places and the order of sections, and swapped songs not always.
        for name in ("jittered_10ms", "flattened", "density_doubled", "wrong_tempo", "sounds_removed"):
            vectors[name].append(reader(PROBES[name](chart, [other], rngs[name]), chart.audio_path))
    clean = np.concatenate(clean)
    assert frechet_distance(clean, clean) == pytest.approx(0.0, abs=1e-3)
    for name, damaged in vectors.items():
        assert frechet_distance(np.concatenate(damaged), clean) >= 3.0, name
