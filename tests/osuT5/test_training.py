"""Loss weights, held-out figures and the options of a run. The run itself is in test_end_to_end."""

import math

import pytest
import torch

from osuT5.events import ContextKind, EventKind
from osuT5.spec import mini_spec
from osuT5.training import Tally, TrainOptions, label_weights, train
from osuT5.vocabulary import IGNORED_LABEL
from pipeline.command_line import compose_config
from training.loop import LoopOptions
from training.options import OptionError, build_options

SPEC = mini_spec()
VOCABULARY = SPEC.vocabulary
TIME_ID = VOCABULARY.ids_of(EventKind.TIME).start + 100
CIRCLE_ID = VOCABULARY.ids_of(EventKind.CIRCLE).start


def test_rhythm_weighs_more_and_positions_less():
    weights = label_weights(SPEC, rhythm_weight=1.5, position_weight=0.25)
    assert len(weights) == VOCABULARY.size_out
    for kind, weight in ((EventKind.TIME, 1.5), (EventKind.SNAPPING, 1.5), (EventKind.POSITION, 0.25)):
        ids = VOCABULARY.ids_of(kind)
        assert (weights[ids.start : ids.stop] == weight).all()
    assert weights[CIRCLE_ID] == weights[VOCABULARY.context_eos(ContextKind.MAP)] == 1.0


def scores_for(guesses: list[int], certainty: float) -> torch.Tensor:
    """Logits [1, guesses, vocabulary] with the given probability on each guess, the rest spread evenly."""
    rest = (1 - certainty) / (VOCABULARY.size_out - 1)
    scores = torch.full((1, len(guesses), VOCABULARY.size_out), math.log(rest))
    for place, guess in enumerate(guesses):
        scores[0, place, guess] = math.log(certainty)
    return scores


def test_figures_by_kind_and_mode():
    tally = Tally(SPEC)
    labels = torch.tensor([[IGNORED_LABEL, TIME_ID, TIME_ID, CIRCLE_ID]])
    guesses = [CIRCLE_ID, TIME_ID + 2, TIME_ID + 3, CIRCLE_ID]
    tally.add(scores_for(guesses, 0.5), labels, torch.tensor([1]))
    figures = tally.figures()
    assert figures["accuracy/t"] == 0.0
    assert figures["accuracy/circle"] == 1.0
    assert figures["time_within_20ms"] == figures["time_within_20ms/taiko"] == 0.5
    assert figures["loss/circle"] == pytest.approx(math.log(2), abs=1e-3)
    assert figures["loss"] == figures["loss/taiko"]
    assert "loss/mania" not in figures, "what was not seen has no figure"


def test_figures_are_means_over_batches():
    tally = Tally(SPEC)
    for guess in (CIRCLE_ID, CIRCLE_ID, TIME_ID, TIME_ID):
        tally.add(scores_for([guess], 0.9), torch.tensor([[CIRCLE_ID]]), torch.tensor([0]))
    tally.add_frames(torch.tensor(1.0), torch.tensor(0.0))
    tally.add_frames(torch.tensor(2.0), torch.tensor(0.5))
    assert tally.figures()["accuracy/circle"] == 0.5
    assert tally.figures()["frame_loss"] == 1.5
    assert tally.figures()["onset_loss"] == 0.25


def test_the_shipped_recipe_fits_the_options():
    options = build_options(TrainOptions, compose_config("train_mini"))
    assert options.loop.total_steps > 0
    assert sum(options.batch.mode_shares) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"split": "test"}, "split must be one of train, held_out, all"),
        ({"sizes": {"width": 3}}, "no size width"),
        ({"init_path": "nowhere"}, "init_path must be the folder of a model"),
        ({"device": "abacus"}, "device=abacus is not available"),
        ({}, "no chart to train on"),
    ],
)
def test_a_run_that_cannot_begin_says_why(tmp_path, changes, said):
    options = TrainOptions(train_dataset_path=str(tmp_path), run_path=str(tmp_path / "run"), **changes)
    with pytest.raises(ValueError, match=said):
        train(options)
    assert not (tmp_path / "run").exists()


def test_a_precision_that_there_is_not():
    with pytest.raises(OptionError, match=r"loop\.precision must be one of fp32, bf16, got fp8"):
        LoopOptions(precision="fp8")
