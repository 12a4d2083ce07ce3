"""Templates of contexts: how they are written, and what they mean for each mode."""

from dataclasses import replace

import numpy as np
import pytest
from training_songs import SPEC, published_like_spec

from osu_beatmap.beatmap import GameMode
from osuT5.dataset.contexts import ContextPlan, context_mix
from osuT5.dataset.errors import CorpusError
from osuT5.tokens.events import ContextKind

PUBLISHED = published_like_spec()
FEW = replace(SPEC, vocabulary=replace(SPEC.vocabulary, contexts=SPEC.vocabulary.contexts[:5]))
"""A model with none, timing, kiai, map and sv."""

NONE, TIMING, KIAI, MAP, SV, NO_HS, GD = (
    ContextKind(name) for name in ("none", "timing", "kiai", "map", "sv", "no_hs", "gd")
)


def plan_of(text: str, mode: GameMode = GameMode.STANDARD, spec=PUBLISHED) -> ContextPlan:
    (template,) = context_mix({text: 1}, spec).templates
    return template.make_plan(spec.contexts_of(mode))


@pytest.mark.parametrize(
    ("text", "inputs", "in_place", "written"),
    [
        ("none", (), (), (TIMING, KIAI, MAP)),
        ("no_hs", (NO_HS,), (), (TIMING, KIAI, MAP)),
        ("gd", (GD,), (), (TIMING, KIAI, MAP)),
        ("timing", (), (TIMING,), (KIAI, MAP)),
        ("timing -> map", (), (TIMING,), (MAP,)),
        ("timing, gd -> map", (GD,), (TIMING,), (MAP,)),
        ("map -> timing", (MAP,), (), (TIMING,)),
        ("-> map", (), (), (MAP,)),
        ("-> sv", (), (), (TIMING, KIAI, MAP)),
    ],
)
def test_what_a_template_means(text, inputs, in_place, written):
    """What generation has in the place of a context before the others stays there; everything else is an input."""
    assert plan_of(text) == ContextPlan(inputs, in_place, written)


def test_contexts_of_mania_and_of_a_mix_with_a_weight_of_0():
    assert plan_of("none", GameMode.MANIA).written == (TIMING, KIAI, MAP, SV)
    assert plan_of("map -> sv", GameMode.MANIA) == ContextPlan((), (MAP,), (SV,))
    assert context_mix({"none": 1, "gd": 0}, FEW) == context_mix({"none": 1}, FEW)
    (template,) = context_mix({}, SPEC).templates
    assert template.make_plan(SPEC.contexts_of(GameMode.TAIKO)) == ContextPlan((), (), (TIMING, KIAI, MAP))


def test_templates_are_drawn_by_their_weights():
    """The mix that the published V29 was trained with."""
    mix = context_mix({"none": 4, "no_hs": 1, "gd": 1, "timing": 0}, PUBLISHED)
    rng = np.random.default_rng(0)
    drawn = [mix.draw(GameMode.STANDARD, PUBLISHED, rng).inputs for _ in range(3000)]
    assert mix.given == {NONE, NO_HS, GD}
    assert drawn.count(()) == pytest.approx(2000, abs=120)
    assert drawn.count((NO_HS,)) == pytest.approx(500, abs=90)
    assert drawn.count((GD,)) == pytest.approx(500, abs=90)


@pytest.mark.parametrize(
    ("contexts", "said"),
    [
        ({"gd": 1}, "this model has no context gd"),
        ({"nothing": 1}, "names nothing, but contexts are none, timing"),
        ({"timing -> ": 1}, "is not a template"),
        ({"": 1}, "is not a template"),
        ({"none": -1}, "must be a number from 0 on, got -1"),
        ({"none": "much"}, "must be a number from 0 on, got 'much'"),
        ({"timing -> none": 1}, "does not generate none"),
    ],
)
def test_what_is_no_template_of_this_model(contexts, said):
    with pytest.raises(CorpusError, match=said):
        context_mix(contexts, FEW)
