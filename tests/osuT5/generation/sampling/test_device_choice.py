"""A choice on the device waits for no value, and changes nothing while it is paused."""

import pytest
import torch

from osu_beatmap.beatmap import GameMode
from osuT5.generation.decode_row import DecodeRow
from osuT5.generation.rules.compiled_grammar import CompiledGrammar
from osuT5.generation.rules.grammar import GrammarState
from osuT5.generation.sampling.device_choice import DeviceChoice
from osuT5.generation.sampling.row_choice import Guidance
from osuT5.generation.sampling.sampler import Sampler, Sampling
from osuT5.model.decoding.static_decoder import Shape, StaticDecoder
from osuT5.tokens.events import ContextKind
from tests.support.on_one_device import OnOneDevice
from tests.support.tiny_song import HOT, network, tiny_spec

SPEC = tiny_spec("mini")


@pytest.fixture(autouse=True)
def no_gradients():
    with torch.inference_mode():
        yield


def choice_on(device: str, sampling: Sampling = HOT, guidance: Guidance | None = None) -> DeviceChoice:
    model = network(SPEC, "mini").to(device)
    decoder = StaticDecoder(model, Shape(2, True, model.config.max_source_positions))
    grammar = CompiledGrammar(SPEC.vocabulary, torch.device(device))
    return DeviceChoice(decoder, grammar, Sampler(sampling, SPEC), guidance)


def begun_choice() -> DeviceChoice:
    choice = choice_on("cpu")
    rows = [
        DecodeRow(ContextKind.MAP, [1], 0, 5000, 4, grammar=GrammarState(GameMode.STANDARD)),
        DecodeRow(ContextKind.TIMING, [1], 0, 5000),
    ]
    generator = torch.Generator().manual_seed(0)
    choice.begin(rows, [20, 20], [torch.rand(21, generator=generator, dtype=torch.float64) for _ in rows])
    choice._scores.normal_(generator=generator)
    return choice


@pytest.mark.parametrize("guidance", [None, Guidance(3.0)], ids=["alone", "guided"])
@pytest.mark.parametrize("sampling", [HOT, Sampling(temperature=0.0)], ids=["drawn", "greedy"])
def test_a_choice_waits_for_no_value(sampling, guidance):
    """Tensors without values: whatever asks for one, or for a shape that depends on one, raises."""
    choice = choice_on("meta", sampling, guidance)
    with OnOneDevice("meta") as watch:
        choice.choose()
    assert watch.calls > 20


def test_a_choice_is_one_graph_for_the_compiler():
    plain, compiled = begun_choice(), begun_choice()
    plain.choose()
    torch.compile(compiled.choose, fullgraph=True, dynamic=False, backend="eager")()
    assert torch.equal(plain.facts, compiled.facts)
    assert torch.equal(plain.written, compiled.written)
    assert plain.facts.any()
