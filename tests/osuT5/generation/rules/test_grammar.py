"""The grammar allows what human maps are written as, and nothing that cannot be assembled."""

import random

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
from osu_beatmap.geometry.catch_conversion import to_catch
from osuT5.encoding import assemble, encode_context, groups_from_events
from osuT5.encoding.hit_objects.taiko import drumroll_path
from osuT5.generation.rules.grammar import GrammarState
from osuT5.tokens.contract import mini_spec
from osuT5.tokens.encoding_spec import MINI_ENCODING
from osuT5.tokens.events import ContextKind, Event, EventKind

VOCABULARY = mini_spec().vocabulary


def assert_allowed(beatmap: Beatmap) -> None:
    keys = beatmap.key_count if beatmap.mode is GameMode.MANIA else 18
    state = GrammarState(beatmap.mode, keys)
    for group in encode_context(beatmap, ContextKind.MAP, MINI_ENCODING, 300_000.0):
        for event in group.events:
            assert event.kind in state.allowed(), f"{event.kind} after {state.parts} at {group.time_ms}"
            state.read(event)


def test_standard_and_catch_are_allowed():
    segments = [
        PathSegment(CurveKind.BEZIER, [(100.0, 100.0), (150.0, 50.0), (200.0, 100.0)]),
        PathSegment(CurveKind.LINEAR, [(200.0, 100.0), (300.0, 100.0)]),
    ]
    edges = [SliderEdge(hitsound=2), SliderEdge(), SliderEdge(hitsound=8)]
    arc = [PathSegment(CurveKind.PERFECT, [(10.0, 10.0), (60.0, 40.0), (110.0, 10.0)])]
    objects = [
        Circle(0.0, 10, 10, new_combo=True),
        Slider(500.0, 100, 100, segments=segments, slides=2, length_px=200.0, edges=edges),
        Slider(2500.0, 10, 10, segments=arc, slides=1, length_px=110.0, edges=edges[:2]),
        Spinner(4000.0, 256, 192, end_ms=6000.0),
        Circle(6500.0, 400, 300),
    ]
    beatmap = Beatmap(timing_points=[TimingPoint(0.0, 500.0)], hit_objects=objects)
    assert_allowed(beatmap)
    assert_allowed(to_catch(beatmap))


def test_human_maps_are_allowed(shared_dir):
    """But for objects inside others, which only few maps have."""
    refused = checked = 0
    for path in sorted((shared_dir / "data" / "mapsets").glob("*/*.osu"))[::25]:
        beatmap = read_beatmap(path)
        checked += 1
        try:
            assert_allowed(beatmap)
        except AssertionError:
            refused += 1
    assert checked > 30
    assert refused <= 0.1 * checked


def test_taiko_and_mania_are_allowed():
    timing = [TimingPoint(0.0, 500.0)]
    roll = Slider(1000.0, 256, 192, segments=drumroll_path(140.0), slides=1, length_px=140.0)
    taiko = [Circle(0.0, 256, 192, hitsound=8), roll, Spinner(2000.0, 256, 192, end_ms=3000.0)]
    assert_allowed(Beatmap(mode=GameMode.TAIKO, timing_points=timing, hit_objects=taiko))
    holds = [HoldNote(0.0, 64, 192, end_ms=1000.0), Circle(500.0, 192, 192), HoldNote(500.0, 448, 192, end_ms=1000.0)]
    mania = Beatmap(
        mode=GameMode.MANIA, difficulty=Difficulty(circle_size=4.0), timing_points=timing, hit_objects=holds
    )
    assert_allowed(mania)


@pytest.mark.parametrize("mode", list(GameMode))
def test_whatever_it_allows_can_be_assembled(mode):
    """Random walks: always something is allowed, and no group of theirs is lost as out of place."""
    rng = random.Random(1)
    for _ in range(30):
        state = GrammarState(mode, 4)
        events, time_ms = [], 0
        while len(events) < 400 or state.parts:
            kinds = [kind for kind in state.allowed() if kind in VOCABULARY]
            kind = rng.choice(sorted(kinds, key=lambda k: k.value))
            if kind is EventKind.TIME:
                time_ms += rng.choice((100, 250, 500))
                event = Event(kind, time_ms)
            elif kind is EventKind.COLUMN:
                event = Event(kind, rng.randrange(4))
            else:
                allowed = VOCABULARY.range_of(kind)
                event = Event(kind, rng.randint(allowed.low, allowed.high))
            events.append(event)
            state.read(event)
        groups, lost = groups_from_events(events, MINI_ENCODING)
        assert lost == 0
        difficulty = Difficulty(circle_size=4.0)
        beatmap, report = assemble(
            {ContextKind.MAP: groups}, mode, [TimingPoint(0.0, 500.0)], difficulty, 4, MINI_ENCODING
        )
        assert beatmap.hit_objects
        assert not report.dropped, report.describe()


def test_a_slider_is_finished_before_anything_else_begins():
    state = GrammarState(GameMode.STANDARD)
    for kind in (EventKind.TIME, EventKind.POSITION, EventKind.SLIDER_HEAD):
        assert kind in state.allowed()
        state.read(Event(kind))
    assert state.allowed() == {EventKind.TIME, EventKind.POSITION}
    state.read(Event(EventKind.POSITION))
    assert EventKind.RED_ANCHOR in state.allowed()
    assert EventKind.CIRCLE not in state.allowed()


def test_a_held_column_can_only_be_released():
    state = GrammarState(GameMode.MANIA, 4)
    for kind, value in ((EventKind.TIME, 0), (EventKind.COLUMN, 2), (EventKind.HOLD_NOTE, 0)):
        state.read(Event(kind, value))
    state.read(Event(EventKind.TIME, 500))
    state.read(Event(EventKind.COLUMN, 2))
    assert EventKind.HOLD_NOTE_END in state.allowed()
    assert EventKind.CIRCLE not in state.allowed()


@pytest.mark.parametrize(
    ("mode", "start", "end"),
    [
        (GameMode.STANDARD, EventKind.SPINNER, EventKind.SPINNER_END),
        (GameMode.TAIKO, EventKind.DENDEN, EventKind.DENDEN_END),
        (GameMode.MANIA, EventKind.HOLD_NOTE, EventKind.HOLD_NOTE_END),
    ],
)
def test_what_began_before_the_window_may_end_in_it_or_not(mode, start, end):
    column = [Event(EventKind.COLUMN, 2)] if mode is GameMode.MANIA else []
    state = GrammarState(mode, 4)
    for event in (Event(EventKind.TIME, 0), *column, Event(start)):
        state.read(event)
    state.enter_window()
    for event in (Event(EventKind.TIME, 5000), *column):
        assert event.kind in state.allowed()
        state.read(event)
    assert end in state.allowed()
    assert start in state.allowed()
    state.read(Event(end))
    for event in (Event(EventKind.TIME, 6000), *column):
        state.read(event)
    assert end not in state.allowed(), "it has ended"
