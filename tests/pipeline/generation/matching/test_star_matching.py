"""Maps come out as hard as was asked for: thinning, hold notes, and charts that are tried side by side."""

from dataclasses import replace
from itertools import pairwise

import pytest

from osu_beatmap.attributes import hold_note_ratio, scroll_speed_ratio
from osu_beatmap.beatmap import Beatmap, Circle, GameMode, HoldNote, TimingPoint
from osu_beatmap.star_rating import star_rating
from osu_beatmap.timing.active_point import Timing
from osuT5.encoding import AssemblyReport
from osuT5.generation.chart_state import ChartState
from osuT5.generation.window_schedule import GenerationReport
from osuT5.tokens.contract import mini_spec
from osuT5.tokens.encoding_spec import MINI_ENCODING
from pipeline.generation.chart import Draft, PreparedChart, prepare_chart
from pipeline.generation.conditions import conditions_of
from pipeline.generation.generate import generate_map, method_of
from pipeline.generation.mapset import wish_like
from pipeline.generation.matching import star_matching as difficulty_matching
from pipeline.generation.matching.density import thinning_order, without
from pipeline.generation.matching.hold_notes import with_hold_note_ratio
from pipeline.generation.matching.star_matching import (
    StarTarget,
    beyond_training,
    match_star_ratings,
    next_condition,
    write_parts_before_map,
)
from pipeline.request.resolve import resolve
from tests.support.finish_drafts import draft_of
from tests.support.reference_songs import BEAT_MS, OFFSET_MS, RANDOM_TIMES, make_mapset, reference_map

SONG_MS = 30_000.0
STEP_MS = BEAT_MS / 4


def dense_map(mode: GameMode = GameMode.STANDARD) -> Beatmap:
    """A note on every quarter of a beat, in mania on all four columns in turn."""
    notes = [
        Circle(OFFSET_MS + number * STEP_MS, 64.0 + 128 * (number % 4), 192.0)
        for number in range(int((SONG_MS - 2_000) / STEP_MS))
    ]
    return draft_of(*notes, mode=mode, lines=(TimingPoint(OFFSET_MS, BEAT_MS),))


def test_objects_on_fine_ticks_of_hard_sections_go_first():
    """Quarters for 14 s, then half beats."""
    notes = dense_map().hit_objects
    half_ms = notes[len(notes) // 2].time_ms
    easy = [note for number, note in enumerate(notes) if note.time_ms < half_ms or number % 2 == 0]
    beatmap = replace(dense_map(), hit_objects=easy)
    timing = Timing(beatmap.timing_points)
    gone = [beatmap.hit_objects[index] for index in thinning_order(beatmap)]
    tenth = gone[: len(easy) // 10]
    assert all(note.time_ms < half_ms + 500 and timing.best_divisor(note.time_ms) == 4 for note in tenth)
    assert len(gone) == int(0.9 * len(easy))
    kept = [note.time_ms for note in without(beatmap, thinning_order(beatmap)[: len(tenth)]).hit_objects]
    assert len(kept) == len(easy) - len(tenth)
    assert max(later - earlier for earlier, later in pairwise(kept)) == pytest.approx(2 * STEP_MS)


@pytest.mark.parametrize("ratio", [0.0, 0.1, 0.3, 0.7])
def test_as_many_hold_notes_as_were_asked_for(ratio):
    beatmap = dense_map(GameMode.MANIA)
    some = with_hold_note_ratio(beatmap, 0.5)
    assert hold_note_ratio(some) == pytest.approx(0.5, abs=0.01)
    changed = with_hold_note_ratio(some, ratio)
    assert hold_note_ratio(changed) == pytest.approx(ratio, abs=0.01)
    ends_ms: dict[float, float] = {}
    for obj in changed.hit_objects:
        assert obj.time_ms - ends_ms.get(obj.x, -1000.0) >= 30
        ends_ms[obj.x] = obj.end_ms if isinstance(obj, HoldNote) else obj.time_ms


def test_only_notes_with_room_become_hold_notes():
    notes = [Circle(OFFSET_MS + number * STEP_MS, 64.0, 192.0) for number in range(20)]
    beatmap = draft_of(*notes, mode=GameMode.MANIA, lines=(TimingPoint(OFFSET_MS, BEAT_MS),))
    assert hold_note_ratio(with_hold_note_ratio(beatmap, 1.0)) == 0.0


def wish_for(beatmap: Beatmap, monkeypatch, told: list[ChartState] | None = None, later=None, **options) -> StarTarget:
    """Return a target whose charts all become one map.

    Those after the first become `later` if it is given. The charts are added to `told`.
    """
    told = [] if told is None else told
    request = resolve({"audio_path": "a.mp3", "gamemode": int(beatmap.mode), "generate_positions": "false", **options})
    settings = request.difficulty_settings(4.0)
    chart = ChartState(conditions_of(request, settings, MINI_ENCODING), 1)
    draft = Draft(
        beatmap, chart.attributes, "mini", mini_spec().encoding, SONG_MS, GenerationReport(), AssemblyReport()
    )
    following = draft if later is None else replace(draft, beatmap=later)
    monkeypatch.setattr(
        PreparedChart, "draft", lambda self: told.append(self.chart) or (draft if len(told) == 1 else following)
    )
    monkeypatch.setattr(difficulty_matching, "write_charts", lambda writer, charts, sampling: None)
    wish = StarTarget(request, PreparedChart(None, chart, beatmap.timing_points, settings, RANDOM_TIMES))
    match_star_ratings([wish])
    return wish


@pytest.mark.parametrize("mode", list(GameMode))
def test_a_map_that_is_too_hard_is_thinned(mode, monkeypatch):
    beatmap = dense_map(mode)
    hardest = star_rating(beatmap)
    for share in (0.8, 0.6):
        wish = wish_for(beatmap, monkeypatch, difficulty=hardest * share)
        assert wish.best.error(hardest * share) <= 0.2
        assert wish.best.error(hardest * share) < wish.first.error(hardest * share)


def test_settings_that_were_given_stay_and_hold_notes_are_exact(monkeypatch):
    wish = wish_for(dense_map(), monkeypatch, difficulty=2, approach_rate=9.3, overall_difficulty=1.1)
    assert wish.best.beatmap.difficulty.approach_rate == 9.3
    assert wish.best.beatmap.difficulty.overall_difficulty == 1.1
    wish = wish_for(dense_map(GameMode.MANIA), monkeypatch, difficulty=2, hold_note_ratio=0.2, keycount=4)
    assert hold_note_ratio(wish.best.beatmap) == pytest.approx(0.2, abs=0.03)
    assert wish.best.beatmap.key_count == 4


@pytest.mark.parametrize("mode", [GameMode.TAIKO, GameMode.MANIA])
@pytest.mark.parametrize("ratio", [0.0, 0.1, 0.3])
def test_changes_of_the_scroll_speed_are_met_too(mode, ratio, monkeypatch):
    wish = wish_for(dense_map(mode), monkeypatch, difficulty=2, scroll_speed_ratio=ratio)
    assert scroll_speed_ratio(wish.best.beatmap) == pytest.approx(ratio, abs=0.03)
    assert wish.best.error(2.0) <= 0.2


@pytest.mark.parametrize("attempts", [1, 2, 3])
def test_a_chart_without_objects_is_generated_again(monkeypatch, attempts):
    told: list[ChartState] = []
    assert wish_for(Beatmap(), monkeypatch, told, difficulty=9, difficulty_attempts=attempts).best is None
    assert len(told) == attempts
    assert told[0].attributes.difficulty == 9


@pytest.mark.parametrize(
    ("tried", "following"),
    [
        ([], 4.0),
        ([(4.0, 3.5)], 4.6),  # half a star more, and a tenth to be thinned
        ([(4.0, 4.9)], 4.0 - 0.8 / 0.7),  # far off, a star of condition adds less
        ([(4.0, 3.0), (5.1, 3.55)], 5.1 + 0.55 / 0.5),  # a star of condition adds half a star
        ([(4.0, 3.0), (5.1, 3.0)], 5.1 + 1.1 / 0.3),
        ([(11.0, 1.0)], 11.9),
    ],
)
def test_the_next_condition_makes_up_for_the_miss(tried, following):
    assert next_condition(tried, 4.0) == pytest.approx(following)


def test_a_map_that_is_much_too_hard_is_generated_again_before_it_is_thinned(monkeypatch):
    told: list[ChartState] = []
    beatmap = dense_map()
    wanted = star_rating(beatmap) - 1.0
    wish = wish_for(beatmap, monkeypatch, told, difficulty=wanted)
    stars = [chart.attributes.difficulty for chart in told]
    assert len(stars) == 3
    assert stars == sorted(stars, reverse=True)
    assert 1.0 == told[0].spacing > told[1].spacing > told[2].spacing  # and its objects are nearer to each other
    assert wish.best.error(wanted) <= 0.2


def test_a_chart_that_was_too_hard_is_thinned_if_the_others_are_too_easy(monkeypatch):
    hard, easy = dense_map(), draft_of(*dense_map().hit_objects[::8], lines=(TimingPoint(OFFSET_MS, BEAT_MS),))
    wanted = star_rating(hard) - 1.0
    wish = wish_for(hard, monkeypatch, later=easy, difficulty=wanted)
    assert wish.tried[-1][1] < wanted - 0.2
    assert wish.best.error(wanted) <= 0.2


def test_without_matching_there_is_one_chart_and_beyond_training_a_warning():
    asked = {"audio_path": "a.mp3", "difficulty": 3}
    assert method_of(resolve({**asked, "match_difficulty": "false"})) is generate_map
    assert method_of(resolve(asked)) is difficulty_matching.generate_matched_map
    assert method_of(resolve({"audio_path": "a.mp3"})) is generate_map
    for option in ({"hold_note_ratio": 0.2, "gamemode": 3}, {"scroll_speed_ratio": 0.1, "gamemode": 1}):
        assert method_of(resolve({"audio_path": "a.mp3", **option})) is difficulty_matching.generate_matched_map
    assert not beyond_training(GameMode.STANDARD, 5.0)
    assert "outside the training data" in beyond_training(GameMode.TAIKO, 9.0)[0]


def test_wishes_together_are_met_as_each_alone(tmp_path, model, random_times):
    """What a seed gives does not depend on what is written beside it; the first chart is that without matching."""
    path = make_mapset(tmp_path / "set", GameMode.TAIKO)
    audio = path.with_name("audio.ogg")
    flat = {"audio_path": str(audio), "gamemode": 1, "seed": 3, "model_path": str(model), "device": "cpu"}
    wild = {"lookback": 0.2, "lookahead": 0.2, "difficulty_attempts": 1}
    request = resolve({**flat, **wild, "beatmap_path": str(path), "in_context": "[TIMING,KIAI]"})
    begun = prepare_chart(request, reference_map(GameMode.TAIKO), 3)
    write_parts_before_map(begun)

    def met(*stars: float) -> list[StarTarget]:
        wishes = [wish_like(request, begun, each) for each in stars]
        match_star_ratings(wishes)
        return wishes

    together = met(2.0, 5.0)
    for wish in together:
        (alone,) = met(wish.wanted)
        assert alone.first.beatmap == wish.first.beatmap
        assert alone.best.beatmap == wish.best.beatmap
