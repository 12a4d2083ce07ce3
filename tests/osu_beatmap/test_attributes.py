"""What a map can be conditioned on, from literal maps."""

from osu_beatmap.attributes import Attributes, attributes_of, is_hitsounded, scroll_speed_ratio
from osu_beatmap.beatmap import (
    Beatmap,
    Circle,
    Difficulty,
    GameMode,
    HitSample,
    HitSound,
    SampleSet,
    Slider,
    SliderEdge,
    TimingPoint,
)

RED = TimingPoint(0.0, 500.0)


def green(time_ms: float, sv: float) -> TimingPoint:
    return TimingPoint(time_ms, -100.0 / sv, uninherited=False)


def beatmap(mode=GameMode.STANDARD, objects=(), lines=(RED,), **changes) -> Beatmap:
    return Beatmap(mode=mode, timing_points=list(lines), hit_objects=list(objects), **changes)


def circles(count: int, sounded: int = 0) -> list[Circle]:
    sounds = [HitSound.CLAP] * sounded + [HitSound.NONE] * (count - sounded)
    return [Circle(500.0 * i, 256, 192, hitsound=sound) for i, sound in enumerate(sounds)]


def test_each_mode_has_its_own_attributes():
    difficulty = Difficulty(circle_size=4.2, slider_multiplier=1.6)
    standard = attributes_of(beatmap(objects=circles(10), difficulty=difficulty), 3.5)
    assert standard == Attributes(
        GameMode.STANDARD, difficulty=3.5, circle_size=4.2, slider_multiplier=1.6, hitsounded=False
    )
    taiko = attributes_of(beatmap(GameMode.TAIKO, circles(10), difficulty=difficulty))
    assert taiko == Attributes(GameMode.TAIKO, hitsounded=True, scroll_speed_ratio=0.0)
    catch = attributes_of(beatmap(GameMode.CATCH, circles(10), difficulty=difficulty))
    assert (catch.circle_size, catch.scroll_speed_ratio) == (4.2, None)
    mania = attributes_of(beatmap(GameMode.MANIA, circles(10), difficulty=Difficulty(circle_size=7.0)))
    assert (mania.key_count, mania.hold_note_ratio, mania.circle_size) == (7, 0.0, None)


def test_hit_sounds_count_from_two_percent_on_with_edges_and_banks():
    assert not is_hitsounded(beatmap(objects=circles(100, sounded=2)))
    assert is_hitsounded(beatmap(objects=circles(100, sounded=3)))
    assert not is_hitsounded(beatmap())
    plain = Slider(0.0, 0, 0, edges=[SliderEdge(), SliderEdge()])
    edged = Slider(0.0, 0, 0, edges=[SliderEdge(), SliderEdge(HitSound.WHISTLE)])
    assert not is_hitsounded(beatmap(objects=[plain]))
    assert is_hitsounded(beatmap(objects=[edged]))
    drum = Circle(0.0, 0, 0, sample=HitSample(SampleSet.DRUM))
    assert is_hitsounded(beatmap(objects=[drum], sample_set=SampleSet.SOFT))
    assert not is_hitsounded(beatmap(objects=[drum], sample_set=SampleSet.DRUM)), "the map's own bank is no hit sound"


def test_scroll_speed_changes_for_each_object():
    lines = [RED, green(500.0, 1.0), green(1000.0, 2.0), green(1500.0, 2.0), green(2000.0, 0.5)]
    assert scroll_speed_ratio(beatmap(objects=circles(4), lines=lines)) == 0.5, "only what changes the speed counts"
    assert scroll_speed_ratio(beatmap(objects=circles(1), lines=lines)) == 1.0
    assert scroll_speed_ratio(beatmap(lines=[RED])) == 0.0
