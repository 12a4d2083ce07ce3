"""Groups and beats as the published program takes them, from streams that hold together and streams that do not."""

from osuT5.tokens.events import Event, EventKind
from parity.assembly.groups import beats_as_published, groups_as_published

K = EventKind


def events(*parts):
    return [Event(*part) if isinstance(part, tuple) else Event(part) for part in parts]


def brief(groups):
    return [(group.time_ms, [(event.kind, event.value) for event in group.events]) for group in groups]


def test_a_type_takes_what_follows_or_what_precedes_it():
    first = groups_as_published(events(K.CIRCLE, (K.TIME, 100), K.SPINNER, (K.TIME, 200)), types_first=True)
    last = groups_as_published(events((K.TIME, 100), K.CIRCLE, (K.TIME, 200), K.SPINNER), types_first=False)
    assert [(g.kind, g.time_ms) for g in first] == [(g.kind, g.time_ms) for g in last]
    assert [g.time_ms for g in first] == [100.0, 200.0]


def test_of_two_the_last_counts_of_sounds_all_and_sustain_marks_are_nothing():
    stream = events((K.TIME, 1), (K.HITSOUND, 3), (K.TIME, 2), (K.HITSOUND, 4), K.CIRCLE)
    (group,) = groups_as_published(stream, types_first=False)
    assert group.time_ms == 2
    assert [e.value for e in group.events if e.kind is K.HITSOUND] == [3, 4]
    assert [e.value for e in group.events if e.kind is K.TIME] == [2]
    stream = events((K.TIME, 8000), K.SPINNER_SUSTAIN, (K.TIME, 9000), K.SPINNER_END)
    (group,) = groups_as_published(stream, types_first=False)
    assert (group.kind, group.time_ms) == (K.SPINNER_END, 9000.0)


def test_groups_need_a_type_take_what_stands_before_it_and_start_at_zero_without_a_time():
    assert brief(groups_as_published(events((K.TIME, 5), K.CIRCLE), types_first=True)) == [
        (5.0, [(K.TIME, 5), (K.CIRCLE, 0)])
    ]
    assert groups_as_published(events((K.TIME, 5), (K.POSITION, 1)), types_first=True) == []
    assert groups_as_published(events((K.TIME, 5), (K.POSITION, 1)), types_first=False) == []
    assert brief(groups_as_published(events(K.CIRCLE), types_first=False)) == [(0.0, [(K.CIRCLE, 0)])]


def test_beats_have_their_time_at_their_side():
    stream = events(
        K.MEASURE, (K.TIME, 500), K.BEAT, (K.SNAPPING, 1), (K.TIME, 800), K.TIMING_POINT, (K.TIME, 200), K.BEAT
    )
    beats = beats_as_published(stream, types_first=True)
    assert [(beat.time_ms, beat.starts_bar, beat.starts_tempo) for beat in beats] == [
        (200.0, True, True),
        (500.0, True, False),
    ]
    wrapped = beats_as_published(events(K.BEAT, (K.TIME, 700)), types_first=False)
    assert [beat.time_ms for beat in wrapped] == [700.0]
