"""Rows one by one must score what the plain model scores, in every kind of layer, whenever they begin and end."""

import copy

import torch

from osuT5.model.inference_setup import prepare_to_generate

MODES = [0, 3, 1]
WINDOWS = [0, 1, 1]


def expected_scores(model, mel, rows):
    states = model.encode(mel)
    output = model(
        encoder_states=states,
        decoder_input_ids=rows,
        row_window=torch.tensor(WINDOWS),
        mode_ids=torch.tensor(MODES),
    )
    return output.logits


def begin(model, mel, rows, lengths):
    decoder = model.row_decoder
    heard = [decoder.prepare_window(states) for states in model.encode(mel)]
    begun = [
        decoder.begin(heard[window], row[:length].tolist(), mode)
        for row, length, window, mode in zip(rows, lengths, WINDOWS, MODES, strict=True)
    ]
    return decoder, [state for state, _ in begun], [scores for _, scores in begun]


def assert_close(scores, expected):
    torch.testing.assert_close(scores, expected, atol=2e-5, rtol=2e-5)


def test_rows_of_different_lengths_are_scored_as_in_the_full_pass(tiny_model, mel, prompts):
    model = tiny_model()
    expected = expected_scores(model, mel, prompts)
    decoder, rows, first = begin(prepare_to_generate(copy.deepcopy(model)), mel, prompts, lengths := [3, 6, 4])
    for row, scores in enumerate(first):
        assert_close(scores, expected[row, lengths[row] - 1])
    for step in range(5):
        places = [length + step for length in lengths]
        scores = decoder.step(rows, [int(prompts[row, place]) for row, place in enumerate(places)])
        assert_close(scores, torch.stack([expected[row, place] for row, place in enumerate(places)]))
        assert [row.length for row in rows] == [place + 1 for place in places]


def test_rows_may_leave_and_others_begin_and_the_model_is_the_same_function(tiny_model, mel, prompts):
    model = tiny_model()
    expected = expected_scores(model, mel, prompts)
    decoder, rows, _ = begin(prepare_to_generate(copy.deepcopy(model)), mel, prompts, [3, 3, 3])
    decoder.step(rows, prompts[:, 3].tolist())
    late, scores = decoder.begin(rows[1].window, prompts[2, :5].tolist(), MODES[2])
    assert_close(scores, expected[2, 4])
    scores = decoder.step([late, rows[0]], [int(prompts[2, 5]), int(prompts[0, 4])])
    assert_close(scores, torch.stack([expected[2, 5], expected[0, 4]]))
    model = tiny_model()
    expected = expected_scores(model, mel, prompts)
    assert_close(expected_scores(prepare_to_generate(model), mel, prompts), expected)
    assert prepare_to_generate(model) is model


def test_what_prompts_have_in_common_is_read_once(tiny_model, mel, prompts):
    model = prepare_to_generate(tiny_model())
    decoder, states = model.row_decoder, model.encode(mel)
    other = [*prompts[0, :7].tolist(), 31, 12, 13]
    _, alone = decoder.begin(decoder.prepare_window(states[0]), other, 0)
    heard = decoder.prepare_window(states[0])
    row, _ = decoder.begin(heard, prompts[0, :8].tolist(), 0)
    like, common = heard.find_beginning(other)
    assert like is row
    assert common == 7
    again, scores = decoder.begin(heard, other, 0)
    assert_close(scores, alone)
    read = decoder.step([row, again], [21, 22])
    assert_close(read[0], decoder.begin(decoder.prepare_window(states[0]), [*prompts[0, :8].tolist(), 21], 0)[1])
    assert_close(read[1], decoder.begin(decoder.prepare_window(states[0]), [*other, 22], 0)[1])
    assert heard.cross is heard.cross
