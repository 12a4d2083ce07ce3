"""Times of drafts: red lines, the grid, the song's ends, overlaps, and what takes part in a map of 30 s."""

import pytest

from osu_beatmap.beatmap import Circle, Difficulty, GameMode, HoldNote, Slider, Spinner, TimingPoint
from osu_beatmap.timing.active_point import Timing, end_time_ms
from pipeline.finishing.filler_objects import fill_drain, limit_chords, use_all_columns
from pipeline.finishing.object_kinds import replace_short_objects, suit_mode
from pipeline.finishing.positions import move_to_columns
from pipeline.finishing.red_lines import move_red_before_objects, move_reds_into_song
from pipeline.finishing.report import FinishReport
from pipeline.finishing.ticks import first_tick_ms, is_on_tick, last_tick_ms, whole_ms
from pipeline.finishing.times import cut_to_song, separate_objects, snap_to_ticks
from pipeline.finishing.working_map import WorkingMap, compose
from tests.support.finish_drafts import RED, draft_of, times_of, work_of
from tests.support.sliders import line_slider

FOUR_KEYS = {"mode": GameMode.MANIA, "difficulty": Difficulty(circle_size=4.0)}


def repaired(repair, work: WorkingMap) -> FinishReport:
    """The report of one repair, which must leave nothing to do for a second run of it."""
    report, again = FinishReport(), FinishReport()
    repair(work, report)
    before = compose(work)
    repair(work, again)
    assert compose(work) == before
    assert not again.repairs
    return report


def test_ticks_are_whole_milliseconds_of_the_first_divisor_that_has_one():
    assert whole_ms(1666.67) == 1666.0
    assert whole_ms(1999.9999999) == 2000.0
    timing = Timing([TimingPoint(0.0, 333.33)])
    assert is_on_tick(timing, 333.0)
    assert not is_on_tick(timing, 341.0)
    timing = Timing([RED])
    assert last_tick_ms(timing, 1010.0, 1240.0, (4, 3)) == 1125.0
    assert last_tick_ms(timing, 1126.0, 1240.0, (4, 3)) == pytest.approx(1166.667, abs=0.01)
    assert last_tick_ms(timing, 1130.0, 1140.0, (4, 3)) is None
    assert first_tick_ms(timing, 1010.0, 1300.0, (2,)) == 1250.0


@pytest.mark.parametrize(
    ("repair", "first_ms", "line", "moved_ms"),
    [
        pytest.param(move_reds_into_song, 4000.0, TimingPoint(-700.0, 500.0), 1300.0, id="by whole bars"),
        pytest.param(move_red_before_objects, 3700.0, TimingPoint(5200.0, 500.0), 3200.0, id="before the first object"),
        pytest.param(
            move_red_before_objects, 700.0, TimingPoint(1200.0, 500.0), 1200.0, id="not where bars would shift"
        ),
        pytest.param(move_red_before_objects, 9000.0, TimingPoint(10_000.0, 333.3333333), 6000.0, id="to a whole ms"),
    ],
)
def test_the_first_red_line_moves(repair, first_ms: float, line: TimingPoint, moved_ms: float):
    work = work_of(Circle(first_ms, 0, 0), lines=(line,))
    assert bool(repaired(repair, work).repairs) == (moved_ms != line.time_ms)
    assert [red.time_ms for red in work.timing.reds] == [moved_ms]


def test_of_red_lines_outside_the_song_only_the_tempo_inside_is_kept():
    lines = (TimingPoint(-900.0, 300.0), TimingPoint(-100.0, 400.0), TimingPoint(5000.0, 500.0), TimingPoint(70e3, 9.0))
    work = work_of(Circle(6000.0, 0, 0), lines=lines)
    repaired(move_reds_into_song, work)
    assert [(red.time_ms, red.beat_length_ms) for red in work.timing.reds] == [(1500.0, 400.0), (5000.0, 500.0)]
    work = work_of(lines=(TimingPoint(90_000.0, 50_000.0),), song_ms=2000.0)
    move_reds_into_song(work, FinishReport())
    assert [red.time_ms for red in work.timing.reds] == [0.0]


def test_times_off_the_grid_go_to_the_likely_tick():
    slider = line_slider(1995.0, (0, 0), (140, 0), length_px=142.8)
    work = work_of(Circle(1012.0, 0, 0), Circle(1100.0, 0, 0), Circle(1500.4, 0, 0), slider)
    report = repaired(snap_to_ticks, work)
    assert [start_ms for start_ms, _ in times_of(work)] == [1000.0, 1100.0, 1500.0, 2000.0], "1100 is on 1/5"
    assert times_of(work)[-1][1] == pytest.approx(2500.0)
    assert report.repairs["times off the grid"] == 2


def test_objects_at_one_time_become_the_longest_and_those_outside_go():
    work = work_of(Circle(1000.0, 0, 0, new_combo=True), Spinner(1002.0, 256, 192, end_ms=3000.0))
    snap_to_ticks(work, FinishReport())
    assert times_of(work) == [(1000.0, 3000.0)]
    assert work.pieces[0].obj.new_combo
    work = work_of(Circle(1000.0, 0, 0), line_slider(1020.0, (0, 0), (140, 0), length_px=140.0), Circle(1015.0, 0, 0))
    separate_objects(work, FinishReport())
    assert [type(piece.obj) for piece in work.pieces] == [Slider]
    work = work_of(Circle(-500.0, 0, 0), Spinner(58_000.0, 256, 192, end_ms=61_000.0), Circle(60_500.0, 0, 0))
    assert repaired(cut_to_song, work).repairs["objects outside the song"] == 2
    assert times_of(work) == [(58_000.0, 59_875.0)]


SPINNER = Spinner(1000.0, 256, 192, end_ms=3000.0)
HOLD_NOTE = HoldNote(1000.0, 64, 192, end_ms=2000.0)


@pytest.mark.parametrize(
    ("objects", "options", "end_ms"),
    [
        pytest.param((SPINNER, Circle(2500.0, 0, 0)), {}, 2375.0, id="shortened"),
        pytest.param((SPINNER, Circle(1125.0, 0, 0)), {}, 1000.0, id="a circle without room"),
        pytest.param((HOLD_NOTE, Circle(1500.0, 192, 192), Circle(1750.0, 64, 192)), FOUR_KEYS, 1625.0, id="a column"),
    ],
)
def test_an_object_ends_before_the_next_one(objects: tuple, options: dict, end_ms: float):
    work = work_of(*objects, **options)
    assert repaired(separate_objects, work).repairs == {"overlapping objects": 1}
    assert times_of(work) == [(1000.0, end_ms), *((obj.time_ms, obj.time_ms) for obj in objects[1:])]
    assert isinstance(work.pieces[0].obj, Circle) == (end_ms == 1000.0)


def test_a_slider_loses_repeats_before_it_loses_its_pace():
    work = work_of(line_slider(1000.0, (0, 0), (140, 0), length_px=140.0, slides=4), Circle(2750.0, 0, 0))
    separate_objects(work, FinishReport())
    assert work.pieces[0].obj.slides == 3
    assert times_of(work)[0] == (1000.0, pytest.approx(2500.0))


def test_objects_of_another_mode_become_what_this_mode_plays():
    work = work_of(HoldNote(1000.0, 64, 192, end_ms=2000.0))
    suit_mode(work, FinishReport())
    assert isinstance(work.pieces[0].obj, Spinner)
    work = work_of(line_slider(1000.0, (70, 0), (210, 0), length_px=140.0), **FOUR_KEYS)
    suit_mode(work, FinishReport())
    move_to_columns(work, FinishReport())
    assert isinstance(work.pieces[0].obj, HoldNote)
    assert (work.pieces[0].obj.x, work.pieces[0].obj.y) == (64.0, 192.0)
    assert times_of(work) == [(1000.0, pytest.approx(1500.0))]


def test_a_short_spinner_grows_where_there_is_room_and_is_a_circle_otherwise():
    work = work_of(Spinner(1000.0, 256, 192, end_ms=1125.0), Circle(9000.0, 0, 0))
    replace_short_objects(work, FinishReport())
    assert times_of(work)[0] == (1000.0, 1625.0)
    work = work_of(Spinner(1000.0, 256, 192, end_ms=1125.0), Circle(1250.0, 0, 0))
    replace_short_objects(work, FinishReport())
    assert isinstance(work.pieces[0].obj, Circle)


def test_very_short_sliders_and_holds_lose_slides_or_their_end():
    work = work_of(line_slider(1000.0, (0, 0), (9, 0), length_px=140 / 50, slides=50))
    replace_short_objects(work, FinishReport())
    assert work.pieces[0].obj.slides == 20
    assert len(compose(work).hit_objects[0].edges) == 21
    work = work_of(line_slider(1000.0, (0, 0), (140, 0), length_px=5.0))
    replace_short_objects(work, FinishReport())
    assert isinstance(work.pieces[0].obj, Circle)
    work = work_of(HoldNote(1000.0, 64, 192, end_ms=1020.0), **FOUR_KEYS)
    replace_short_objects(work, FinishReport())
    assert isinstance(work.pieces[0].obj, Circle)


def test_a_map_under_30_s_gets_notes_on_downbeats_or_a_close_last_note():
    work = work_of(Circle(10_000.0, 256, 192), Circle(30_000.0, 256, 192))
    assert repaired(fill_drain, work).repairs == {"added notes": 5}
    assert [start_ms for start_ms, _ in times_of(work)][2:] == [32e3, 34e3, 36e3, 38e3, 40e3]
    work = work_of(Circle(10_000.0, 256, 192), song_ms=29_000.0)
    fill_drain(work, FinishReport())
    assert len(work.pieces) == 1
    # 29.97 s of 31 s are mapped, and no more than 312 ms are left.
    red = TimingPoint(720.0, 500.0)
    work = work_of(Circle(720.0, 256, 192), Circle(30_688.0, 256, 192), song_ms=31_000.0, lines=(red,))
    assert repaired(fill_drain, work).repairs == {"added notes": 1}
    (start_ms, _) = times_of(work)[-1]
    assert start_ms - times_of(work)[0][0] >= 30_000


def test_unused_columns_take_notes_of_the_fullest_or_get_notes_of_their_own():
    notes = [Circle(1000.0 + 250.0 * number, 64, 192) for number in range(30)]
    work = work_of(*notes, **FOUR_KEYS)
    assert repaired(use_all_columns, work).repairs == {"unused columns": 3}
    assert {piece.obj.x for piece in work.pieces} == {64.0, 192.0, 320.0, 448.0}
    assert len(work.pieces) == 30
    work = work_of(Circle(1000.0, 10, 192), mode=GameMode.MANIA, difficulty=Difficulty(circle_size=7.0))
    move_to_columns(work, FinishReport())
    use_all_columns(work, FinishReport())
    assert len({piece.obj.x for piece in work.pieces}) == 7


def test_low_levels_keep_chords_small():
    notes = [Circle(2000.0 * number, x, 192) for number in range(1, 20) for x in (64, 192, 320, 448)]
    work = work_of(*notes, **FOUR_KEYS)
    repaired(limit_chords, work)
    assert len(work.pieces) == 2 * 19


def test_velocities_and_ends_survive_being_taken_apart():
    lines = (RED, TimingPoint(3000.0, -50.0, uninherited=False), TimingPoint(6000.0, 400.0))
    sliders = [line_slider(at_ms, (0, 0), (140, 0), length_px=140.0) for at_ms in (1000.0, 3000.0, 5000.0, 6000.0)]
    draft = draft_of(*sliders, lines=lines)
    whole = compose(work_of(*sliders, lines=lines))
    before, after = Timing(draft.timing_points), Timing(whole.timing_points)
    for old, new in zip(draft.hit_objects, whole.hit_objects, strict=True):
        assert end_time_ms(new, after, whole.difficulty) == pytest.approx(end_time_ms(old, before, draft.difficulty))
        assert new.length_px == pytest.approx(140.0)
    assert [line.time_ms for line in whole.timing_points] == [0.0, 3000.0, 6000.0]
