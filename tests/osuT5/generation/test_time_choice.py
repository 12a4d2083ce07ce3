import pytest
import torch

from osu_beatmap.model import GameMode
from osuT5.events import ContextKind, Event, EventKind
from osuT5.generation.draws import beginning_chances
from osuT5.generation.grammar import GrammarState
from osuT5.generation.logit_rules import Row
from osuT5.generation.sampling import next_uniform
from osuT5.generation.time_choice import TimeChoice
from osuT5.spec import mini_spec

VOCABULARY = mini_spec().vocabulary
FIRST = VOCABULARY.ids_of(EventKind.TIME).start
END = VOCABULARY.context_eos(ContextKind.MAP)


def scores_of(chances: dict[int, float], end: float = 0.0) -> torch.Tensor:
    """Scores of times (by step) and of the end; everything else is forbidden."""
    scores = torch.full((VOCABULARY.size_out,), float("-inf"))
    for step, chance in chances.items():
        scores[FIRST + step] = torch.log(torch.tensor(chance))
    scores[END] = torch.log(torch.tensor(end)) if end else float("-inf")
    return scores


def row(context=ContextKind.MAP, grammar=None) -> Row:
    return Row(context, [], 0, 500, 4, grammar=grammar)


def choose(scores, threshold=0.25, temperature=0.0, uniform=0.5, **facts) -> int | None:
    choice = TimeChoice(VOCABULARY, threshold, temperature)
    return choice(scores, row(**facts), uniform)


def test_chances_are_those_of_what_is_left():
    times = torch.zeros(100)
    times[10], times[11], times[30], times[50] = 0.2, 0.1, 0.35, 0.35
    stands_out, chances = beginning_chances(times[None])
    assert stands_out[0].nonzero().flatten().tolist() == [10, 30, 50]
    assert chances[stands_out].tolist() == pytest.approx([0.3, 0.5, 1.0])


def test_the_first_time_that_is_likely_enough_is_taken_not_the_likeliest():
    scores = scores_of({10: 0.1, 30: 0.3, 50: 0.6})
    assert choose(scores) == FIRST + 30
    assert choose(scores, threshold=0.05) == FIRST + 10
    assert choose(scores, threshold=0.9) == FIRST + 50


def test_neighbouring_steps_count_as_one_time():
    assert choose(scores_of({28: 0.1, 29: 0.1, 30: 0.11, 60: 0.69})) == FIRST + 30


def test_where_no_time_is_likely_enough_the_context_ends_if_it_may():
    assert choose(scores_of({10: 0.1, 30: 0.1}, end=0.8)) == END
    assert choose(scores_of({10: 0.5, 30: 0.5}), threshold=0.99) == FIRST + 30


def test_temperature_one_and_a_half_draw_from_the_models_chances():
    scores = scores_of({10: 0.2, 30: 0.3}, end=0.5)
    choice = TimeChoice(VOCABULARY, 0.5, 1.0)
    generator = torch.Generator().manual_seed(0)
    drawn = [choice(scores, row(), next_uniform(generator)) for _ in range(2000)]
    for token_id, share in ((FIRST + 10, 0.2), (FIRST + 30, 0.3), (END, 0.5)):
        assert drawn.count(token_id) / len(drawn) == pytest.approx(share, abs=0.03)


def test_other_questions_are_left_to_the_sampler():
    snaps = torch.full((VOCABULARY.size_out,), float("-inf"))
    snaps[VOCABULARY.encode(Event(EventKind.SNAPPING, 2))] = 0.0
    assert choose(snaps) is None
    assert choose(scores_of({10: 1.0}), context=ContextKind.TIMING) is None
    slider = GrammarState(GameMode.STANDARD, waiting=EventKind.SLIDER_HEAD)
    assert choose(scores_of({10: 1.0}), grammar=slider) is None
