"""A span of a file remade: what is inside is new, what is outside is there byte for byte."""

import pytest

from osu_beatmap.beatmap import Beatmap, Circle, Slider, TimingPoint
from osu_beatmap.files.reader import decode_osu_bytes, parse_beatmap
from osu_beatmap.splice import Span, splice
from osu_beatmap.timing.active_point import Timing

TEXT = """osu file format v14

[General]
AudioFilename: a.mp3
Mode: 0

[Metadata]
Title:Тест
Version:Hard

[Difficulty]
SliderMultiplier:1.4

[Events]
//Break Periods
2,2300,3700
2,12000,13000

[TimingPoints]
0,500,4,2,0,60,1,0
2500,-50,4,2,1,70,0,0
5000,-200,4,1,0,80,0,1

[HitObjects]
64,64,1000,5,0,0:0:0:0:
64,64,2000,1,8,0:0:0:0:
64,64,4000,1,0,0:0:0:0:
// a remark
64,64,6000,2,0,L|164:64,1,100
64,64,8000,1,0,0:0:0:0:
"""
SPAN = Span(1_500, 5_500)


def made_map(**changes) -> Beatmap:
    """A map on the same red line, whose velocity is 1 and whose volume is 45 throughout."""
    values = {
        "timing_points": [TimingPoint(0.0, 500.0, sample_set=2, volume=45)],
        "hit_objects": [Circle(time_ms, 100.0, 100.0) for time_ms in (1_000.0, 2_500.0, 3_000.0, 5_000.0, 7_000.0)],
    }
    return Beatmap(**(values | changes))


def spliced(text: str = TEXT, made: Beatmap | None = None, span: Span = SPAN) -> Beatmap:
    return parse_beatmap(decode_osu_bytes(splice(text.encode(), made or made_map(), span)))


def test_objects_of_the_span_are_new_and_lines_outside_the_same_bytes():
    data = splice(TEXT.encode(), made_map(), SPAN)
    times = [item.time_ms for item in parse_beatmap(decode_osu_bytes(data)).hit_objects]
    assert times == [1_000, 2_500, 3_000, 5_000, 6_000, 8_000]
    kept = [line for line in TEXT.encode().splitlines(keepends=True) if b",2000," not in line and b",4000," not in line]
    kept = [line for line in kept if not line.startswith((b"2500,", b"5000,", b"2,2300"))]
    remaining = iter(data.splitlines(keepends=True))
    assert all(line in remaining for line in kept), "each stands there, in the same order"


def test_what_held_before_and_after_the_span_holds_still():
    before, after = (Timing(beatmap.timing_points) for beatmap in (parse_beatmap(TEXT), spliced()))

    def state(timing: Timing, time_ms: float) -> tuple:
        return timing.sv_at(time_ms), timing.volume_at(time_ms), timing.sample_set_at(time_ms), timing.kiai_at(time_ms)

    for time_ms in (0, 1_499, 5_500, 6_000, 9_000):
        assert state(before, time_ms) == state(after, time_ms)
    assert state(after, 3_000) == (1.0, 45, 2, False)
    assert [line for line in after.points if line.uninherited] == before.reds


def test_a_line_that_is_not_needed_is_not_written_and_the_whole_map_can_be_remade():
    same = parse_beatmap(TEXT)
    result = spliced(made=same)
    assert result.hit_objects == same.hit_objects
    assert result.timing_points == same.timing_points, "what holds at 5500 is stated at 5000"
    assert spliced(span=Span(8_500, 9_000), made=same).timing_points == same.timing_points
    whole = spliced(span=Span())
    assert [item.time_ms for item in whole.hit_objects] == [1_000, 2_500, 3_000, 5_000, 7_000]
    assert Timing(whole.timing_points).volume_at(0) == 45


def test_breaks_give_way_and_objects_that_run_into_others_are_left_out():
    assert [pause.start_ms for pause in spliced().breaks] == [12_000]
    empty = made_map(hit_objects=[])
    assert [pause.start_ms for pause in spliced(made=empty).breaks] == [2_300, 12_000]
    long = Slider(5_000.0, 0.0, 0.0, length_px=1_400.0)  # ten beats
    data = splice(TEXT.encode(), made_map(hit_objects=[long, Circle(1_500.0, 0.0, 0.0)]), SPAN)
    assert [item.time_ms for item in parse_beatmap(data.decode()).hit_objects] == [1_000, 1_500, 6_000, 8_000]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp932"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_encodings_and_line_ends_stay(encoding: str, line_end: str):
    data = TEXT.replace("\n", line_end).encode(encoding)
    result = splice(data, made_map(), SPAN)
    assert result.startswith(data[: data.index("[TimingPoints]".encode(encoding)[-4:])])
    text = result.decode(encoding)
    assert text.count("\n") == text.count(line_end)
    assert len(parse_beatmap(decode_osu_bytes(result)).hit_objects) == 6


def test_files_that_end_within_a_line_and_old_formats():
    shorter = spliced(TEXT.rstrip("\n"), span=Span(7_500))
    assert [item.time_ms for item in shorter.hit_objects] == [1_000, 2_000, 4_000, 6_000]
    later = made_map(hit_objects=[Circle(9_000.0, 0.0, 0.0)])
    assert spliced(TEXT.rstrip("\n"), later, Span(8_500)).hit_objects[-1].time_ms == 9_000
    old = TEXT.replace("v14", "v4")
    data = splice(old.encode(), made_map(), SPAN)
    assert b"\n100,100,2476,1," in data  # 24 ms are added in reading
    assert 2_500.0 in [item.time_ms for item in parse_beatmap(data.decode()).hit_objects]
