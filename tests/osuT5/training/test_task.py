"""Losses that can be computed in parts, loss weights, and held-out figures."""

import math
from dataclasses import replace

import pytest
import torch

from osu_beatmap.beatmap import GameMode
from osuT5.dataset.examples import ExampleSampler
from osuT5.dataset.options import BatchOptions
from osuT5.dataset.samplers import TrainingData
from osuT5.dataset.song_cache import MemorySupply
from osuT5.model.seq2seq import MapperModel
from osuT5.tokens.contract import mini_spec
from osuT5.tokens.events import EventKind
from osuT5.tokens.vocabulary import IGNORED_LABEL
from osuT5.training.architectures import mini_config
from osuT5.training.held_out_metrics import HeldOutTally
from osuT5.training.options import LossOptions
from osuT5.training.start import StartingPoint, whole_model_export
from osuT5.training.task import MapperTask
from tests.osuT5.dataset.training_songs import song_of, steady_chart
from tests.support.tiny_song import TINY
from training.task import means

SPEC = mini_spec()
VOCABULARY = SPEC.vocabulary
TIME_ID = VOCABULARY.ids_of(EventKind.TIME).start + 100
CIRCLE_ID = VOCABULARY.ids_of(EventKind.CIRCLE).start
PLAIN = LossOptions()


def windows() -> ExampleSampler:
    """Batches of windows with a row or two each, which can be cut into parts."""
    songs = [song_of(steady_chart(GameMode.STANDARD, 250.0), steady_chart(GameMode.MANIA, 500.0))]
    songs.append(song_of(steady_chart(GameMode.TAIKO, 500.0)))
    options = BatchOptions(windows=3, max_tokens=32)
    return ExampleSampler(MemorySupply(songs, options), SPEC, options, None, seed=1)


def tiny_task(options: LossOptions = PLAIN, **sizes) -> tuple[MapperTask, MapperModel]:
    torch.manual_seed(0)
    config = mini_config(SPEC, **{**TINY, "chart_onset_dim": 0, "init_std": 0.02, **sizes})
    model = MapperModel(config)
    start = StartingPoint(model, SPEC, whole_model_export(config, SPEC))
    return MapperTask(start, options, TrainingData(windows(), windows()), held_out_batches=2), model


@pytest.mark.parametrize("options", [LossOptions(label_smoothing=0.1), LossOptions(frame_only_steps=9)], ids=str)
@pytest.mark.parametrize("count", [2, 3])
def test_parts_of_a_batch_have_the_loss_and_the_gradient_of_the_whole(options, count):
    task, model = tiny_task(options, chart_onset_dim=8)
    whole_loss, whole_figures = task.loss(model, task.batch(5), 5)
    whole_loss.backward()
    expected = {name: p.grad.clone() for name, p in model.named_parameters() if p.grad is not None}
    model.zero_grad()
    parts = [task.part(5, index, count) for index in range(count)]
    totals = torch.stack([task.loss_weights(part) for part in parts]).sum(0)
    outcomes = [task.loss(model, part, 5, totals) for part in parts]
    for loss, _ in outcomes:
        loss.backward()
    torch.testing.assert_close(sum(loss.detach() for loss, _ in outcomes), whole_loss.detach())
    for name, value in whole_figures.items():
        together = sum(float(figures[name]) for _, figures in outcomes)
        assert together == pytest.approx(float(value), rel=1e-5), name
    for name, gradient in expected.items():
        torch.testing.assert_close(model.get_parameter(name).grad, gradient, rtol=1e-4, atol=1e-6)


def test_held_out_figures_do_not_depend_on_who_measures_them():
    task, model = tiny_task(chart_onset_dim=8)
    model.eval()
    with torch.no_grad():
        alone = task.evaluate(model)
        together = means([task.tally(model, index, 3) for index in range(3)])
    assert alone == pytest.approx(together)
    assert {"loss", "loss/t", "accuracy/t", "frame_loss", "onset_loss"} <= set(alone)


def test_a_network_without_heads_for_frames_learns_from_tokens_and_odd_weights_are_refused():
    task, model = tiny_task(frame_heads=(), pointer=False)
    loss, figures = task.loss(model, task.batch(0), 0)
    assert float(loss.detach()) == float(figures["token_loss"])
    assert "frame_loss" not in figures
    for changes in ({"label_smoothing": 1.0}, {"rhythm_weight": -1.0}):
        with pytest.raises(ValueError, match=f"loss.{next(iter(changes))} must be"):
            replace(LossOptions(), **changes)


def scores_for(guesses: list[int], certainty: float) -> torch.Tensor:
    """Logits [guesses, vocabulary] with the given probability on each guess, the rest spread evenly."""
    rest = (1 - certainty) / (VOCABULARY.size_out - 1)
    scores = torch.full((len(guesses), VOCABULARY.size_out), math.log(rest))
    for place, guess in enumerate(guesses):
        scores[place, guess] = math.log(certainty)
    return scores


def test_figures_by_kind_and_mode():
    tally = HeldOutTally(SPEC)
    labels = torch.tensor([[IGNORED_LABEL, TIME_ID, TIME_ID, CIRCLE_ID]])
    tally.add(scores_for([TIME_ID + 2, TIME_ID + 3, CIRCLE_ID], 0.5), labels, torch.tensor([1]))
    figures = means([tally.pairs()])
    assert figures["accuracy/t"] == 0.0
    assert figures["accuracy/circle"] == 1.0
    assert figures["time_within_20ms"] == figures["time_within_20ms/taiko"] == 0.5
    assert figures["loss/circle"] == pytest.approx(math.log(2), abs=1e-3)
    assert figures["loss"] == figures["loss/taiko"]
    assert "loss/mania" not in figures, "what was not seen has no figure"
