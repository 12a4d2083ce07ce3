"""The ways that the benchmark of speed compares do the same work."""

import copy

import pytest
import torch

from benchmarks.generate.tasks import Task, tasks_of
from benchmarks.generate.ways import as_transformers, by_graphs, by_reference, by_rows, by_transformers
from osu_beatmap.beatmap import Beatmap, Circle, TimingPoint
from osuT5.generation.window_schedule import SongGenerator
from osuT5.model.decoding.step_graphs import as_they_are
from osuT5.model.inference_setup import prepare_to_generate
from osuT5.model.seq2seq import MapperModel
from osuT5.tokens.events import ContextKind
from tests.support.published_bundles import published_config, published_spec


@pytest.fixture(scope="module")
def spec():
    return published_spec("v29")


@pytest.fixture(scope="module")
def model(spec) -> MapperModel:
    torch.manual_seed(0)
    config = published_config("v29", spec)
    config.init_std = 0.2  # so that the likeliest token is not always the same one
    return MapperModel(config).eval()


@pytest.fixture(scope="module")
def mels() -> dict[int, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    return {window: torch.randn(512, 16, generator=generator) for window in range(2)}


def test_tasks_are_those_of_the_chart(spec, model, mels):
    times = [100.0 + 400 * beat for beat in range(15)]
    chart = Beatmap(timing_points=[TimingPoint(100.0, 400.0)], hit_objects=[Circle(t, 256, 192) for t in times])
    writer = SongGenerator(model, spec, torch.cat([*mels.values()]).numpy(), 7_000.0)
    tasks = tasks_of(writer, chart, [0, 1])
    assert [(task.window, task.context) for task in tasks] == [
        (window, context) for window in (0, 1) for context in (ContextKind.TIMING, ContextKind.KIAI, ContextKind.MAP)
    ]
    first, second = (task for task in tasks if task.context is ContextKind.MAP)
    assert first.count > second.count > 1, "the first window decides half of its length, the others their stride"
    assert len(second.prompt_ids) > len(first.prompt_ids), "what is decided stands in the prompt"


def test_all_ways_write_the_same_tokens(spec, model, mels):
    generator = torch.Generator().manual_seed(1)
    parts = ((ContextKind.TIMING, 20, 5), (ContextKind.KIAI, 30, 2), (ContextKind.MAP, 40, 9))
    tasks = [
        Task(
            window, context, torch.randint(3, spec.vocabulary.size_out, (length,), generator=generator).tolist(), count
        )
        for window in mels
        for context, length, count in parts
    ]
    works = [by_transformers(as_transformers(model, spec), model, tasks, mels), by_reference(model, tasks, mels, 0)]
    ready = prepare_to_generate(copy.deepcopy(model))
    works += [by_rows(ready, tasks, mels, 0, together) for together in (True, False)]
    works.append(by_graphs(prepare_to_generate(copy.deepcopy(model), capture=as_they_are), tasks, mels, 0))
    for work in works:
        assert work.tokens == works[0].tokens
        assert [len(ids) for ids in work.tokens] == [task.count for task in tasks]
        assert work.steps == sum(task.count - 1 for task in tasks)
        assert {"encoder", "prefill", "decode"} <= set(work.seconds)
    assert len({token_id for ids in works[0].tokens for token_id in ids}) > 5
