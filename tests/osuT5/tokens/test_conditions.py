"""Classes as the published vocabularies have them, by literal values."""

from dataclasses import replace

import pytest

from osu_beatmap.attributes import Attributes, attributes_of
from osu_beatmap.beatmap import Beatmap, Circle, Difficulty, GameMode, HoldNote, TimingPoint
from osuT5.tokens.conditions import SongPlace, condition_events, condition_ids
from osuT5.tokens.contract import MINI_CONDITIONS, mini_spec
from osuT5.tokens.events import Event, EventKind

PLACE = SongPlace(song_ms=180_000.0, window_start_ms=90_000.0)


def class_of(kind: EventKind, attributes: Attributes, place: SongPlace = PLACE) -> int:
    (event,) = condition_events((kind,), attributes, place)
    return event.value


STANDARD, CATCH, MANIA = GameMode.STANDARD, GameMode.CATCH, GameMode.MANIA


@pytest.mark.parametrize(
    ("kind", "mode", "name", "classes"),
    [
        (EventKind.DIFFICULTY, STANDARD, "difficulty", {0: 0, 0.49: 0, 1: 2, 3.33: 6, 5: 10, 5.55: 11, 12: 23, 15: 23}),
        (EventKind.CIRCLE_SIZE, CATCH, "circle_size", {0: 0, 2: 4, 3.8: 7, 4: 8, 4.2: 8, 10: 20, 11: 20}),
        (EventKind.GLOBAL_SV, STANDARD, "slider_multiplier", {0.3: 40, 1.4: 140, 1.45: 145, 3.6: 360, 4: 360}),
        (
            *(EventKind.HOLD_NOTE_RATIO, MANIA, "hold_note_ratio"),
            {0: 0, 0.04: 1, 0.05: 1, 0.15: 3, 0.25: 3, 0.5: 6, 0.97: 11, 1: 12},
        ),
        (EventKind.SCROLL_SPEED_RATIO, MANIA, "scroll_speed_ratio", {0: 0, 0.04: 1, 0.15: 3, 0.5: 6, 1: 12}),
        (EventKind.YEAR, STANDARD, "year", {2007: 2007, 2015: 2015, 2023: 2023}),
    ],
)
def test_classes_of_attributes(kind, mode, name, classes):
    assert {value: class_of(kind, Attributes(mode, **{name: value})) for value in classes} == classes


def test_song_position_and_length():
    positions = {0: 0, 100: 1, 900: 1, 90_000: 51, 179_500: 101, 180_000: 102}
    lengths = {0: 0, 9999: 0, 10_000: 1, 183_456.7: 18, 600_000: 60, 1_000_000: 60}
    song = Attributes(STANDARD)
    assert {ms: class_of(EventKind.SONG_POSITION, song, SongPlace(180_000.0, ms)) for ms in positions} == positions
    assert {ms: class_of(EventKind.SONG_LENGTH, song, SongPlace(ms, 0.0)) for ms in lengths} == lengths


def test_the_unknown_class_follows_the_last_and_modes_have_their_own_conditions():
    unknown = Attributes(GameMode.STANDARD)
    assert class_of(EventKind.DIFFICULTY, unknown) == 24
    forgotten = condition_events(
        (EventKind.DIFFICULTY,), replace(unknown, difficulty=3.0), PLACE, frozenset({EventKind.DIFFICULTY})
    )
    assert forgotten == [Event(EventKind.DIFFICULTY, 24)]
    kinds = {event.kind for event in condition_events(MINI_CONDITIONS, Attributes(GameMode.TAIKO), PLACE)}
    assert EventKind.SCROLL_SPEED_RATIO in kinds
    assert not kinds & {EventKind.CIRCLE_SIZE, EventKind.KEY_COUNT, EventKind.GLOBAL_SV, EventKind.HOLD_NOTE_RATIO}


def test_a_real_map_and_an_equal_request_give_the_same_tokens():
    spec = mini_spec()
    notes = [
        HoldNote(0.0, 64, 192, end_ms=500.0),
        Circle(500.0, 192, 192),
        Circle(800.0, 320, 192),
        Circle(900.0, 448, 192),
    ]
    beatmap = Beatmap(
        mode=GameMode.MANIA,
        difficulty=Difficulty(circle_size=4.0),
        timing_points=[TimingPoint(0.0, 500.0)],
        hit_objects=notes,
    )
    asked = Attributes(
        GameMode.MANIA, difficulty=2.2, hitsounded=False, key_count=4, hold_note_ratio=0.25, scroll_speed_ratio=0.0
    )
    ids = [condition_ids(spec.vocabulary, spec.conditions, a, PLACE) for a in (attributes_of(beatmap, 2.2), asked)]
    assert ids[0] == ids[1]
