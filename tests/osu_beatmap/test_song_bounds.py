from dataclasses import replace

import pytest

from osu_beatmap.beatmap import Beatmap, Circle, CurveKind, HoldNote, PathSegment, Slider, Spinner, TimingPoint
from osu_beatmap.editor_notation import clock
from osu_beatmap.errors import BeatmapError
from osu_beatmap.song_bounds import check_in_song, duration_text, part_in_song
from osu_beatmap.timing.active_point import Timing
from osu_beatmap.timing.beat_clock import BeatClock

SONG_MS = 12_000.0
DAY_MS = 86_400_000.0


def sane_map(*objects, lines=None):
    own = [Circle(500.0 + 500.0 * number, 256.0, 192.0) for number in range(20)]
    lines = lines or [TimingPoint(500.0, 500.0)]
    return Beatmap(timing_points=lines, hit_objects=sorted([*own, *objects], key=lambda obj: obj.time_ms))


def long_slider(slides, length_px):
    segments = [PathSegment(CurveKind.LINEAR, [(0.0, 0.0), (100.0, 0.0)])]
    return Slider(6000.0, 0.0, 0.0, segments=segments, slides=slides, length_px=length_px)


def test_a_sane_map_is_its_own_part():
    beatmap = sane_map()
    part = part_in_song(beatmap, SONG_MS)
    assert part.beatmap is beatmap
    assert part.is_whole
    assert not part.notes
    assert part.with_outside(beatmap) is beatmap


@pytest.mark.parametrize(
    "stray",
    [
        Circle(2.1e9, 256.0, 192.0),
        Circle(-3.0e8, 256.0, 192.0),
        Spinner(11_000.0, 256.0, 192.0, end_ms=1.8144e9),
        HoldNote(11_000.0, 0.0, 0.0, end_ms=1.8144e9),
        long_slider(9000, 100_000.0),
    ],
    ids=["late", "early", "spinner", "hold", "slider"],
)
def test_objects_outside_the_song_are_left_out_and_named(stray):
    beatmap = sane_map(stray)
    part = part_in_song(beatmap, SONG_MS)
    assert stray not in part.beatmap.hit_objects
    assert len(part.beatmap.hit_objects) == 20
    assert [beatmap.hit_objects[index] for index in part.indices] == part.beatmap.hit_objects
    assert len(part.notes) == 1
    assert part.notes[0].endswith("it is not used.")
    assert part.with_outside(part.beatmap).hit_objects == beatmap.hit_objects
    with pytest.raises(BeatmapError, match="is not used"):
        check_in_song(beatmap, SONG_MS)


def test_red_lines_outside_the_song_are_left_out():
    first, own, last = TimingPoint(-2.1e9, 500.0), TimingPoint(500.0, 500.0), TimingPoint(2e9, 0.001)
    part = part_in_song(sane_map(lines=[first, own, last]), SONG_MS)
    assert part.beatmap.timing_points == [own]
    assert part.notes == (
        "The red line at -35000:00:000 is 24 days before the song; it is not used.",
        "The red line at 33333:20:000 is 23 days after the song; it is not used.",
    )
    assert part.with_outside(part.beatmap).timing_points == [first, own, last]


def test_an_only_red_line_of_long_ago_leaves_its_beats_where_they_are():
    beatmap = sane_map(lines=[TimingPoint(-2.1e9 + 123.0, 480.0, 3), TimingPoint(-2.0e9, -50.0, uninherited=False)])
    part = part_in_song(beatmap, SONG_MS)
    given, bounded = Timing(beatmap.timing_points), Timing(part.beatmap.timing_points)
    assert part.notes[0].endswith(f"its bar line at {clock(bounded.reds[0].time_ms)} is used instead.")
    assert -1440.0 <= bounded.reds[0].time_ms <= 0.0
    for time_ms in (0.0, 500.0, 9_999.0):
        assert bounded.snap(time_ms, 4) == pytest.approx(given.snap(time_ms, 4), abs=1e-3)
        assert bounded.beat_position(time_ms) % 3 == pytest.approx(given.beat_position(time_ms) % 3, abs=1e-3)
        assert bounded.sv_at(time_ms) == 2.0
    assert len(BeatClock.from_timing(bounded, SONG_MS)) < 40
    assert part.with_outside(part.beatmap).timing_points == beatmap.timing_points


def test_many_strays_are_counted():
    part = part_in_song(sane_map(*(Circle(DAY_MS + number, 0.0, 0.0) for number in range(30))), SONG_MS)
    assert len(part.notes) == 6
    assert part.notes[-1] == "25 more objects and lines outside the song are not used."


def test_more_than_a_song_can_hold_is_refused():
    crowd = sane_map(*(Circle(500.0 + number, 0.0, 0.0) for number in range(5000)))
    with pytest.raises(BeatmapError, match="5020 objects"):
        part_in_song(crowd, SONG_MS)
    part_in_song(crowd, 60_000.0)
    with pytest.raises(BeatmapError, match="slides"):
        part_in_song(sane_map(*(replace(long_slider(9000, 0.001), time_ms=float(n)) for n in range(9))), SONG_MS)


def test_a_forgotten_bound_ends_in_a_sentence():
    with pytest.raises(BeatmapError, match="beats"):
        Timing([TimingPoint(-2.1e9, 500.0)]).beats(-2.1e9, SONG_MS)


@pytest.mark.parametrize(
    ("duration_ms", "text"),
    [(1500.0, "2 seconds"), (60_000.0, "1 minute"), (1.5 * DAY_MS, "2 days"), (800 * DAY_MS, "2 years")],
)
def test_durations_are_told_in_their_largest_unit(duration_ms, text):
    assert duration_text(duration_ms) == text
