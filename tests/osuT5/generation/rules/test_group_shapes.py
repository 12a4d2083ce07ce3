"""The published encodings' grammar: the parts of each group in their order, and what may be left out."""

import pytest

from osu_beatmap.beatmap import GameMode
from osuT5.generation.rules.group_shapes import ShapeGrammar
from osuT5.tokens.events import Event, EventKind
from tests.support.published_bundles import FAMILIES

HEAD = [EventKind.TIME, EventKind.SNAPPING, EventKind.POSITION, EventKind.POSITION_REFINE]


def state_after(version: str, *events: tuple[EventKind, int], mode=GameMode.STANDARD) -> ShapeGrammar:
    state = ShapeGrammar(mode, 4, encoding=FAMILIES[version][0].encoding)
    for event in events:
        state.read(Event(*event))
    return state


def test_parts_follow_a_type_or_leave_a_type():
    state = state_after("v29", (EventKind.CIRCLE, 0))
    for part in (EventKind.TIME, EventKind.SNAPPING, EventKind.DISTANCE, EventKind.POSITION):
        assert state.allowed_kinds() == {part}
        assert not state.may_end
        state.read(Event(part))
    assert state.allowed_kinds() == {EventKind.NEW_COMBO, EventKind.HITSOUND}
    state = state_after("v32", *((part, 0) for part in HEAD))
    assert state.allowed_kinds() == {EventKind.NEW_COMBO, EventKind.SCROLL_SPEED, EventKind.HITSOUND}
    state.read(Event(EventKind.SCROLL_SPEED, 100))
    state.read(Event(EventKind.HITSOUND))
    state.read(Event(EventKind.VOLUME))
    assert state.allowed_kinds() == {EventKind.SLIDER_HEAD}


def test_the_path_of_layout_2_ends_before_its_first_slide():
    sound = [(EventKind.HITSOUND, 0), (EventKind.VOLUME, 50)]
    head = [*((part, 0) for part in HEAD), (EventKind.SCROLL_SPEED, 100), *sound, (EventKind.SLIDER_HEAD, 0)]
    end_of_path = [(EventKind.POSITION, 0), (EventKind.POSITION_REFINE, 0), (EventKind.LAST_ANCHOR, 0)]
    state = state_after("v32", *head, *end_of_path)
    assert state.allowed_kinds() == {EventKind.TIME}
    state.read(Event(EventKind.TIME, 90))
    assert state.allowed_kinds() == {EventKind.SNAPPING, EventKind.SLIDER_SUSTAIN}
    state.read(Event(EventKind.SNAPPING))
    for event in sound:
        state.read(Event(*event))
    assert state.allowed_kinds() == {EventKind.LAST_ANCHOR, EventKind.HITSOUND}


def test_columns_that_are_held_can_only_be_released():
    hold = [(EventKind.HOLD_NOTE, 0), (EventKind.TIME, 0), (EventKind.SNAPPING, 1), (EventKind.COLUMN, 2)]
    state = state_after("v29", *hold, (EventKind.HITSOUND, 0), (EventKind.VOLUME, 50), mode=GameMode.MANIA)
    assert EventKind.HOLD_NOTE_END in state.allowed_kinds()
    for event in ((EventKind.CIRCLE, 0), (EventKind.TIME, 0), (EventKind.SNAPPING, 1)):
        state.read(Event(*event))
    assert state.columns() == {0, 1, 3}
    state.read(Event(EventKind.COLUMN, 0))
    state.read(Event(EventKind.HITSOUND))
    state.read(Event(EventKind.VOLUME))
    state.read(Event(EventKind.HOLD_NOTE_END))
    assert state.columns() == {2}


@pytest.mark.parametrize("version", ["v29", "v32"])
def test_what_began_before_the_window_may_end_in_it_or_not(version):
    parts = [(EventKind.TIME, 0), (EventKind.SNAPPING, 1)]
    spinner = [(EventKind.SPINNER, 0)]
    state = state_after(version, *(spinner + parts if version == "v29" else parts + spinner))
    state.enter_window()
    if version == "v32":
        for event in parts:
            state.read(Event(*event))
        state.read(Event(EventKind.HITSOUND))
        state.read(Event(EventKind.VOLUME))
        assert EventKind.SPINNER_END in state.allowed_kinds()
    else:
        assert {EventKind.SPINNER_END, EventKind.CIRCLE} <= state.allowed_kinds()


def test_beats_come_between_groups_and_groups_that_were_cut_off_do_no_harm():
    head = [(EventKind.TIME, 0), (EventKind.SNAPPING, 1), (EventKind.SPINNER, 0)]
    state = state_after("v30", *head, (EventKind.TIME, 50))
    assert {EventKind.BEAT, EventKind.SNAPPING} <= state.allowed_kinds()
    state.read(Event(EventKind.BEAT))
    assert state.waiting is EventKind.SPINNER
    for version in FAMILIES:
        state = state_after(version, (EventKind.VOLUME, 50), (EventKind.VOLUME, 50))
        assert state.allowed_kinds()
