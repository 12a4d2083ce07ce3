import torch

from osuT5.events import ContextKind, Event, EventKind
from osuT5.generation.sampling import Sampler, Sampling, next_uniform
from osuT5.spec import mini_spec

VOCABULARY = mini_spec().vocabulary
A, B, C = (VOCABULARY.encode(Event(EventKind.SNAPPING, value)) for value in (1, 2, 3))


def scores_of(**by_id: float) -> torch.Tensor:
    scores = torch.full((VOCABULARY.size_out,), float("-inf"))
    for name, value in by_id.items():
        scores[{"a": A, "b": B, "c": C}[name]] = value
    return scores


def draws(sampling: Sampling, scores: torch.Tensor, context=ContextKind.MAP, count=200) -> list[int]:
    generator = torch.Generator().manual_seed(0)
    sampler = Sampler(sampling, VOCABULARY)
    return [sampler(scores, context, next_uniform(generator)) for _ in range(count)]


def test_temperature_zero_takes_the_likeliest():
    assert set(draws(Sampling(temperature=0.0), scores_of(a=1.0, b=1.1))) == {B}


def test_temperature_zero_overrules_all_others():
    sampling = Sampling(temperature=0.0, kind_temperatures={EventKind.SNAPPING: 5.0})
    assert set(draws(sampling, scores_of(a=1.0, b=1.1))) == {B}


def test_a_kind_has_its_own_temperature():
    sampling = Sampling(temperature=5.0, top_p=1.0, kind_temperatures={EventKind.SNAPPING: 0.0})
    assert set(draws(sampling, scores_of(a=1.0, b=1.1))) == {B}


def test_top_k_and_top_p_cut_the_tail():
    scores = torch.log(torch.tensor([0.6, 0.3, 0.1]))
    given = scores_of(a=scores[0], b=scores[1], c=scores[2])
    assert set(draws(Sampling(temperature=1.0, top_p=1.0), given)) == {A, B, C}
    assert set(draws(Sampling(temperature=1.0, top_p=0.85), given)) == {A, B}
    assert set(draws(Sampling(temperature=1.0, top_p=1.0, top_k=1), given)) == {A}


def test_the_same_generator_draws_the_same_tokens():
    given = scores_of(a=0.0, b=0.0, c=0.0)
    assert draws(Sampling(), given) == draws(Sampling(), given)


def test_timing_has_its_own_temperature():
    sampling = Sampling(temperature=5.0, top_p=1.0, context_temperatures={ContextKind.TIMING: 0.0})
    assert set(draws(sampling, scores_of(a=0.0, b=0.1), ContextKind.TIMING)) == {B}
    assert set(draws(sampling, scores_of(a=0.0, b=0.1), ContextKind.MAP)) == {A, B}


def test_forbidden_tokens_are_never_drawn():
    assert set(draws(Sampling(temperature=9.0, top_p=1.0), scores_of(a=0.0, b=-20.0))) <= {A, B}
