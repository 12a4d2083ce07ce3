"""Metrics of single charts against literal values."""

import math
from dataclasses import replace

import pytest

from evaluation.charts import Case, MeasuredChart, excerpt
from evaluation.metrics import GROUPS, METRICS, values_of
from evaluation.metrics.repetition import pattern_symbols, returns, rhythm_symbols
from osu_beatmap.beatmap import Beatmap, Break, Circle, GameMode, HitObject, HitSound, HoldNote, Spinner, TimingPoint
from tests.evaluation.metric_definitions import definitions_markdown
from tests.evaluation.probe_maps import chart_of, write_song
from tests.source_files import REPO_ROOT
from tests.support.finish_drafts import draft_of


def chart(*objects: HitObject, mode: GameMode = GameMode.STANDARD, **more) -> MeasuredChart:
    return MeasuredChart(replace(draft_of(*objects, mode=mode), **more))


def values(generated: MeasuredChart, human: MeasuredChart | None = None) -> dict[str, float]:
    return values_of(Case(generated, human))


def circles(*times_ms: float) -> list[Circle]:
    return [Circle(time_ms, 0.0, 0.0) for time_ms in times_ms]


def test_density_streams_and_jumps():
    played = chart(*circles(0, 1000, 6000, 7000), breaks=[Break(1200.0, 5200.0)])
    assert values(played)["density"] == pytest.approx(4 / 3)
    assert values(chart(*circles(500)))["density"] == 1.0
    four, five = [0, 100, 200, 300], [1000, 1100, 1200, 1300, 1400]
    assert values(chart(*circles(*four)))["stream_share"] == 0.0
    assert values(chart(*circles(*five, 3000)))["stream_share"] == pytest.approx(5 / 6)
    assert values(chart(*circles(*four, *five)))["stream_share"] == pytest.approx(5 / 9)
    assert values(chart(*circles(0, 60, 160, 220, 320, 380)))["stream_share"] == 0.0
    wide = [Circle(0.0, 0.0, 0.0), Circle(300.0, 200.0, 0.0), Circle(900.0, 0.0, 0.0), Circle(1200.0, 100.0, 0.0)]
    # Two diameters of circle size 4 are 146 px; the second movement is far, but takes 600 ms.
    assert values(chart(*wide))["jump_share"] == pytest.approx(1 / 3)


def test_jacks_chords_sounds_and_combos():
    notes = [Circle(0.0, 64.0, 0.0), Circle(0.0, 192.0, 0.0), Circle(200.0, 64.0, 0.0), HoldNote(400.0, 320.0, 0.0)]
    found = values(chart(*notes, mode=GameMode.MANIA))
    assert found["jack_share"] == pytest.approx(1 / 2)
    assert found["long_share"] == 0.25
    objects = [Circle(0.0, 0.0, 0.0, new_combo=True, hitsound=HitSound.CLAP), *circles(500, 1000)]
    objects += [Circle(1500.0, 0.0, 0.0, new_combo=True), Spinner(2000.0, 256.0, 192.0, end_ms=4000.0)]
    found = values(chart(*objects))
    assert found["hit_sound_share"] == 0.2
    assert found["combo_length"] == pytest.approx(5 / 3)
    notes = [Circle(0.0, 0.0, 0.0), Circle(250.0, 0.0, 0.0, hitsound=HitSound.CLAP), Circle(500.0, 0.0, 0.0)]
    assert values(chart(*notes, mode=GameMode.TAIKO))["colour_change_share"] == 1.0


def test_errors_are_distances_from_the_request_and_need_a_human():
    human, generated = chart(*circles(0, 500, 1000)), chart(*circles(0, 500, 1000))
    generated.beatmap.difficulty.circle_size = 5.5
    found = values(MeasuredChart(generated.beatmap), human)
    assert (found["circle_size_error"], found["star_error"] < 0.1) == (1.5, True)
    assert math.isnan(values(human)["circle_size_error"])
    found = values(chart(*circles(0, 500, 1000)))
    assert all(math.isnan(found[name]) for name in ("f1_30ms", "tempo_right", "star_error", "gap_distance"))
    assert found["on_grid"] == 1.0


def test_metrics_never_raise_on_next_to_nothing():
    for mode in GameMode:
        for objects in ((), circles(1000), [Spinner(1000.0, 256.0, 192.0, end_ms=2000.0)]):
            generated = chart(*objects, mode=mode)
            values(generated, chart(*circles(0, 1000), mode=mode))
            values(MeasuredChart(Beatmap(mode=mode, hit_objects=list(objects))))


@pytest.mark.parametrize("mode", list(GameMode))
def test_charting_that_returns_with_the_music_is_told_from_charting_that_does_not(tmp_path, mode):
    faithful = chart_of(mode, 1, write_song(tmp_path, 1))
    assert returns(Case(faithful), rhythm_symbols) > 0.97
    assert returns(Case(faithful), pattern_symbols) > 0.97
    deaf = MeasuredChart(chart_of(mode, 2).beatmap)
    deaf.beatmap.hit_objects = [
        Circle(obj.time_ms * 7 % 50_000, 64.0 + 128.0 * (number % 4), 192.0, hitsound=8 * (number % 3 == 0))
        for number, obj in enumerate(deaf.beatmap.hit_objects)
    ]
    deaf.beatmap.hit_objects.sort(key=lambda obj: obj.time_ms)
    assert 0.3 < returns(Case(MeasuredChart(deaf.beatmap), faithful), rhythm_symbols) < 0.75


def test_repetition_needs_a_song_and_some_bars(tmp_path):
    assert math.isnan(returns(Case(chart_of(GameMode.MANIA, 1)), rhythm_symbols))
    short = excerpt(chart_of(GameMode.MANIA, 1).beatmap, 0.0, 15_000.0)
    assert math.isnan(returns(Case(MeasuredChart(short, "", write_song(tmp_path, 1))), rhythm_symbols))


def test_an_excerpt_keeps_what_holds_at_its_start():
    beatmap = chart(*circles(0, 1000, 2000, 2900), HoldNote(2000.0, 0.0, 0.0, end_ms=9000.0)).beatmap
    beatmap.timing_points.append(TimingPoint(2500.0, -50.0, uninherited=False))
    cut = excerpt(beatmap, 1000.0, 3000.0)
    assert [obj.time_ms for obj in cut.hit_objects] == [1000, 2000]
    assert [line.time_ms for line in cut.timing_points] == [0.0, 2500.0]
    assert len(beatmap.hit_objects) == 5


def test_names_are_unique_and_the_documentation_holds_every_definition():
    assert len(METRICS) == sum(map(len, GROUPS.values()))
    text = (REPO_ROOT / "docs" / "evaluation.md").read_text(encoding="utf-8")
    assert definitions_markdown() in text
