"""Steps of fixed shapes must score what the plain model scores, wait for no value, and be captured as they should."""

from functools import partial
from unittest.mock import MagicMock, call

import pytest
import torch

from osuT5.model.decoding.static_decoder import Shape, StaticDecoder
from osuT5.model.decoding.step_graphs import MOST_SHAPES, CudaGraphs, GraphedSteps, is_out_of_memory
from osuT5.model.inference_setup import prepare_to_generate
from tests.support.on_one_device import OnOneDevice

MODES = [0, 3, 1]
OWN_WINDOWS, ONE_WINDOW = [0, 1, 1], [1, 1, 1]
SHORT = 24
"""A length that holds all rows of these tests; the models have room for 40."""


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
def test_rows_of_different_lengths_are_scored_as_in_the_full_pass(tiny_model, mel, prompts, windows):
    model = tiny_model()
    expected = model(mel, prompts, row_window=torch.tensor(windows), mode_ids=torch.tensor(MODES)).logits
    decoder = begun(prepare_to_generate(model, capture=lambda step: step), mel, prompts, windows, lengths := [3, 6, 4])
    assert decoder.shape.rows == 4
    places = [length - 1 for length in lengths]
    for step in range(6):
        if step:
            places = [place + 1 for place in places]
            feed(decoder, [int(row[place]) for row, place in zip(prompts, places, strict=True)], places)
        wanted = torch.stack([row[place] for row, place in zip(expected, places, strict=True)])
        torch.testing.assert_close(decoder.scores[:3], wanted, atol=2e-5, rtol=2e-5)


def test_what_is_behind_a_row_does_not_matter(tiny_model, mel, prompts):
    """Neither the length that is looked at, nor who was there before, nor that a step was run twice."""
    model = tiny_model()
    decoder = begun(model, mel, prompts, ONE_WINDOW, [5, 5, 5])
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
    decoder.begin(model, model.encode(mel), ONE_WINDOW, MODES, prompts[:, :5].tolist())
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


def test_a_step_is_one_graph_for_the_compiler(tiny_model, mel, prompts):
    decoder = begun(tiny_model(), mel, prompts, OWN_WINDOWS, [5, 5, 5])
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


def test_a_graph_is_captured_once_for_each_key_and_kept_with_its_rows(tiny_model):
    capture, model = MagicMock(side_effect=lambda step: step), tiny_model()
    steps = GraphedSteps(capture)
    decoder = steps.decoder(model, Shape(2, True, 16))
    ran = []
    for key in ("short", "short", "long", "short"):
        decoder.run(key, lambda: ran.append(1))
    assert (capture.call_count, len(ran)) == (2, 4)
    assert steps.decoder(model, Shape(2, True, 16)) is decoder
    for rows in (1, 4, 8):
        steps.decoder(model, Shape(rows, True, 16))
    assert len(steps._decoders) == MOST_SHAPES
    assert steps.decoder(model, Shape(2, True, 16)) is not decoder, "the one that was not used for longest makes room"


@pytest.mark.parametrize(
    ("error", "why"), [(torch.OutOfMemoryError, "too little memory"), (RuntimeError, "here (not permitted when")]
)
def test_giving_up_is_said_in_one_sentence(tiny_model, error, why):
    capture = MagicMock(side_effect=error("not permitted when stream is capturing\nand more lines"))
    steps = GraphedSteps(capture)
    decoder = steps.decoder(tiny_model(), Shape(1, True, 16))
    with pytest.raises(RuntimeError) as caught:
        decoder.run("key", lambda: None)
    steps.give_up(caught.value)
    assert why in steps.problem
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


def test_a_capture_comes_after_calls_on_another_stream(monkeypatch):
    cuda = MagicMock()
    monkeypatch.setattr(torch, "cuda", cuda)
    replay = CudaGraphs(torch.device("cuda"))(cuda.step)
    side, main, graph = cuda.Stream.return_value, cuda.current_stream.return_value, cuda.CUDAGraph.return_value
    pool = cuda.graph_pool_handle.return_value
    begin = cuda.mock_calls.index(call.current_stream())
    assert cuda.mock_calls[begin + 1 : -1] == [
        call.Stream().wait_stream(main),
        *(call.stream(side), call.stream().__enter__(), call.step(), call.step()),
        call.stream().__exit__(None, None, None),
        call.current_stream().wait_stream(side),
        call.CUDAGraph(),
        call.graph(graph, pool=pool, stream=side, capture_error_mode="thread_local"),
        *(call.graph().__enter__(), call.step(), call.graph().__exit__(None, None, None)),
    ]
    assert replay is graph.replay
