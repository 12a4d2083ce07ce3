"""The loss of tokens is least at the true probabilities, whatever the weights."""

from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F

from osuT5.tokens.contract import mini_spec
from osuT5.tokens.events import Event, EventKind
from osuT5.training.token_loss import TokenLoss, value_weights

SPEC = mini_spec()
VOCABULARY = SPEC.vocabulary
TIMES = VOCABULARY.ids_of(EventKind.TIME)
POSITIONS = VOCABULARY.ids_of(EventKind.POSITION)
CIRCLE = VOCABULARY.encode(Event(EventKind.CIRCLE))


def random_tokens(count: int = 6) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(count, VOCABULARY.size_out, generator=generator)
    return logits, torch.tensor([TIMES[3], POSITIONS[7], CIRCLE, TIMES[9], POSITIONS[0], 4][:count])


def test_it_is_the_cross_entropy_and_only_values_within_a_kind_are_weighted():
    logits, labels = random_tokens()
    loss = TokenLoss(SPEC, {})(logits, labels)
    torch.testing.assert_close(loss, F.cross_entropy(logits, labels, reduction="sum"))
    logits, labels = random_tokens()
    twice = TokenLoss(SPEC, value_weights(rhythm_weight=2.0, position_weight=1.0))(logits, labels)
    extra = sum(logits[row, TIMES.start : TIMES.stop].logsumexp(0) - logits[row, labels[row]] for row in (0, 3))
    torch.testing.assert_close(twice, F.cross_entropy(logits, labels, reduction="sum") + extra)
    assert TokenLoss(SPEC, {})(torch.zeros(0, VOCABULARY.size_out), torch.zeros(0, dtype=torch.long)) == 0


def test_it_is_least_where_kinds_have_their_true_probabilities():
    """A position as often as a time: with a weight of 0.4 on positions, the old loss made them rarer."""
    labels = torch.tensor([TIMES[0], POSITIONS[0]])
    logits = torch.zeros(VOCABULARY.size_out, requires_grad=True)
    loss = TokenLoss(SPEC, value_weights(rhythm_weight=2.0, position_weight=0.4))
    for _ in range(400):
        (gradient,) = torch.autograd.grad(loss(logits.expand(2, -1), labels), logits)
        logits = (logits - 2.0 * gradient).detach().requires_grad_()
    p = logits.detach().softmax(0)
    assert float(p[TIMES.start : TIMES.stop].sum()) == pytest.approx(0.5, abs=0.01)
    assert float(p[POSITIONS.start : POSITIONS.stop].sum()) == pytest.approx(0.5, abs=0.01)


def test_a_model_that_was_trained_by_weighted_labels_is_corrected_as_sampling_corrects_it():
    logits, labels = random_tokens()
    weighted = replace(SPEC, label_weights={EventKind.TIME: 2.0})
    loss = TokenLoss(weighted, {})
    shifted = logits.clone()
    shifted[:, TIMES.start : TIMES.stop] += torch.log(torch.tensor(2.0))
    torch.testing.assert_close(loss(shifted, labels), TokenLoss(SPEC, {})(logits, labels))
    torch.testing.assert_close(loss.correct(shifted), logits)


def test_label_smoothing_spreads_over_kinds_and_over_values_of_the_kind():
    logits, labels = random_tokens(1)
    smooth = TokenLoss(SPEC, {}, label_smoothing=0.2)(logits, labels)
    kinds = torch.stack([part.logsumexp(0) for part in logits[0].split(VOCABULARY.output_kind_sizes)])
    of_kind = F.cross_entropy(kinds[None], torch.tensor([1]), label_smoothing=0.2)
    of_value = F.cross_entropy(logits[:, TIMES.start : TIMES.stop], torch.tensor([3]), label_smoothing=0.2)
    torch.testing.assert_close(smooth, of_kind + of_value)
