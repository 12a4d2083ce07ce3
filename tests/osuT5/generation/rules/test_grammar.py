"""The grammars of all encodings allow what human maps are written as, and nothing that cannot be assembled."""

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
from osu_beatmap.geometry.catch_conversion import convert_to_catch
from osuT5.encoding import assemble, encode_context, groups_from_events
from osuT5.encoding.hit_objects.taiko import drumroll_path
from osuT5.generation.rules.grammar import GrammarState
from osuT5.generation.rules.group_shapes import ShapeGrammar
from osuT5.tokens.contract import mini_spec, output_ranges
from osuT5.tokens.encoding_spec import MINI_ENCODING
from osuT5.tokens.events import ContextKind, Event, EventKind
from tests.support.published_bundles import FAMILIES

ENCODINGS = {"mini": MINI_ENCODING, **{version: family.encoding for version, (family, *_) in FAMILIES.items()}}
SONG_MS = 300_000.0
LINES = [TimingPoint(0.0, 500.0), TimingPoint(9000.0, -50.0, uninherited=False, effects=1)]


def grammar(version: str, mode: GameMode, keys: int, context: ContextKind = ContextKind.MAP) -> GrammarState:
    if version == "mini":
        return GrammarState(mode, keys)
    return ShapeGrammar(mode, keys, encoding=ENCODINGS[version], context=context)


def standard() -> Beatmap:
    segments = [
        PathSegment(CurveKind.BEZIER, [(100.0, 100.0), (150.0, 50.0), (200.0, 100.0)]),
        PathSegment(CurveKind.LINEAR, [(200.0, 100.0), (300.0, 100.0)]),
    ]
    edges = [SliderEdge(hitsound=2), SliderEdge(), SliderEdge(hitsound=8)]
    arc = [PathSegment(CurveKind.PERFECT, [(10.0, 10.0), (60.0, 40.0), (110.0, 10.0)])]
    long = [PathSegment(CurveKind.LINEAR, [(0.0, 0.0), (400.0, 0.0)])]
    objects = [
        Circle(0.0, 10, 10, new_combo=True),
        Slider(500.0, 100, 100, segments=segments, slides=2, length_px=200.0, edges=edges),
        Slider(2500.0, 10, 10, segments=arc, slides=1, length_px=110.0, edges=edges[:2]),
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


def refused(beatmap: Beatmap, context: ContextKind, version: str) -> str:
    """The first event that the grammar does not allow, in words; empty where there is none."""
    keys = beatmap.key_count if beatmap.mode is GameMode.MANIA else 18
    state = grammar(version, beatmap.mode, keys, context)
    for group in encode_context(beatmap, context, ENCODINGS[version], SONG_MS):
        for event in group.events:
            is_column = event.kind is EventKind.COLUMN
            if event.kind not in state.allowed_kinds() or (is_column and event.value not in state.columns()):
                return f"{event} after {state.parts} at {group.time_ms}"
            state.read(event)
    return "" if state.may_end else "the end"


@pytest.mark.parametrize("version", ENCODINGS)
def test_what_maps_are_written_as_is_allowed(version):
    contexts = (ContextKind.TIMING, ContextKind.KIAI, ContextKind.MAP, ContextKind.SV)
    for beatmap in (standard(), convert_to_catch(standard()), taiko(), mania()):
        for context in [ContextKind.MAP] if version == "mini" else contexts:
            assert not refused(beatmap, context, version)


@pytest.fixture(scope="module")
def human_maps(shared_dir) -> dict[str, Beatmap]:
    paths = sorted((shared_dir / "data" / "mapsets").glob("*/*.osu"))[::60]
    return {path.name: read_beatmap(path) for path in paths}


@pytest.mark.parametrize("version", ["mini", "v29", "v32"])
def test_human_maps_are_allowed(human_maps, version):
    """But for objects inside others, which only few maps have."""
    wrong = [name for name, beatmap in human_maps.items() if refused(beatmap, ContextKind.MAP, version)]
    assert len(human_maps) > 15
    assert len(wrong) <= 0.1 * len(human_maps), wrong


@pytest.mark.parametrize("version", ENCODINGS)
@pytest.mark.parametrize("mode", list(GameMode))
def test_whatever_it_allows_can_be_assembled(version, mode):
    """Random walks: always something is allowed, and no group of theirs is lost as out of place."""
    rng, encoding = random.Random(1), ENCODINGS[version]
    ranges = {event_range.kind: event_range for event_range in output_ranges(encoding, mini_spec().grid)}
    for _ in range(10):
        state = grammar(version, mode, 4)
        events, time_ms = [], 0
        while len(events) < 400 or not state.may_end:
            kind = rng.choice(sorted(state.allowed_kinds(), key=lambda kind: kind.value))
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


def test_a_held_column_can_only_be_released():
    state = GrammarState(GameMode.MANIA, 4)
    for kind, value in ((EventKind.TIME, 0), (EventKind.COLUMN, 2), (EventKind.HOLD_NOTE, 0)):
        state.read(Event(kind, value))
    state.read(Event(EventKind.TIME, 500))
    state.read(Event(EventKind.COLUMN, 2))
    assert EventKind.HOLD_NOTE_END in state.allowed_kinds()
    assert EventKind.CIRCLE not in state.allowed_kinds()


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
        assert event.kind in state.allowed_kinds()
        state.read(event)
    assert end in state.allowed_kinds()
    assert start in state.allowed_kinds()
    state.read(Event(end))
    for event in (Event(EventKind.TIME, 6000), *column):
        state.read(event)
    assert end not in state.allowed_kinds(), "it has ended"
