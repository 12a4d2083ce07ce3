"""What a GPU would write is what the host writes: steps and choices of fixed shapes, here without graphs."""

import copy
import gc
import weakref
from dataclasses import replace
from functools import partial

import pytest
import torch

from osu_beatmap.attributes import Attributes
from osu_beatmap.beatmap import GameMode
from osuT5.generation import device_loop
from osuT5.generation.chart_state import ChartState
from osuT5.generation.sampling.sampler import Sampling
from osuT5.generation.window_schedule import SongGenerator
from osuT5.model.decoding.step_graphs import skip_capture
from osuT5.model.inference_setup import prepare_to_generate
from osuT5.tokens.events import ContextKind
from tests.support.tiny_song import GREEDY, HOT, charts, filled_in, network, song_of_noise, tiny_spec

VERSIONS = ["mini", "v29", "v31", "v32"]


@pytest.fixture(scope="module", params=VERSIONS)
def writers(request) -> tuple[SongGenerator, SongGenerator]:
    """One with a plain model, and one whose steps are those that a GPU captures."""
    spec = tiny_spec(request.param)
    plain = network(spec, request.param)
    both = (plain, prepare_to_generate(copy.deepcopy(plain), capture=skip_capture))
    return tuple(song_of_noise(model, spec) for model in both)


@pytest.fixture(scope="module")
def plainly(writers):
    """Returns what the plain model writes, once for equal samplings and charts."""
    known = {}

    def write(sampling, given):
        key = repr((sampling, given))
        if key not in known:
            known[key] = filled_in(writers[0], sampling, given)
        return known[key]

    return write


@pytest.fixture(params=["on the device", "by scores"])
def way(request, monkeypatch) -> None:
    """With choices on the device, and with scores that the host chooses from."""
    if request.param == "by scores":
        monkeypatch.setattr("osuT5.generation.decode_loop.can_choose", lambda *choice_and_rows: False)


@pytest.mark.parametrize("sampling", [HOT, GREEDY, Sampling()], ids=["drawn", "greedy", "as users have it"])
def test_both_ways_write_the_same(writers, plainly, way, sampling):
    plain = plainly(sampling, charts())
    assert filled_in(writers[1], sampling, charts()) == plain
    assert any(groups for contexts in plain for groups in contexts.values())
    assert writers[1].model.graphed_steps.problem is None


@pytest.mark.parametrize("count", [1, 3])
def test_guided_rows_are_the_same(writers, plainly, way, count):
    guided, negative = replace(HOT, guidance_scale=6.0), Attributes(GameMode.STANDARD, difficulty=8.0)
    assert filled_in(writers[1], guided, charts(negative)[:count]) == plainly(guided, charts(negative)[:count])
    assert writers[1].model.graphed_steps.problem is None


@pytest.mark.parametrize("asked", [None, 0.5])
def test_guided_rows_are_chosen_on_the_device_unless_shares_are_counted(writers, monkeypatch, asked):
    parts = []
    in_parts = device_loop.DeviceLoop._decode_parts
    monkeypatch.setattr(device_loop.DeviceLoop, "_decode_parts", lambda *all_: parts.append(1) or in_parts(*all_))
    wish = Attributes(GameMode.MANIA, difficulty=3.0, key_count=4, hold_note_ratio=asked)
    chart = ChartState(wish, 1, negative=replace(wish, difficulty=8.0, hold_note_ratio=None))
    writers[1].fill_in([(ContextKind.MAP, chart)], replace(HOT, guidance_scale=2.0))
    assert bool(parts) is (asked is None)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
@pytest.mark.parametrize("sampling", [HOT, GREEDY, Sampling()], ids=["drawn", "greedy", "as users have it"])
def test_graphs_of_a_gpu_write_what_its_plain_steps_write(writers, way, sampling):
    spec, plain = writers[0].spec, copy.deepcopy(writers[0].model).to("cuda")
    fast = prepare_to_generate(copy.deepcopy(plain))
    first, second = (filled_in(song_of_noise(model, spec), sampling, charts()) for model in (plain, fast))
    assert first == second
    assert fast.graphed_steps.problem is None


@pytest.mark.parametrize("late", [0, 3])
def test_how_late_the_host_looks_on_does_not_matter(writers, plainly, monkeypatch, late):
    monkeypatch.setattr(device_loop, "STEPS_LATE", late)
    assert filled_in(writers[1], HOT, charts()) == plainly(HOT, charts())


class Failing:
    """Captures until one time, when a device would fail."""

    def __init__(self, at: int, error: type[Exception]) -> None:
        self.left = at
        self.error = error

    def __call__(self, step):
        self.left -= 1
        if self.left < 0:
            raise self.error("a graph cannot be made")
        return step


def failing_writer(writer: SongGenerator, capture) -> SongGenerator:
    model = copy.deepcopy(writer.model)
    return song_of_noise(prepare_to_generate(model, capture=capture), writer.spec)


@pytest.mark.parametrize(
    ("way", "at", "error"),
    [
        ("on the device", 0, RuntimeError),
        ("by scores", 1, RuntimeError),
        ("on the device", 1, torch.OutOfMemoryError),
        ("by scores", 2, RuntimeError),
    ],
    indirect=["way"],
)
def test_a_failure_costs_no_token(writers, plainly, way, monkeypatch, at, error):
    monkeypatch.setattr(
        "osuT5.model.decoding.static_decoder.LENGTHS", tuple(range(2, 90, 6))
    )  # so that rows outgrow a length
    fast = failing_writer(writers[0], Failing(at, error))
    one_chart = plainly(HOT, charts()[:1])
    assert filled_in(fast, HOT, charts()[:1]) == one_chart
    assert fast.model.graphed_steps.problem.startswith("Steps are not captured as graphs, since ")
    assert fast.report.notes == [fast.model.graphed_steps.problem]
    assert filled_in(fast, HOT, charts()[:1]) == one_chart, "and it goes on plainly"


def test_rows_that_do_not_fit_into_memory_are_written_in_parts(writers, plainly, monkeypatch):
    fast = failing_writer(writers[0], skip_capture)
    steps, make = fast.model.graphed_steps, type(fast.model.graphed_steps).decoder
    asked = []

    def with_room_for_two(self, model, shape):
        if self is not steps:
            return make(self, model, shape)
        asked.append(shape.rows)
        if shape.rows > 2:
            raise torch.OutOfMemoryError("out of memory")
        return make(self, model, shape)

    monkeypatch.setattr(type(steps), "decoder", with_room_for_two)
    assert filled_in(fast, HOT, charts()) == plainly(HOT, charts())
    assert steps.problem is None
    assert sum(rows > 2 for rows in asked) == 1, "it is tried once"


def test_tables_that_are_full_leave_rows_to_the_host(writers, plainly, monkeypatch):
    fast = failing_writer(writers[0], skip_capture)
    monkeypatch.setattr("osuT5.generation.rules.compiled_grammar.MOST_STATES", 12)
    assert filled_in(fast, HOT, charts()) == plainly(HOT, charts())
    assert fast.model.graphed_steps.problem is None


def without_holding_it(step):
    """As a graph does, which knows addresses alone."""
    if not isinstance(step, partial):
        method = weakref.WeakMethod(step)
        return lambda: method()()
    *held, length = step.args
    names = [weakref.ref(each) for each in held]
    return lambda: step_of(*(name() for name in names), length)


step_of = device_loop._step_and_choose


def test_a_model_is_let_go_of_with_its_last_user(writers):
    """What its graphs work with would else stay in the memory of the device until somebody collects garbage."""
    fast = failing_writer(writers[0], without_holding_it)
    filled_in(fast, GREEDY, charts()[:1])
    assert fast.model.graphed_steps.problem is None
    steps = weakref.ref(fast.model.graphed_steps)
    gc.collect()
    gc.disable()
    try:
        del fast
        assert steps() is None
    finally:
        gc.enable()
