"""As many changes of the scroll speed as were asked for, and nothing else changed."""

import pytest

from osu_beatmap.attributes import scroll_speed_ratio
from osu_beatmap.beatmap import Beatmap, Circle, GameMode, TimingPoint
from osu_beatmap.timing.active_point import Timing, end_time_ms
from pipeline.finishing.finish import finish
from pipeline.generation.matching.scroll_speeds import with_scroll_speed_ratio
from tests.support.finish_drafts import draft_of
from tests.support.sliders import line_slider

BEAT_MS = 400.0
SONG_MS = 60_000.0
MODES = [GameMode.TAIKO, GameMode.MANIA]


def made_map(mode: GameMode, *lines: TimingPoint) -> Beatmap:
    """A note on every half beat, and in taiko a drum roll on the last beat."""
    notes = [Circle(number * BEAT_MS / 2, 64.0 + 128 * (number % 4), 192.0) for number in range(200)]
    if mode is GameMode.TAIKO:
        notes.append(line_slider(100 * BEAT_MS, (256.0, 192.0), (400.0, 192.0), length_px=140.0))
    return draft_of(*notes, mode=mode, lines=(TimingPoint(0.0, BEAT_MS), *lines))


def green(time_ms: float, speed: float) -> TimingPoint:
    return TimingPoint(time_ms, -100.0 / speed, uninherited=False)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("ratio", [0.0, 0.1, 0.3, 0.8])
@pytest.mark.parametrize(
    "lines",
    [
        (),
        [green(1_000.0 * number, 1.0 + 0.1 * (number % 3)) for number in range(1, 30)],
        # A tempo change sets the speed back, so that one change takes more than one line.
        [green(2_000.0, 1.5), TimingPoint(8_000.0, 300.0), TimingPoint(20_000.0, 400.0), green(20_000.0, 1.5)],
    ],
    ids=["none", "many", "with tempo changes"],
)
def test_as_many_changes_as_were_asked_for_also_when_finished(mode, ratio, lines):
    beatmap = made_map(mode, *lines)
    changed = with_scroll_speed_ratio(beatmap, ratio, SONG_MS)
    assert scroll_speed_ratio(changed) == pytest.approx(ratio, abs=0.01)
    assert scroll_speed_ratio(finish(changed, SONG_MS)[0]) == pytest.approx(ratio, abs=0.03)
    assert [line.beat_length_ms for line in Timing(changed.timing_points).reds] == [
        line.beat_length_ms for line in Timing(beatmap.timing_points).reds
    ]


def test_the_smallest_changes_are_undone_first_and_enough_is_left_alone():
    changed = with_scroll_speed_ratio(made_map(GameMode.MANIA, green(1_000.0, 0.01)), 0.1, SONG_MS)
    assert scroll_speed_ratio(changed) == pytest.approx(0.1, abs=0.01)
    beatmap = made_map(GameMode.MANIA, green(1_000.0, 1.2), green(2_000.0, 1.0))
    assert with_scroll_speed_ratio(beatmap, 0.01, SONG_MS) is beatmap
    beatmap = made_map(GameMode.MANIA, green(1_000.0, 1.05), green(2_000.0, 3.0), green(3_000.0, 2.9))
    changed = with_scroll_speed_ratio(beatmap, 1 / 200, SONG_MS)
    assert [(line.time_ms, line.sv_multiplier) for line in changed.timing_points if not line.uninherited] == [
        (2_000.0, pytest.approx(3.0))
    ]


@pytest.mark.parametrize("mode", MODES)
def test_new_ones_are_on_the_strongest_beats(mode):
    changed = with_scroll_speed_ratio(made_map(mode), 0.1, SONG_MS)
    lines = [line for line in changed.timing_points if not line.uninherited]
    assert len(lines) >= 20
    assert all(line.time_ms % (4 * BEAT_MS) == 0 for line in lines)
    assert all(0.7 < line.sv_multiplier < 1.5 for line in lines)


def test_drum_rolls_last_as_long():
    beatmap = made_map(GameMode.TAIKO)
    changed = with_scroll_speed_ratio(beatmap, 0.9, SONG_MS)
    before, after = (
        end_time_ms(each.hit_objects[-1], Timing(each.timing_points), each.difficulty) for each in (beatmap, changed)
    )
    assert Timing(changed.timing_points).sv_at(100 * BEAT_MS) != 1.0
    assert after == pytest.approx(before)
    assert [obj.time_ms for obj in changed.hit_objects] == sorted(obj.time_ms for obj in beatmap.hit_objects)
