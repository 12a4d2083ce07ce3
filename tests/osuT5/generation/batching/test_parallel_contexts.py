"""Fast and plain ways write the same tokens: contexts and charts side by side, and one after the other."""

import copy
from dataclasses import replace

import pytest

from osu_beatmap.attributes import Attributes
from osu_beatmap.beatmap import GameMode
from osuT5.generation.batching.parallel_contexts import WriterGroup
from osuT5.generation.sampling.sampler import Sampling
from osuT5.generation.window_schedule import SongGenerator
from osuT5.model.inference_setup import prepare_to_generate
from osuT5.tokens.events import ContextKind
from tests.support.tiny_song import GREEDY, HOT, charts, filled_in, network, song_of_noise, tiny_spec


@pytest.fixture(scope="module", params=["mini", "v29", "v31", "v32"])
def writers(request) -> tuple[SongGenerator, SongGenerator]:
    """One with a plain model, and one whose model was made ready to generate."""
    spec = tiny_spec(request.param)
    plain = network(spec, request.param)
    both = (plain, prepare_to_generate(copy.deepcopy(plain)))
    return tuple(song_of_noise(model, spec) for model in both)


@pytest.mark.parametrize("sampling", [HOT, GREEDY, Sampling()], ids=["drawn", "greedy", "as users have it"])
def test_both_ways_write_the_same(writers, sampling):
    plain, fast = (filled_in(writer, sampling, charts()) for writer in writers)
    assert plain == fast
    assert any(groups for contexts in plain for groups in contexts.values())


def test_guided_rows_are_the_same(writers):
    guided, negative = replace(HOT, guidance_scale=12.0), Attributes(GameMode.STANDARD, difficulty=8.0)
    first, second = (filled_in(writer, guided, charts(negative)[:1]) for writer in writers)
    assert first == second
    unguided = filled_in(writers[1], HOT, charts()[:1])
    assert first != unguided


def test_charts_and_contexts_are_written_as_if_they_were_alone(writers):
    _, fast = writers
    together = filled_in(fast, HOT, charts())
    assert together == [filled_in(fast, HOT, [chart])[0] for chart in charts()]
    _, fast = writers
    (chart, *_) = charts()
    context = fast.spec.contexts_of(chart.attributes.mode)[0]
    (groups,) = fast.write_context(context, [chart], HOT)
    assert chart.contexts == {}
    assert groups == filled_in(fast, HOT, [replace(chart, contexts={})])[0][context]


def test_a_later_context_is_behind_by_what_it_can_see(writers):
    _, fast = writers
    if len(fast.spec.contexts_of(GameMode.STANDARD)) == 1:
        pytest.skip("a model with one context")
    (chart, *_) = charts()
    wanted = [(ContextKind.TIMING, chart), (ContextKind.MAP, chart)]
    group = WriterGroup(fast, wanted, {context: None for context, _ in wanted})
    beats, objects = group.writers
    window = fast.windows[0]
    seen = [each for each in fast.windows if fast.first_ms(each) < window.start_ms + fast.spec.grid.window_ms]
    assert 1 < len(seen) < len(fast.windows)
    assert objects.begin_row() is None
    beats.index = len(seen)
    assert objects.begin_row() is not None
    beats.index = group.lead + 1
    assert beats.begin_row() is None, "nobody runs away: what a window sounds like is kept until all have heard it"
