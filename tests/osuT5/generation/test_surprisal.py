"""Teacher-forced scores of a tiny random model: what holds whatever the model says."""

import math
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
import torch
from contexts_model import SONG_MS, song_writer

from osu_beatmap.attributes import Attributes
from osu_beatmap.beatmap import Circle, GameMode
from osuT5.encoding import encode_context
from osuT5.encoding.context import trace_objects
from osuT5.generation.chart_state import ChartState, groups_between
from osuT5.generation.surprisal import ContextScorer
from osuT5.generation.token_scores import Surprisal, TokenScorer, sound_answers
from osuT5.generation.window_schedule import SongGenerator
from osuT5.tokens.contract import mini_spec
from osuT5.tokens.events import ContextKind, EventKind
from tests.support.review_maps import regular_map, slider

SPEC = mini_spec()


@pytest.fixture(scope="module")
def writer() -> SongGenerator:
    return song_writer(SPEC, max_target_positions=512)


def chart_of(mode=GameMode.STANDARD) -> ChartState:
    beatmap = regular_map(mode, beats=40)
    if mode is GameMode.STANDARD:
        beatmap.hit_objects[7] = slider(beatmap.hit_objects[7].time_ms, 70.0, slides=2)
    contexts = {c: encode_context(beatmap, c, SPEC.encoding, SONG_MS) for c in SPEC.contexts_of(mode)}
    return ChartState(Attributes(mode, difficulty=3.0), 0, contexts)


@pytest.mark.parametrize("mode", list(GameMode))
def test_every_event_is_scored_once(writer, mode):
    chart = chart_of(mode)
    for context, groups in chart.contexts.items():
        scored = ContextScorer(writer, chart, context).score()
        asked = Counter((event.group, event.place) for event in scored.events)
        assert asked == Counter((n, p) for n, group in enumerate(groups) for p in range(len(group.events)))
        assert all(event.event == groups[event.group].events[event.place] for event in scored.events)


def test_surprisal_is_that_of_the_model_after_generations_own_prompt(writer):
    chart = chart_of()
    scorer = ContextScorer(writer, chart, ContextKind.MAP)
    groups = chart.contexts[ContextKind.MAP]
    window = writer.windows[9]
    own = groups_between(groups, window.from_ms, window.to_ms)
    number = groups.index(own[0])
    row = writer.row(window, ContextKind.MAP, chart, groups_between(groups, -math.inf, window.from_ms))
    ids = [*row.prompt_ids, *SPEC.text.ids_of(own[:1], window.start_ms)]
    with torch.inference_mode():
        logits = writer.model(
            encoder_states=writer.encoder_states[window.index][None],
            decoder_input_ids=torch.tensor([ids]),
            mode_ids=torch.tensor([0]),
        ).logits[0]
    first = len(row.prompt_ids)
    times = SPEC.vocabulary.ids_of(EventKind.TIME)
    logits = logits.clone()
    logits[:, times.start : times.start + row.first_value] = -math.inf  # earlier windows have decided those
    chances = logits.softmax(-1)[range(first - 1, len(ids) - 1), ids[first:]]
    expected = -torch.log2(chances)
    scored = {event.place: event for event in scorer.score().events if event.group == number}
    ours = [scored[place].token.bits for place in range(len(own[0].events))]
    assert ours == pytest.approx(expected.tolist(), abs=1e-3)


def test_chances_of_kinds_sum_to_one_and_times_respect_what_is_decided(writer):
    scored = ContextScorer(writer, chart_of(), ContextKind.MAP).score()
    for event in scored.events:
        assert sum(event.kinds.values()) == pytest.approx(1.0, abs=1e-3)
        assert event.token.bits >= -1e-4
        assert (event.time is not None) == (event.event.kind is EventKind.TIME)
    for event in [event for event in scored.events if event.time]:
        assert event.time.likeliest_ms >= -writer.spec.grid.time_step_ms
        assert event.time.presence.bits >= 0


def test_a_span_is_scored_alone_and_alike(writer):
    chart = chart_of()
    whole = ContextScorer(writer, chart, ContextKind.MAP).score()
    part = ContextScorer(writer, chart, ContextKind.MAP).score(8_000.0, 9_000.0)
    known = {(event.group, event.place): event.token.bits for event in whole.events}
    assert 0 < len(part.events) < len(whole.events)
    for event in part.events:
        assert event.token.bits == pytest.approx(known[event.group, event.place], abs=1e-3)


def test_silence_is_told_by_the_group_that_ends_it(writer):
    beatmap = regular_map(beats=40)
    del beatmap.hit_objects[10:20]
    contexts = {c: encode_context(beatmap, c, SPEC.encoding, SONG_MS) for c in SPEC.contexts_of(beatmap.mode)}
    chart = ChartState(Attributes(beatmap.mode), 0, contexts)
    scored = ContextScorer(writer, chart, ContextKind.MAP).score()
    silent = scored.absences[10]
    assert len(silent) >= 3, "several windows decide nothing in four seconds"
    start_ms, end_ms = contexts[ContextKind.MAP][9].time_ms, contexts[ContextKind.MAP][10].time_ms
    assert all(start_ms - 40 <= absence.time_ms <= end_ms and absence.bits >= 0 for absence in silent)


def test_groups_know_their_objects():
    beatmap = regular_map(beats=10)
    beatmap.hit_objects[4] = slider(beatmap.hit_objects[4].time_ms, 70.0)
    traced = trace_objects(beatmap, SPEC.encoding, SONG_MS)
    assert [group for group, _ in traced] == encode_context(beatmap, ContextKind.MAP, SPEC.encoding, SONG_MS)
    assert Counter(origin for _, origin in traced) == Counter(dict.fromkeys(range(10), 1) | {4: 3})
    assert isinstance(beatmap.hit_objects[traced[0][1]], Circle)


def test_relative_surprisal_has_a_floor_and_hit_sounds_are_additions_and_banks():
    assert Surprisal(6.0, 3.0).relative == 2.0
    assert Surprisal(6.0, 0.01).relative == 6.0
    assert Surprisal(1.0, 2.0) + Surprisal(3.0, 4.0) == Surprisal(4.0, 6.0)
    chances = np.zeros(73)
    chances[4 + 8 * 4], chances[0] = 0.75, 0.25
    additions, banks = sound_answers(chances, 4)
    assert (additions.likeliest, banks.likeliest) == (4, 4)
    assert additions.surprise.bits == pytest.approx(-math.log2(0.75))
    assert banks.surprise.bits == pytest.approx(2.0)


def test_neighbouring_values_count_as_one():
    vocabulary = SPEC.vocabulary
    scorer = TokenScorer(SPEC)
    logits = torch.full((1, vocabulary.size_out), -30.0)
    times = vocabulary.ids_of(EventKind.TIME)
    logits[0, times.start + 50] = 10.0
    near = scorer.score(logits.clone(), torch.tensor([times.start + 52]), torch.tensor([0]))
    far = scorer.score(logits.clone(), torch.tensor([times.start + 60]), torch.tensor([0]))
    ruled_out = scorer.score(logits.clone(), torch.tensor([times.start + 60]), torch.tensor([55]))
    assert near.value[0].surprise.bits == pytest.approx(0.0, abs=1e-3)
    assert far.value[0].surprise.bits > 20
    assert ruled_out.value[0].surprise.bits < 10
    assert near.token[0].likeliest == far.value[0].likeliest == times.start + 50


def test_label_weights_of_the_training_are_divided_out():
    """Of a time with weight 2 and an end with weight 1, as likely by the scores, the end is twice as likely."""
    weighted = TokenScorer(replace(SPEC, label_weights={EventKind.TIME: 2.0}))
    end = SPEC.vocabulary.context_eos(ContextKind.MAP)
    time = SPEC.vocabulary.ids_of(EventKind.TIME).start
    logits = torch.full((1, SPEC.vocabulary.size_out), -30.0)
    logits[0, [time, end]] = 0.0
    kinds = weighted.score(logits, torch.tensor([end]), torch.tensor([0])).kinds[0]
    assert kinds[weighted.kinds.index(None)] == pytest.approx(2 / 3)
    assert kinds[weighted.kinds.index(EventKind.TIME)] == pytest.approx(1 / 3)
