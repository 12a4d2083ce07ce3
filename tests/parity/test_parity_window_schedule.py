"""Prompts and what is kept of answers, with literal answers in place of a model's."""

import pytest

from osu_beatmap.attributes import Attributes
from osu_beatmap.beatmap import GameMode
from osuT5.tokens.contract import Contract, mini_spec, output_ranges
from osuT5.tokens.encoding_spec import EncodingSpec
from osuT5.tokens.events import ContextKind, Event, EventKind
from osuT5.tokens.vocabulary import EventRange, Vocabulary
from parity.event_stream import EventStream
from parity.window_schedule import OriginalChart, OriginalWriter, PromptTooLong, negative_attributes
from parity.windows import OriginalGrid

MINI = mini_spec()
TYPES_FIRST = EncodingSpec()
SPEC = Contract(
    name="types first",
    grid=MINI.grid,
    spectrogram=MINI.spectrogram,
    encoding=TYPES_FIRST,
    vocabulary=Vocabulary(
        output_ranges(TYPES_FIRST, MINI.grid), (EventRange(EventKind.GAMEMODE, 0, 4),), MINI.vocabulary.contexts
    ),
    conditions=(EventKind.GAMEMODE, EventKind.SCROLL_SPEED),
    parity_conditions=(EventKind.GAMEMODE, EventKind.KIAI, EventKind.SCROLL_SPEED),
)
TIMES = SPEC.vocabulary.ids_of(EventKind.TIME)
STANDARD = Attributes(GameMode.STANDARD)


def ids(*events: tuple[EventKind, int]) -> list[int]:
    return [SPEC.vocabulary.encode(Event(*event)) for event in events]


def circle(step: int) -> list[int]:
    return ids((EventKind.CIRCLE, 0), (EventKind.TIME, step))


class Answers:
    """Gives literal answers and keeps the tasks; an id that ends the row is its end."""

    def __init__(self, *answers: list[int]) -> None:
        self.answers = list(answers)
        self.tasks = []

    def __call__(self, task) -> None:
        answer = list(self.answers[len(self.tasks)])
        self.tasks.append(task)
        if answer and answer[-1] in task.row.end_ids:
            task.row.end_id = answer.pop()
        task.row.written_ids = answer


def written(*answers: list[int], chart: OriginalChart | None = None, max_length: int = 512, context=ContextKind.MAP):
    grid = OriginalGrid(SPEC.grid)
    windows = grid.windows(grid.window_samples + (len(answers) - 1) * grid.stride_samples)
    replies = Answers(*answers)
    writer = OriginalWriter(SPEC, grid, windows, 20_000.0, max_length, replies)
    stream = writer.write_context(context, chart or OriginalChart(STANDARD))
    return stream, replies.tasks


def test_times_are_middles_of_steps_and_those_of_later_windows_go_with_their_type():
    stream, _ = written(circle(10), circle(420))
    assert [event.value for event in stream.events if event.kind is EventKind.TIME] == [105, 818 + 4205]
    stream, _ = written(circle(10) + circle(700), [])
    assert stream.times_ms == [105, 105]


def test_times_end_a_row_where_other_windows_decide():
    _, tasks = written([], [])
    first, last = tasks
    assert TIMES.start + 492 in first.row.end_ids
    assert TIMES.start + 491 not in first.row.end_ids, "the published program decides a step more than the window"
    assert TIMES.start not in first.row.end_ids
    assert TIMES.start + 408 in last.row.end_ids
    assert TIMES.start + 818 not in last.row.end_ids


def test_the_next_prompt_holds_what_was_written_in_its_own_steps():
    _, tasks = written(circle(100), [])
    assert tasks[1].row.prompt_ids[-2:] == circle((1005 - 818) // 10)


def test_what_was_not_trained_and_the_scroll_speed_before_the_window_are_stated():
    chart = OriginalChart(STANDARD, streams={ContextKind.KIAI: EventStream([Event(EventKind.KIAI, 1)], [0])})
    _, tasks = written([], [], chart=chart)
    assert ids((EventKind.KIAI, 0))[0] in tasks[1].row.prompt_ids
    kiai_context = SPEC.vocabulary.context_sos(ContextKind.KIAI)
    assert kiai_context in tasks[1].row.prompt_ids
    slow = [*circle(10), *ids((EventKind.SCROLL_SPEED, 80))]
    _, tasks = written(slow, [])
    assert ids((EventKind.SCROLL_SPEED, 100))[0] in tasks[0].row.prompt_ids
    assert ids((EventKind.SCROLL_SPEED, 80))[0] in tasks[1].row.prompt_ids


def test_a_prompt_that_leaves_no_room_keeps_the_latest_half_or_is_refused():
    crowded = [token for step in range(100, 180) for token in circle(step)]
    _, tasks = written(crowded, [], max_length=128)
    assert len(tasks[1].row.prompt_ids) < 128
    assert tasks[1].row.prompt_ids[-2:] == circle((179 * 10 + 5 - 818) // 10)
    with pytest.raises(PromptTooLong):
        written([], max_length=4)


def test_the_negative_prompt_keeps_the_mapper_only_beside_descriptors():
    asked = Attributes(GameMode.STANDARD, mapper_id=2)
    assert negative_attributes(asked, []).mapper_id is None
    assert negative_attributes(asked, ["style/messy"]).mapper_id == 2
    described = Attributes(GameMode.STANDARD, mapper_id=2, descriptors=("style/messy",))
    assert negative_attributes(described, []) == Attributes(GameMode.STANDARD, mapper_id=2)
