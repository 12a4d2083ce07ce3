"""Steps of fixed shapes must score what the plain model scores, wait for no value, and be captured as they should."""

from __future__ import annotations

from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial

import pytest
import torch

from osuT5.model.decoding.static_decoder import Shape, StaticDecoder
from osuT5.model.decoding.step_graphs import MOST_SHAPES, CudaGraphs, GraphedSteps, is_out_of_memory
from osuT5.model.inference_setup import prepare_to_generate
from tests.support.layer_kinds import DECODER_KINDS
from tests.support.on_one_device import OnOneDevice

MODES = [0, 3, 1]
OWN_WINDOWS, ONE_WINDOW = [0, 1, 1], [1, 1, 1]
SHORT = 24
"""A length that holds all rows of these tests; the models have room for 40."""


@pytest.fixture(params=DECODER_KINDS)
def tiny_model(tiny_model, request):
    return partial(tiny_model, **DECODER_KINDS[request.param])


@pytest.fixture(autouse=True)
def no_gradients():
    with torch.inference_mode():
        yield


@pytest.fixture
def rows(ids):
    """Three rows of eleven tokens, the first of which are conditions."""
    return torch.cat([torch.randint(70, 90, (3, 2), generator=torch.Generator().manual_seed(3)), ids], 1)


def begun(model, mel, rows, windows, lengths) -> StaticDecoder:
    decoder = StaticDecoder(model, Shape.of(windows, 16))
    decoder.begin(
        model, model.encode(mel), windows, MODES, [row[:n].tolist() for row, n in zip(rows, lengths, strict=True)]
    )
    return decoder


def feed(decoder: StaticDecoder, ids: list[int], places: list[int], length: int = SHORT) -> None:
    decoder.fed[:, : len(ids)] = torch.tensor([ids, places])
    decoder.step(length)


@pytest.mark.parametrize("windows", [OWN_WINDOWS, ONE_WINDOW], ids=["windows of their own", "one window"])
def test_rows_of_different_lengths_are_scored_as_in_the_full_pass(tiny_model, mel, rows, windows):
    model = tiny_model()
    expected = model(mel, rows, row_window=torch.tensor(windows), mode_ids=torch.tensor(MODES)).logits
    decoder = begun(prepare_to_generate(model, capture=lambda step: step), mel, rows, windows, lengths := [3, 6, 4])
    assert decoder.shape.rows == 4
    places = [length - 1 for length in lengths]
    for step in range(6):
        if step:
            places = [place + 1 for place in places]
            feed(decoder, [int(row[place]) for row, place in zip(rows, places, strict=True)], places)
        wanted = torch.stack([row[place] for row, place in zip(expected, places, strict=True)])
        torch.testing.assert_close(decoder.scores[:3], wanted, atol=2e-5, rtol=2e-5)


def test_what_is_behind_a_row_does_not_matter(tiny_model, mel, rows):
    """Neither the length that is looked at, nor who was there before, nor that a step was run twice."""
    model = tiny_model()
    decoder = begun(model, mel, rows, ONE_WINDOW, [5, 5, 5])
    for slots in decoder.slots:
        slots[:, :, :, 6:] = 1e4
    feed(decoder, [7, 8, 9], [5, 5, 5])
    first = decoder.scores[:3].clone()
    feed(decoder, [7, 8, 9], [5, 5, 5])
    assert torch.equal(decoder.scores[:3], first)
    for length in (8, 40):
        feed(decoder, [7, 8, 9], [5, 5, 5], length)
        torch.testing.assert_close(decoder.scores[:3], first, atol=1e-5, rtol=1e-5)
    decoder.slots[0].fill_(float("inf"))
    decoder.begin(model, model.encode(mel), ONE_WINDOW, MODES, rows[:, :5].tolist())
    feed(decoder, [7, 8, 9], [5, 5, 5])
    torch.testing.assert_close(decoder.scores[:3], first, atol=1e-5, rtol=1e-5)


def test_a_step_waits_for_no_value(tiny_model):
    """Tensors without values: whatever asks for one, or for a shape that depends on one, raises."""
    model = tiny_model().to("meta")
    for windows in (OWN_WINDOWS, ONE_WINDOW):
        decoder = StaticDecoder(model, Shape.of(windows, 16))
        with OnOneDevice("meta") as watch:
            decoder.step(SHORT)
        assert watch.calls > 20
        with pytest.raises(RuntimeError):
            decoder.scores.argmax().item()
        with OnOneDevice("meta"), pytest.raises(AssertionError, match="cpu"):
            decoder.scores * torch.tensor(2.0)


def test_a_step_is_one_graph_for_the_compiler(tiny_model, mel, rows):
    decoder = begun(tiny_model(), mel, rows, OWN_WINDOWS, [5, 5, 5])
    feed(decoder, [7, 8, 9], [5, 5, 5])
    expected = decoder.scores.clone()
    decoder.scores.zero_()
    torch.compile(partial(decoder.step, SHORT), fullgraph=True, dynamic=False, backend="eager")()
    torch.testing.assert_close(decoder.scores, expected)


def test_lengths_are_the_least_that_hold_a_place(tiny_model):
    decoder = StaticDecoder(tiny_model(max_target_positions=300), Shape(1, True, 16))
    assert decoder.lengths == [128, 256, 300]
    assert [decoder.length_for(place) for place in (0, 127, 128, 255, 256, 299)] == [128, 128, 256, 256, 300, 300]
    with pytest.raises(AssertionError, match="300 tokens cannot hold 301"):
        decoder.length_for(300)


def test_shapes_are_few():
    assert Shape.of([0], 16) == Shape(1, True, 16)
    assert Shape.of([2, 2, 2], 16) == Shape(4, True, 16)
    assert Shape.of(range(5), 16) == Shape(8, False, 16)


class Captures:
    """Stands for graphs: counts captures and replays, and fails when told to."""

    def __init__(self, fails: type[Exception] | None = None) -> None:
        self.fails = fails
        self.captured = self.replayed = 0

    def __call__(self, step):
        if self.fails:
            raise self.fails("not permitted when stream is capturing\nand more lines")
        self.captured += 1
        step()

        def replay():
            self.replayed += 1
            step()

        return replay


def test_a_graph_is_captured_once_for_each_key_and_kept_with_its_rows(tiny_model):
    capture, model = Captures(), tiny_model()
    steps = GraphedSteps(capture)
    decoder = steps.decoder(model, Shape(2, True, 16))
    ran = []
    for key in ("short", "short", "long", "short"):
        decoder.run(key, lambda: ran.append(1))
    assert (capture.captured, capture.replayed, len(ran)) == (2, 4, 6)
    assert steps.decoder(model, Shape(2, True, 16)) is decoder
    for rows in (1, 4, 8):
        steps.decoder(model, Shape(rows, True, 16))
    assert len(steps._decoders) == MOST_SHAPES
    assert steps.decoder(model, Shape(2, True, 16)) is not decoder, "the one that was not used for longest makes room"


@pytest.mark.parametrize(
    ("error", "why"), [(torch.OutOfMemoryError, "too little memory"), (RuntimeError, r"here \(not permitted when")]
)
def test_giving_up_is_said_in_one_sentence(tiny_model, error, why):
    steps, model = GraphedSteps(Captures(error)), tiny_model()
    decoder = steps.decoder(model, Shape(1, True, 16))
    with pytest.raises(RuntimeError) as caught:
        decoder.run("key", lambda: None)
    steps.give_up(caught.value)
    assert why.replace("\\", "") in steps.problem
    assert "\n" not in steps.problem
    said = steps.problem
    steps.give_up(RuntimeError("again"))
    assert steps.problem == said


def test_memory_that_ran_out_in_a_capture_is_seen_behind_the_error_of_its_end():
    with pytest.raises(RuntimeError) as caught:
        try:
            raise torch.OutOfMemoryError("out of memory")
        finally:
            raise RuntimeError("the capture was invalidated")
    assert is_out_of_memory(caught.value)
    assert not is_out_of_memory(RuntimeError("something else"))


class FakeCuda:
    """What `CudaGraphs` asks of torch.cuda, written down in order."""

    def __init__(self, monkeypatch, said: list[str]) -> None:
        self.said = said
        self.Stream = lambda device: FakeStream("side", said)
        self.current_stream = lambda: FakeStream("main", said)
        self.CUDAGraph = lambda: FakeGraph(said)
        self.graph_pool_handle = lambda: "the pool"
        self.device = lambda device: nullcontext()
        self.stream = lambda stream: self.within(f"on {stream.name}")
        self.graph = lambda graph, pool, stream, capture_error_mode: self.within(
            f"capture {stream.name} into {pool}, {capture_error_mode}"
        )
        for name in ("Stream", "current_stream", "CUDAGraph", "graph_pool_handle", "device", "stream", "graph"):
            monkeypatch.setattr(torch.cuda, name, getattr(self, name))

    @contextmanager
    def within(self, what: str):
        self.said.append(what)
        yield
        self.said.append(f"end: {what}")


@dataclass
class FakeStream:
    name: str
    said: list[str]

    def wait_stream(self, other: FakeStream) -> None:
        self.said.append(f"{self.name} waits for {other.name}")


@dataclass
class FakeGraph:
    said: list[str]

    def replay(self) -> None:
        self.said.append("replay")


def test_a_capture_comes_after_calls_on_another_stream(monkeypatch):
    said: list[str] = []
    FakeCuda(monkeypatch, said)
    replay = CudaGraphs(torch.device("cuda"))(lambda: said.append("step"))
    capture = "capture side into the pool, thread_local"
    assert said == [
        "side waits for main",
        *("on side", "step", "step", "end: on side"),
        "main waits for side",
        *(capture, "step", f"end: {capture}"),
    ]
    replay()
    replay()
    assert said[-2:] == ["replay", "replay"]
