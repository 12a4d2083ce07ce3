"""The published encodings' grammar: it allows all that maps are written as, and nothing that falls apart."""

import random
from dataclasses import replace

import pytest

from osu_beatmap.beatmap import (
    Beatmap,
    Circle,
    CurveKind,
    Difficulty,
    GameMode,
    HoldNote,
    PathSegment,
    Slider,
    SliderEdge,
    Spinner,
    TimingPoint,
)
from osu_beatmap.files.reader import read_beatmap
from osuT5.encoding import assemble, encode_context, groups_from_events
from osuT5.encoding.hit_objects.taiko import drumroll_path
from osuT5.generation.rules.group_shapes import PublishedGrammar
from osuT5.model.files.families import V29, V30, V31, V32
from osuT5.tokens.contract import mini_spec, output_ranges
from osuT5.tokens.encoding_spec import EncodingSpec
from osuT5.tokens.events import ContextKind, Event, EventKind

SPLIT = {"positions_split": True, "position_cell_px": 4}
ENCODINGS = {
    "v29": V29.encoding,
    "v30": replace(V30.encoding, **SPLIT),
    "v31": replace(V31.encoding, **SPLIT),
    "v32": replace(V32.encoding, distances=False, position_refine_px=2),
}
CONTEXTS = (ContextKind.TIMING, ContextKind.KIAI, ContextKind.MAP, ContextKind.SV)
SONG_MS = 300_000.0
LINES = [TimingPoint(0.0, 500.0), TimingPoint(9000.0, -50.0, uninherited=False, effects=1)]


def standard() -> Beatmap:
    segments = [
        PathSegment(CurveKind.BEZIER, [(100.0, 100.0), (150.0, 50.0), (200.0, 100.0)]),
        PathSegment(CurveKind.LINEAR, [(200.0, 100.0), (300.0, 100.0)]),
    ]
    edges = [SliderEdge(hitsound=2), SliderEdge(), SliderEdge(hitsound=8)]
    long = [PathSegment(CurveKind.LINEAR, [(0.0, 0.0), (400.0, 0.0)])]
    objects = [
        Circle(0.0, 10, 10, new_combo=True),
        Slider(500.0, 100, 100, segments=segments, slides=2, length_px=200.0, edges=edges),
        Spinner(4000.0, 256, 192, end_ms=24000.0),
        Slider(25000.0, 0, 0, segments=long, slides=60, length_px=400.0),
        Circle(150_000.0, 400, 300),
    ]
    return Beatmap(timing_points=LINES, hit_objects=objects)


def taiko() -> Beatmap:
    roll = Slider(1000.0, 256, 192, segments=drumroll_path(140.0), slides=80, length_px=140.0)
    objects = [Circle(0.0, 256, 192, hitsound=8), roll, Spinner(50_000.0, 256, 192, end_ms=70_000.0)]
    return Beatmap(mode=GameMode.TAIKO, timing_points=LINES, hit_objects=objects)


def mania() -> Beatmap:
    holds = [HoldNote(0.0, 64, 192, end_ms=21_000.0), Circle(500.0, 192, 192), HoldNote(500.0, 448, 192, end_ms=1000.0)]
    again = [Circle(21_500.0, 64, 192)]
    difficulty = Difficulty(circle_size=4.0)
    return Beatmap(mode=GameMode.MANIA, difficulty=difficulty, timing_points=LINES, hit_objects=[*holds, *again])


def refused(beatmap: Beatmap, context: ContextKind, encoding: EncodingSpec) -> str:
    """The first event that the grammar does not allow, in words; empty where there is none."""
    keys = beatmap.key_count if beatmap.mode is GameMode.MANIA else 18
    state = PublishedGrammar(beatmap.mode, keys, encoding=encoding, context=context)
    for group in encode_context(beatmap, context, encoding, SONG_MS):
        for event in group.events:
            is_column = event.kind is EventKind.COLUMN
            if event.kind not in state.allowed() or (is_column and event.value not in state.columns()):
                return f"{event} after {state.parts} at {group.time_ms}"
            state.read(event)
    return "" if state.may_end else "the end"


@pytest.mark.parametrize("version", ENCODINGS)
def test_what_maps_are_written_as_is_allowed(version):
    for beatmap in (standard(), taiko(), mania()):
        for context in CONTEXTS:
            assert not refused(beatmap, context, ENCODINGS[version])


@pytest.mark.parametrize("version", ["v29", "v32"])
def test_human_maps_are_allowed(shared_dir, version):
    """But for objects inside others, which only few maps have."""
    paths = sorted((shared_dir / "data" / "mapsets").glob("*/*.osu"))[::60]
    wrong = [path.name for path in paths if refused(read_beatmap(path), ContextKind.MAP, ENCODINGS[version])]
    assert len(paths) > 15
    assert len(wrong) <= 0.1 * len(paths), wrong


@pytest.mark.parametrize("version", ENCODINGS)
@pytest.mark.parametrize("mode", list(GameMode))
def test_whatever_it_allows_can_be_assembled(version, mode):
    """Random walks: always something is allowed, and no group of theirs is lost as out of place."""
    rng, encoding = random.Random(1), ENCODINGS[version]
    ranges = {event_range.kind: event_range for event_range in output_ranges(encoding, mini_spec().grid)}
    for _ in range(10):
        state = PublishedGrammar(mode, 4, encoding=encoding)
        events, time_ms = [], 0
        while len(events) < 400 or not state.may_end:
            kind = rng.choice(sorted(state.allowed(), key=lambda kind: kind.value))
            if kind is EventKind.TIME:
                time_ms += rng.choice((100, 250, 500))
                event = Event(kind, time_ms)
            elif kind is EventKind.COLUMN:
                event = Event(kind, rng.choice(sorted(state.columns())))
            else:
                known = ranges.get(kind)
                event = Event(kind, rng.randint(known.low, known.high) if known else 0)
            events.append(event)
            state.read(event)
        groups, lost = groups_from_events(events, encoding)
        assert lost == 0
        lines, difficulty = [TimingPoint(0.0, 500.0)], Difficulty(circle_size=4.0)
        beatmap, report = assemble({ContextKind.MAP: groups}, mode, lines, difficulty, 4, encoding)
        assert beatmap.hit_objects
        assert not report.dropped, report.describe()


def state_after(version: str, *events: tuple[EventKind, int], mode=GameMode.STANDARD) -> PublishedGrammar:
    state = PublishedGrammar(mode, 4, encoding=ENCODINGS[version])
    for event in events:
        state.read(Event(*event))
    return state


HEAD = [EventKind.TIME, EventKind.SNAPPING, EventKind.POSITION, EventKind.POSITION_REFINE]


def test_parts_follow_a_type_in_their_order():
    state = state_after("v29", (EventKind.CIRCLE, 0))
    for part in (EventKind.TIME, EventKind.SNAPPING, EventKind.DISTANCE, EventKind.POSITION):
        assert state.allowed() == {part}
        assert not state.may_end
        state.read(Event(part))
    assert state.allowed() == {EventKind.NEW_COMBO, EventKind.HITSOUND}


def test_parts_say_which_types_are_left():
    state = state_after("v32", *((part, 0) for part in HEAD))
    assert state.allowed() == {EventKind.NEW_COMBO, EventKind.SCROLL_SPEED, EventKind.HITSOUND}
    state.read(Event(EventKind.SCROLL_SPEED, 100))
    state.read(Event(EventKind.HITSOUND))
    state.read(Event(EventKind.VOLUME))
    assert state.allowed() == {EventKind.SLIDER_HEAD}


def test_the_path_of_layout_2_ends_before_its_first_slide():
    sound = [(EventKind.HITSOUND, 0), (EventKind.VOLUME, 50)]
    head = [*((part, 0) for part in HEAD), (EventKind.SCROLL_SPEED, 100), *sound, (EventKind.SLIDER_HEAD, 0)]
    end_of_path = [(EventKind.POSITION, 0), (EventKind.POSITION_REFINE, 0), (EventKind.LAST_ANCHOR, 0)]
    state = state_after("v32", *head, *end_of_path)
    assert state.allowed() == {EventKind.TIME}
    state.read(Event(EventKind.TIME, 90))
    assert state.allowed() == {EventKind.SNAPPING, EventKind.SLIDER_SUSTAIN}
    state.read(Event(EventKind.SNAPPING))
    for event in sound:
        state.read(Event(*event))
    assert state.allowed() == {EventKind.LAST_ANCHOR, EventKind.HITSOUND}


def test_columns_that_are_held_can_only_be_released():
    hold = [(EventKind.HOLD_NOTE, 0), (EventKind.TIME, 0), (EventKind.SNAPPING, 1), (EventKind.COLUMN, 2)]
    state = state_after("v29", *hold, (EventKind.HITSOUND, 0), (EventKind.VOLUME, 50), mode=GameMode.MANIA)
    assert EventKind.HOLD_NOTE_END in state.allowed()
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
        assert EventKind.SPINNER_END in state.allowed()
    else:
        assert {EventKind.SPINNER_END, EventKind.CIRCLE} <= state.allowed()


def test_beats_come_between_all_groups_where_they_stand_in_the_map():
    head = [(EventKind.TIME, 0), (EventKind.SNAPPING, 1), (EventKind.SPINNER, 0)]
    state = state_after("v30", *head, (EventKind.TIME, 50))
    assert {EventKind.BEAT, EventKind.SNAPPING} <= state.allowed()
    state.read(Event(EventKind.BEAT))
    assert state.waiting is EventKind.SPINNER


def test_the_rest_of_a_group_that_was_cut_off_does_no_harm():
    for version in ENCODINGS:
        state = state_after(version, (EventKind.VOLUME, 50), (EventKind.VOLUME, 50))
        assert state.allowed()
