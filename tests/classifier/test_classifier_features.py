"""Excerpts and their vectors, with a tiny seeded reader."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from classifier.contract import Classifier
from classifier.dataset import Labels
from classifier.errors import ExcerptError
from classifier.excerpts import FEWEST_OBJECTS, ChartTokens
from classifier.features import chart_features
from classifier.metrics import Figures, chart_scores
from classifier.model import ExcerptReader, HeadConfig, MapperClassifier
from classifier.ranking import rank_mappers
from classifier.song_excerpts import SongExcerpts
from osu_beatmap.beatmap import GameMode
from osu_beatmap.errors import BeatmapError
from osuT5.audio.mel import song_mel
from osuT5.model.config import ModelConfig
from osuT5.tokens.contract import mini_spec
from osuT5.tokens.events import EventKind
from tests.classifier.mapper_maps import map_by, noise

SPEC = mini_spec()


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    torch.manual_seed(2)
    sizes = {"d_model": 16, "encoder_layers": 1, "decoder_layers": 1, "encoder_ffn_dim": 16, "decoder_ffn_dim": 16}
    vocabulary = {"vocab_size_in": SPEC.vocabulary.size_in, "vocab_size_out": SPEC.vocabulary.size_out}
    config = ModelConfig(**sizes, **vocabulary, encoder_heads=2, decoder_heads=2)
    model = MapperClassifier(ExcerptReader(config), HeadConfig(3, width=8))
    return Classifier(model.eval().requires_grad_(False), SPEC, ("Anna", "Bert", "Carl"))


def test_an_excerpt_holds_the_window_and_marks_the_map() -> None:
    chart = ChartTokens.of(map_by("Anna"), SPEC, 16_000.0)
    excerpt = chart.excerpt(4000.0, SPEC, 1024)
    events = [SPEC.vocabulary.decode(int(i)) for i in excerpt.ids[excerpt.is_map]]
    times_ms = [4000 + 10 * event.value for event in events if event is not None and event.kind is EventKind.TIME]
    expected = [1000 + 400 * n for n in range(100) if 4000 <= 1000 + 400 * n < 4000 + SPEC.grid.window_ms]
    assert times_ms == expected
    assert excerpt.objects == len(expected)
    assert not excerpt.is_map[: len(chart.head)].any()


def test_a_prompt_tells_neither_song_nor_stars() -> None:
    short, long = (ChartTokens.of(map_by("Anna", seconds=s), SPEC, 1000 * s) for s in (16.0, 200.0))
    assert short.head == long.head
    assert short.mode is GameMode.STANDARD


def test_vectors_of_a_chart(classifier: Classifier) -> None:
    samples, beatmap = noise(30.0), map_by("Bert", seconds=30.0)
    vectors = chart_features(beatmap, samples, classifier)
    assert vectors.shape == (4, 8)
    assert vectors.dtype == np.float32
    np.testing.assert_array_equal(chart_features(beatmap, samples, classifier), vectors)
    assert not np.allclose(chart_features(map_by("Anna", seconds=30.0), samples, classifier), vectors)


def test_charts_without_objects_or_tempo(classifier: Classifier) -> None:
    samples, beatmap = noise(10.0), map_by("Anna", seconds=10.0)
    assert chart_features(replace(beatmap, hit_objects=[]), samples, classifier).shape == (0, 8)
    few = replace(beatmap, hit_objects=beatmap.hit_objects[: FEWEST_OBJECTS - 1])
    assert chart_features(few, samples, classifier).shape == (0, 8)
    with pytest.raises(BeatmapError, match="no tempo"):
        chart_features(replace(beatmap, timing_points=[]), samples, classifier)


def test_padding_and_company_change_nothing(classifier: Classifier) -> None:
    cuts = SongExcerpts(song_mel(noise(20.0), SPEC), SPEC, 1024)
    charts = [ChartTokens.of(map_by(mapper, seconds=20.0), SPEC, 20_000.0) for mapper in ("Anna", "Bert")]
    wanted = [(cuts.excerpt(chart, frame), frame) for chart in charts for frame in (200, 900)]
    alone = torch.cat([classifier.model.reader(cuts.batch([each])) for each in wanted])
    together = classifier.model.reader(cuts.batch(wanted))
    torch.testing.assert_close(together, alone, atol=1e-4, rtol=1e-4)
    rows = [row for rows, _ in cuts.batches(wanted) for row in rows]
    assert sorted(rows) == [0, 1, 2, 3]


def test_ranking_of_an_excerpt_and_of_the_whole_map(classifier: Classifier) -> None:
    samples, beatmap = noise(30.0), map_by("Bert", seconds=30.0)
    whole, part = rank_mappers(beatmap, samples, classifier), rank_mappers(beatmap, samples, classifier, 5.0)
    for ranking in (whole, part):
        chances = [chance for _, chance in ranking.chances]
        assert chances == sorted(chances, reverse=True)
        assert sum(chances) == pytest.approx(1.0, abs=1e-5)
        assert {name for name, _ in ranking.chances} == {"Anna", "Bert", "Carl"}
    assert (part.start_s, part.excerpts, whole.excerpts) == (5.0, 1, 4)
    assert part.end_s == pytest.approx(5.0 + SPEC.grid.window_ms / 1000)
    with pytest.raises(ExcerptError, match="time must be within the song's 30 s, got 31"):
        rank_mappers(beatmap, samples, classifier, 31.0)
    with pytest.raises(ExcerptError, match="fewer than 4 objects in the 8 s from 29 s on"):
        rank_mappers(beatmap, samples, classifier, 29.0)


def test_figures_of_literal_scores() -> None:
    truth = np.array([0, 0, 0, 1])
    scores = np.array([[3, 2, 1, 0, 0, 0, 0], [3, 2, 1, 0, 0, 0, 0], [0, 1, 2, 3, 4, 5, 6], [1, 1, 0, 0, 0, 0, 0.0]])
    figures = Figures.of(scores, truth)
    assert (figures.top1, figures.top5) == (0.5, 0.75)
    assert figures.balanced == pytest.approx((2 / 3 + 0) / 2)
    labels = Labels(truth, np.zeros(4, np.int64), np.array([7, 7, 7, 9]))
    by_chart, mappers = chart_scores(scores, labels)
    assert mappers.tolist() == [0, 1]
    np.testing.assert_allclose(by_chart[0, :2], [2.0, 5 / 3])
