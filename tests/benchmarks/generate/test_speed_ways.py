"""Both ways that the benchmark of speed compares do the same work."""

import copy

import pytest
import torch

from benchmarks.generate.ways import Task, convert_to_transformers, run_graphs, run_transformers
from osuT5.model.decoding.step_graphs import skip_capture
from osuT5.model.inference_setup import prepare_to_generate
from osuT5.model.seq2seq import MapperModel
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


def test_both_ways_write_the_same_tokens(spec, model, mels):
    generator = torch.Generator().manual_seed(1)
    parts = ((20, 5), (30, 2), (40, 9))
    tasks = [
        Task(window, torch.randint(3, spec.vocabulary.size_out, (length,), generator=generator).tolist(), count)
        for window in mels
        for length, count in parts
    ]
    ready = prepare_to_generate(copy.deepcopy(model), capture=skip_capture)
    works = [run_transformers(convert_to_transformers(model, spec), model, tasks, mels), run_graphs(ready, tasks, mels)]
    for work in works:
        assert work.tokens == works[0].tokens
        assert [len(ids) for ids in work.tokens] == [task.count for task in tasks]
        assert work.steps == sum(task.count - 1 for task in tasks)
        assert {"encoder", "prefill", "decode"} <= set(work.seconds)
    assert len({token_id for ids in works[0].tokens for token_id in ids}) > 5
