"""Parts of a map that are given stay, and parts that are asked for are made."""

from dataclasses import replace

import pytest

from osu_beatmap.attributes import scroll_speed_ratio
from osu_beatmap.beatmap import (
    EFFECT_KIAI,
    EFFECT_OMIT_BARLINE,
    Beatmap,
    Circle,
    GameMode,
    HitSample,
    Slider,
    TimingPoint,
)
from osu_beatmap.files.reader import read_beatmap
from osu_beatmap.timing.active_point import Timing, end_time_ms
from osuT5.model.files.find import BUNDLED_MODEL
from osuT5.tokens.contract import mini_spec
from osuT5.tokens.events import ContextKind
from pipeline.generation.generate import generate
from pipeline.generation.reference.fixed_objects import COLOURS_STAY
from pipeline.generation.reference.reference_parts import check_trained, with_kiai_of, with_reference_parts
from pipeline.request.from_beatmap import fill_from_reference
from pipeline.request.options import RequestError, ScopeOptions
from pipeline.request.resolve import resolve
from tests.support.reference_songs import BEAT_MS, OFFSET_MS, make_mapset, make_model, reference_map

pytestmark = pytest.mark.usefixtures("random_times")

WILD = {"lookback": 0.2, "lookahead": 0.2, "seed": 7, "device": "cpu"}
WILD |= {"generate_positions": False, "difficulty_attempts": 1}
MODES = list(GameMode)


@pytest.fixture(scope="module")
def maps(tmp_path_factory):
    folder = tmp_path_factory.mktemp("maps")
    return {mode: make_mapset(folder / mode.name, mode) for mode in MODES}


def made(model, reference, output, **options):
    """The map of a request as it is on disk."""
    flat = {"beatmap_path": str(reference), "model_path": str(model), "output_path": str(output), **WILD, **options}
    return read_beatmap(generate(resolve(flat)).osu_path)


def reds(beatmap):
    return [(p.time_ms, p.beat_length_ms, p.meter) for p in beatmap.timing_points if p.uninherited]


def kiai(beatmap):
    timing = Timing(beatmap.timing_points)
    return [timing.kiai_at(OFFSET_MS + number * BEAT_MS / 2) for number in range(60)]


def silent(obj):
    plain = replace(obj, hitsound=0, sample=HitSample())
    return replace(plain, edges=[]) if isinstance(obj, Slider) else plain


@pytest.mark.parametrize("mode", MODES)
def test_given_timing_and_kiai_stay_to_the_millisecond(model, maps, tmp_path, mode):
    beatmap = made(model, maps[mode], tmp_path, in_context="[TIMING,KIAI]")
    given = reference_map(mode)
    assert reds(beatmap) == reds(given)
    assert kiai(beatmap) == kiai(given)
    assert beatmap.hit_objects
    assert [o.time_ms for o in beatmap.hit_objects] != [o.time_ms for o in given.hit_objects]


def test_red_lines_of_a_map_with_nothing_else_stay_as_they_are():
    """Volume and kiai of the map are green lines at their times."""
    given = [
        TimingPoint(708.0, 344.82758620689657, volume=60),
        TimingPoint(22087.31, 500.0, meter=3, sample_set=2, volume=70, effects=EFFECT_OMIT_BARLINE),
    ]
    first = replace(given[0], effects=EFFECT_KIAI)
    second = replace(given[1], time_ms=22087.0, volume=30)
    later = replace(second, time_ms=30000.0, beat_length_ms=-50.0, uninherited=False, volume=40)
    drawn = Beatmap(mode=GameMode.TAIKO, timing_points=[first, second, later], hit_objects=[Circle(30000.0, 0, 0)])
    scope = ScopeOptions(in_context=(ContextKind.TIMING,))
    lines = with_reference_parts(drawn, scope, Beatmap(timing_points=given)).timing_points
    assert [line for line in lines if line.uninherited] == given
    greens = [(line.time_ms, line.beat_length_ms, line.volume, line.kiai) for line in lines if not line.uninherited]
    assert greens == [(708.0, -100, 60, True), (22087.31, -100, 30, False), (30000.0, -50, 40, False)]
    busy = Beatmap(timing_points=given, hit_objects=[Circle(0.0, 0, 0)])
    assert len(with_reference_parts(drawn, scope, busy).timing_points) == 3, "a map's own lines say what its sounds are"


@pytest.mark.parametrize("mode", MODES)
def test_a_finished_map_gets_hit_sounds(model, maps, tmp_path, mode):
    beatmap, given = made(model, maps[mode], tmp_path, in_context="[NO_HS,TIMING,KIAI]"), reference_map(mode)
    assert [silent(obj) for obj in beatmap.hit_objects] == [silent(obj) for obj in given.hit_objects]
    assert [obj.hitsound for obj in beatmap.hit_objects] != [obj.hitsound for obj in given.hit_objects]
    assert beatmap.timing_points == given.timing_points
    assert (beatmap.metadata.version, beatmap.metadata.creator) == ("Mine", "someone")
    assert beatmap.difficulty == given.difficulty
    assert "ai-generated" in beatmap.metadata.tags


@pytest.mark.parametrize("mode", [GameMode.STANDARD, GameMode.CATCH, GameMode.MANIA])
def test_the_object_model_adds_hitsounds_in_a_part(maps, tmp_path, mode):
    part = {"in_context": "[NO_HS,TIMING,KIAI]", "start_time": 4_000, "end_time": 12_000}
    beatmap, given = made(BUNDLED_MODEL, maps[mode], tmp_path, **part), reference_map(mode)
    assert [silent(obj) for obj in beatmap.hit_objects] == [silent(obj) for obj in given.hit_objects]
    assert beatmap.timing_points == given.timing_points
    inside = [4_000 <= obj.time_ms < 12_000 for obj in given.hit_objects]
    pairs = list(zip(beatmap.hit_objects, given.hit_objects, inside, strict=True))
    assert all(new == old for new, old, is_new in pairs if not is_new)
    assert all(new.sample.normal_set for new, _, is_new in pairs if is_new)
    assert all(len(new.edges) == new.slides + 1 for new, _, is_new in pairs if is_new and isinstance(new, Slider))


def test_the_colours_of_taiko_stay(maps, tmp_path):
    flat = {
        "beatmap_path": str(maps[GameMode.TAIKO]),
        "output_path": str(tmp_path),
        "in_context": "[NO_HS,TIMING,KIAI]",
    }
    result = generate(resolve(flat | {"device": "cpu"}))
    assert result.warnings == [COLOURS_STAY]
    assert read_beatmap(result.osu_path).hit_objects == reference_map(GameMode.TAIKO).hit_objects


@pytest.mark.parametrize("mode", [GameMode.STANDARD, GameMode.MANIA])
@pytest.mark.parametrize("in_context", ["[GD,TIMING,KIAI]", "[GD]"])
def test_a_guest_difficulty(model, maps, tmp_path, mode, in_context):
    beatmap = made(model, maps[mode], tmp_path, in_context=in_context, difficulty=5)
    assert beatmap.hit_objects
    assert (reds(beatmap) == reds(reference_map(mode))) == ("TIMING" in in_context)


@pytest.mark.parametrize("mode", MODES)
def test_objects_keep_their_places_and_lengths_on_new_timing(model, maps, tmp_path, mode):
    given, beatmap = reference_map(mode), made(model, maps[mode], tmp_path, in_context="[MAP]")
    assert beatmap.hit_objects == given.hit_objects
    before, after = Timing(given.timing_points), Timing(beatmap.timing_points)
    for obj in given.hit_objects:
        old_ms = end_time_ms(obj, before, given.difficulty)
        # Velocities have a range, which a random tempo may leave.
        if obj.time_ms >= after.reds[0].time_ms and 0.1 < after.sv_at(obj.time_ms) < 10:
            assert end_time_ms(obj, after, beatmap.difficulty) == pytest.approx(old_ms, abs=0.01)


@pytest.mark.parametrize("output", ["[KIAI]", "[SV]"])
def test_one_part_for_a_finished_map(model, maps, tmp_path, output):
    given = reference_map(GameMode.MANIA)
    context = "[TIMING,MAP]" if output == "[KIAI]" else "[TIMING,KIAI,MAP]"
    beatmap = made(model, maps[GameMode.MANIA], tmp_path, in_context=context, output_type=output)
    assert beatmap.hit_objects == given.hit_objects
    assert reds(beatmap) == reds(given)
    if output == "[SV]":
        assert kiai(beatmap) == kiai(given)
    else:
        before, after = Timing(given.timing_points), Timing(beatmap.timing_points)
        assert all(after.sv_at(o.time_ms) == before.sv_at(o.time_ms) for o in given.hit_objects)


@pytest.mark.parametrize(("wanted", "changes"), [(None, 0), (0.3, 5), (0, 0)])
def test_a_map_model_gives_a_finished_map_scroll_speeds(maps, tmp_path, wanted, changes):
    given = reference_map(GameMode.MANIA)
    parts = {"in_context": "[TIMING,KIAI,MAP]", "output_type": "[SV]", "scroll_speed_ratio": wanted}
    beatmap = made(BUNDLED_MODEL, maps[GameMode.MANIA], tmp_path, **parts)
    assert (beatmap.hit_objects, reds(beatmap), kiai(beatmap)) == (given.hit_objects, reds(given), kiai(given))
    assert round(scroll_speed_ratio(beatmap) * len(given.hit_objects)) == changes
    assert all(0.5 <= line.sv_multiplier <= 2 for line in beatmap.timing_points)
    others = made(BUNDLED_MODEL, maps[GameMode.MANIA], tmp_path, in_context="[TIMING,MAP]")
    assert scroll_speed_ratio(others) == scroll_speed_ratio(given), "scroll speeds that nobody asks for stay"


@pytest.mark.parametrize(
    ("given", "output"),
    [("[NONE]", "[TIMING,KIAI]"), ("[TIMING]", "[KIAI]"), ("[NONE]", "[TIMING,MAP]"), ("[TIMING]", "[MAP,SV]")],
)
def test_parts_that_nobody_asks_for_are_left_out(model, maps, tmp_path, given, output):
    beatmap = made(model, maps[GameMode.MANIA], tmp_path, in_context=given, output_type=output)
    assert bool(beatmap.hit_objects) == ("MAP" in output)
    assert Timing(beatmap.timing_points).reds
    if "KIAI" not in output:
        assert not any(line.kiai for line in beatmap.timing_points)
    if given == "[TIMING]":
        assert reds(beatmap) == reds(reference_map(GameMode.MANIA))


def test_what_a_model_was_not_trained_for_is_one_sentence(maps, tmp_path):
    lesser = make_model(tmp_path / "lesser", without=(ContextKind.NO_HS,))
    with pytest.raises(RequestError) as error:
        made(lesser, maps[GameMode.STANDARD], tmp_path / "out", in_context="[NO_HS,TIMING,KIAI]")
    assert str(error.value) == (
        "mini was not trained for NO_HS in in_context; it was trained for [NONE], [TIMING], [TIMING,KIAI], "
        "[MAP], [GD,TIMING,KIAI]."
    )
    assert not (tmp_path / "out").exists()
    check_trained(ScopeOptions(in_context=(ContextKind.NO_HS, ContextKind.GD)), mini_spec())


def test_a_map_that_stays_keeps_its_mode(model, maps, tmp_path):
    with pytest.raises(RequestError, match="gamemode is 1, but the map of beatmap_path, whose objects stay, has 0"):
        made(model, maps[GameMode.STANDARD], tmp_path, in_context="[NO_HS]", gamemode=1)


def test_a_reference_says_how_hard_its_map_is() -> None:
    given = reference_map(GameMode.STANDARD)
    asked = {"beatmap_path": "maps/map.osu", "gamemode": 0, "in_context": "[TIMING]"}
    like = fill_from_reference(resolve(asked), given)
    assert (like.settings.approach_rate, like.settings.circle_size) == (6.5, 4.0)
    assert like.map.difficulty == pytest.approx(1.0, abs=1.0)
    other = fill_from_reference(resolve({**asked, "difficulty": 5}), given)
    assert (other.settings.approach_rate, other.map.difficulty) == (None, 5.0)
    kept = fill_from_reference(resolve({**asked, "difficulty": 5, "add_to_beatmap": "true"}), given)
    assert (kept.settings.approach_rate, kept.map.version) == (6.5, "Mine")
    assert str(resolve(asked).output.output_path) == "maps"


def test_kiai_that_nothing_ends_is_given_as_it_is():
    given = reference_map(GameMode.STANDARD)
    given.timing_points = given.timing_points[:3]
    lines = with_kiai_of([line for line in given.timing_points if line.uninherited], given)
    assert kiai(replace(given, timing_points=lines)) == kiai(given)
