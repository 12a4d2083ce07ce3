"""What a chart is made from: prompts as training lays them out, parts of a song, sounds for a finished map."""

from dataclasses import replace

import numpy as np
import pytest
from contexts_model import SONG_MS, contexts_spec, song_writer

from osu_beatmap.attributes import attributes_of
from osu_beatmap.beatmap import GameMode, HitSample, Slider
from osu_beatmap.timing.active_point import Timing
from osuT5.dataset.options import BatchOptions
from osuT5.dataset.row_builder import Cut, RowWriter
from osuT5.dataset.token_stream import TokenStream
from osuT5.dataset.training_songs import Chart, TrainingSong
from osuT5.encoding import encode_context
from osuT5.encoding.hitsound_merge import with_sounds
from osuT5.generation.chart_state import ChartState, ContextInput, groups_between
from osuT5.generation.hitsounds import SOUND_KINDS, write_sounds
from osuT5.generation.sampling.sampler import Sampling
from osuT5.tokens.events import ContextKind
from tests.osuT5.dataset.training_songs import NOTHING_VARIED
from tests.support.reference_songs import reference_map

SPEC = contexts_spec()
C = ContextKind


@pytest.fixture(scope="module")
def writer():
    return song_writer(SPEC)


def groups_of(beatmap, context, spec=SPEC):
    return encode_context(beatmap, context, spec.encoding, SONG_MS)


def training_chart(beatmap, stars) -> Chart:
    contexts = (*SPEC.contexts_of(beatmap.mode), C.NO_HS)
    streams = {c: TokenStream.of(groups_of(beatmap, c), SPEC.vocabulary) for c in contexts}
    return Chart(f"{stars} stars", attributes_of(beatmap, stars), streams, np.array([]))


@pytest.mark.parametrize(
    ("template", "in_place", "inputs"),
    [
        ("none", [], []),
        ("timing, kiai", [C.TIMING, C.KIAI], []),
        ("no_hs, timing, kiai", [C.TIMING, C.KIAI], [C.NO_HS]),
        ("gd, timing, kiai", [C.TIMING, C.KIAI], [C.GD]),
        ("no_hs, gd", [], [C.NO_HS, C.GD]),
    ],
)
@pytest.mark.parametrize("mode", [GameMode.STANDARD, GameMode.MANIA])
def test_the_prompt_is_a_prefix_of_what_training_renders(writer, mode, template, in_place, inputs):
    own, other = reference_map(mode), reference_map(mode)
    other.hit_objects = other.hit_objects[::2]
    window = writer.windows[3]
    song = TrainingSong(
        "song", np.zeros((1, 1)), SONG_MS, [training_chart(own, 3.0), training_chart(other, 5.0)], *[()] * 2
    )
    rows = RowWriter(SPEC, BatchOptions(contexts={template: 1}, max_tokens=4096), NOTHING_VARIED)
    ids, _ = rows.row(Cut(song, window.start_frame), song.charts[0], np.random.default_rng(0))
    given = {
        C.NO_HS: ContextInput(C.NO_HS, groups_of(own, C.NO_HS)),
        C.GD: ContextInput(C.GD, groups_of(other, C.MAP), attributes_of(other, 5.0)),
    }
    chart = ChartState(
        attributes_of(own, 3.0),
        seed=1,
        contexts={context: groups_of(own, context) for context in (C.TIMING, C.KIAI)},
        inputs=tuple(given[context] for context in inputs),
    )
    written = groups_of(own, C.MAP)
    row = writer.row(window, C.MAP, chart, list(groups_between(written, 0.0, window.from_ms)))
    assert row.prompt_ids == ids[: len(row.prompt_ids)].tolist()
    assert len(row.prompt_ids) > 20


def test_inputs_give_way_where_there_is_no_room(writer):
    chart = ChartState(attributes_of(reference_map(GameMode.STANDARD), 3.0), 1)
    row = writer.row(writer.windows[3], C.MAP, chart, [])
    crowd = ContextInput(C.NO_HS, groups_of(reference_map(GameMode.STANDARD), C.NO_HS) * 200)
    crowd = replace(crowd, groups=sorted(crowd.groups, key=lambda group: group.time_ms))
    crowded = writer.row(writer.windows[3], C.MAP, replace(chart, inputs=(crowd,)), [])
    limit = 0.75 * writer.model.config.max_target_positions
    assert len(row.prompt_ids) < len(crowded.prompt_ids) <= limit
    assert crowded.prompt_ids[0] == SPEC.vocabulary.context_sos(C.NO_HS)


def test_a_part_of_a_song_is_written_after_what_is_before_it(writer):
    whole = groups_of(reference_map(GameMode.TAIKO), C.MAP)
    chart = ChartState(attributes_of(reference_map(GameMode.TAIKO), 3.0), 4)
    chart.begun = {C.MAP: groups_between(whole, 0.0, 8_000.0)}
    part = writer.select_part(8_000.0, 11_000.0)
    assert part.windows[0].from_ms == 8_000.0
    assert part.windows[-1].to_ms == 11_000.0
    (groups,) = part.write_context(C.MAP, [chart], Sampling(temperature=2.0, top_p=1.0))
    before = len(chart.begun[C.MAP])
    assert groups[:before] == chart.begun[C.MAP]
    assert all(8_000.0 <= group.time_ms < 11_000.0 + SPEC.grid.time_step_ms for group in groups[before:])
    assert len(groups) > before


@pytest.mark.parametrize("mode", list(GameMode))
@pytest.mark.parametrize("volumes", [False, True])
def test_a_finished_map_gets_sounds_and_nothing_else(mode, volumes):
    spec = contexts_spec(volumes)
    writer, beatmap = song_writer(spec), reference_map(mode)
    groups = groups_of(beatmap, C.MAP, spec)
    chart = ChartState(
        attributes_of(beatmap, 3.0), 1, inputs=(ContextInput(C.NO_HS, groups_of(beatmap, C.NO_HS, spec)),)
    )
    sounding = write_sounds(writer, chart, groups, Sampling(temperature=2.0, top_p=1.0))
    assert without_sounds(sounding) == without_sounds(groups)
    assert sounding != groups
    made = with_sounds(beatmap, sounding, spec.encoding)
    assert [silent(obj) for obj in made.hit_objects] == [silent(obj) for obj in beatmap.hit_objects]
    assert [obj.hitsound for obj in made.hit_objects] != [obj.hitsound for obj in beatmap.hit_objects]
    assert groups_of(made, C.NO_HS, spec) == groups_of(beatmap, C.NO_HS, spec)
    reds = [line for line in made.timing_points if line.uninherited]
    assert reds == [line for line in beatmap.timing_points if line.uninherited]
    before, after = Timing(beatmap.timing_points), Timing(made.timing_points)
    for obj in beatmap.hit_objects:
        assert after.sv_at(obj.time_ms) == before.sv_at(obj.time_ms)
        assert after.kiai_at(obj.time_ms) == before.kiai_at(obj.time_ms)
    if not volumes:
        assert made.timing_points == beatmap.timing_points


def test_sounds_of_a_part_leave_the_others(writer):
    beatmap = reference_map(GameMode.STANDARD)
    groups = groups_of(beatmap, C.MAP)
    chart = ChartState(attributes_of(beatmap, 3.0), 1, inputs=(ContextInput(C.NO_HS, groups_of(beatmap, C.NO_HS)),))
    hot = Sampling(temperature=2.0, top_p=1.0)
    sounding = write_sounds(writer.select_part(6_000.0, 9_000.0), chart, groups, hot, 6_000.0, 9_000.0)
    changed = [group.time_ms for group, before in zip(sounding, groups, strict=True) if group != before]
    assert changed
    assert all(6_000.0 <= time_ms < 9_000.0 for time_ms in changed)


def without_sounds(groups):
    return [(g.time_ms, [event for event in g.events if event.kind not in SOUND_KINDS]) for g in groups]


def silent(obj):
    """All of an object but its hit sound fields."""
    plain = replace(obj, hitsound=0, sample=HitSample())
    return replace(plain, edges=[]) if isinstance(obj, Slider) else plain
