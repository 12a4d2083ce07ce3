"""Object network, its batches, training and generation."""

import json
from copy import deepcopy
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import torch

from model_files.errors import ModelError
from model_files.network_folder import sizes_from_dict
from osu_beatmap.attributes import Attributes
from osu_beatmap.beatmap import CurveKind, Difficulty, GameMode, HoldNote, Slider
from osu_beatmap.timing.active_point import Timing
from osuT5.objects import generation
from osuT5.objects.batches import PassageSampler, SamplingOptions, cut_passage, mirrored, stack_passages, with_banks
from osuT5.objects.generation import DrawOptions, MapTarget, ObjectGenerator
from osuT5.objects.loss import nats_by_part
from osuT5.objects.model.config import ObjectConfig, contract_of
from osuT5.objects.model.files import load_object_model, save_object_model
from osuT5.objects.model.inputs import NO_GAP, gap_classes
from osuT5.objects.model.network import ObjectNetwork
from osuT5.objects.styles import Style
from osuT5.objects.tokens.drafts import DraftBuilder
from osuT5.objects.tokens.fields import HOLD, NONE, Field
from osuT5.objects.training import ObjectTask, usual_styles
from osuT5.rhythm.conditions import RhythmConditions
from tests.osuT5.objects.object_maps import LINES, SMALL, clock_of, make_map, make_object_song

DEFAULTS = DrawOptions()
ALL_MODES = [GameMode.STANDARD, GameMode.TAIKO, GameMode.CATCH, GameMode.MANIA]


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(1)
    network = ObjectNetwork(SMALL)
    for parameter in network.parameters():  # layers begin as the identity
        torch.nn.init.normal_(parameter, std=0.2)
    return network.eval()


@pytest.fixture(scope="module")
def song():
    return make_object_song(*(make_map(mode) for mode in ALL_MODES))


def _batch(song, first=0):
    passages = [cut_passage(song.sound, chart, first, SMALL) for chart in song.charts]
    return stack_passages(passages, SMALL.window_beats, np.ones(len(passages), bool))


def _states(network, batch):
    beats, conditions = network.encode(batch.beats)
    return network.decode(beats, conditions, batch.objects, batch.fields_before, batch.columns_before)


@torch.inference_mode()
def test_one_object_at_a_time_gives_the_same_states(network, song):
    batch = _batch(song)
    whole = _states(network, batch)
    beats, conditions = network.encode(batch.beats)
    cache = network.new_cache()
    for index in range(8):
        one = slice(index, index + 1)
        objects = replace(
            batch.objects, **{name: getattr(batch.objects, name)[:, one] for name in batch.objects.__slots__}
        )
        fields, columns = batch.fields_before[:, one], batch.columns_before[:, one]
        state = network.step(beats, conditions, objects, fields, columns, cache)
        torch.testing.assert_close(state[:, 0], whole[:, index], rtol=1e-4, atol=1e-5)


@torch.inference_mode()
def test_a_row_is_chosen_as_it_is_predicted(network):
    states, columns = torch.randn(2, SMALL.width), [2, 0, 1, 0, 1]
    seen = []
    chosen, durations = network.columns.choose_row(
        states, 5, lambda column, logits: seen.append(logits) or columns[column]
    )
    padded = torch.tensor(columns + [0] * 13).expand(2, -1)
    logits, expected = network.columns(states, padded, 5)
    assert chosen == columns
    torch.testing.assert_close(torch.stack(seen, 1), logits)
    torch.testing.assert_close(durations, expected)


@torch.inference_mode()
def test_an_object_does_not_depend_on_itself_or_later_ones(network, song):
    batch = _batch(song)
    changed = batch.fields_before.clone()
    changed[:, 6:] = NONE
    after = _states(network, replace(batch, fields_before=changed))
    torch.testing.assert_close(after[:, :6], _states(network, batch)[:, :6])
    assert not torch.allclose(after[:, 6:], _states(network, batch)[:, 6:])


def test_every_part_of_every_mode_is_learned(network, song):
    parts = {name for name, nats, _ in nats_by_part(network, _batch(song)) if len(nats)}
    assert parts == {field.name.lower() for field in Field} | {"columns", "hold_durations"}


def test_a_passage_ends_with_the_window_of_the_network(song):
    passage = cut_passage(song.sound, song.charts[0], 4, SMALL)
    assert passage.stop - passage.first <= SMALL.window_objects
    steps = song.charts[0].tokens.steps[passage.first : passage.stop]
    assert steps[-1] - passage.first_beat * 24 < SMALL.window_beats * 24


def test_mirrors_keep_what_they_cannot_change(song):
    rng = np.random.default_rng(0)
    for chart in song.charts:
        for _ in range(4):
            tokens = mirrored(chart, rng).tokens
            assert (tokens.fields[:, Field.DISTANCE] == chart.tokens.fields[:, Field.DISTANCE]).all()
            assert (np.sort(tokens.columns, 1) == np.sort(chart.tokens.columns, 1)).all()


def test_other_sample_sets_keep_the_additions(song):
    tokens = song.charts[0].tokens
    same = with_banks(with_banks(tokens, np.array([1, 2, 0])), np.array([2, 0, 1]))
    assert (same.fields == tokens.fields).all()
    changed = with_banks(tokens, np.array([1, 2, 0]))
    sounds, before = changed.fields[:, Field.SOUND], tokens.fields[:, Field.SOUND]
    assert (sounds % 8 == before % 8).all()
    assert (sounds != before).all()


def test_gaps_are_those_to_the_neighbours():
    gaps = gap_classes(np.array([0, 12, 36]))
    assert gaps[0, 0] == gaps[2, 2] == NO_GAP
    assert gaps[1, 0] == gaps[0, 2]
    assert gaps[1, 2] == gaps[0, 3]


def test_training_lowers_the_loss_and_the_model_loads_again(song, tmp_path):
    torch.manual_seed(0)
    network = ObjectNetwork(SMALL)
    task = ObjectTask(PassageSampler([song], SamplingOptions(rows=4), SMALL, 1), [song])
    before = task.evaluate(network.eval())
    optimizer = torch.optim.AdamW(network.train().parameters(), 1e-2)
    for step in range(12):
        loss, _ = task.loss(network, task.batch(step), step)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    after = task.evaluate(network.eval())
    assert after["loss"] < before["loss"]
    assert {"standard", "taiko", "catch", "mania", "standard/turn", "mania/columns"} <= set(after)
    save_object_model(tmp_path, SMALL, network.state_dict(), "digest")
    load_object_model(tmp_path, "digest")
    with pytest.raises(ModelError, match="rhythm_model"):
        load_object_model(tmp_path, "another")


def test_a_batch_of_a_step_is_always_the_same(song):
    sampler = PassageSampler([song], SamplingOptions(rows=3), SMALL, 5)
    first, again = sampler.batch(2), sampler.batch(2)
    assert torch.equal(first.fields, again.fields)
    assert torch.equal(first.objects.cursors, again.objects.cursors)


def test_models_with_other_tables_are_refused(network, tmp_path):
    save_object_model(tmp_path, SMALL, network.state_dict(), "digest")
    contract = json.loads((tmp_path / "objects.json").read_text(encoding="utf-8"))
    contract["tables"]["turns"] = 24
    (tmp_path / "objects.json").write_text(json.dumps(contract), encoding="utf-8")
    with pytest.raises(ModelError, match="tables"):
        load_object_model(tmp_path)
    with pytest.raises(ModelError, match="not an object model"):
        load_object_model(tmp_path / "missing")


def _map_target(mode, styles=None, stars=3.0):
    keys = 4 if mode is GameMode.MANIA else 0
    return MapTarget(RhythmConditions(mode, stars, keys), Attributes(mode, stars), styles or {})


def _generate(network, song, mode, seed=1, steps=None, draws=DEFAULTS, opposite=None, styles=None):
    clock = clock_of()
    steps = np.arange(0, len(clock) * 3, 8) if steps is None else steps
    keys = 4 if mode is GameMode.MANIA else 0
    builder = DraftBuilder(mode, clock, Timing(LINES), Difficulty(), keys)
    generator = ObjectGenerator(network, song.sound)
    drafts = generator.generate(steps, _map_target(mode, styles), builder, seed, draws, opposite)
    return steps, clock, drafts


@pytest.mark.parametrize("mode", ALL_MODES)
def test_objects_begin_at_the_given_times_and_end_before_the_next(network, song, mode):
    steps, clock, drafts = _generate(network, song, mode)
    times_ms = clock.times_at(steps)
    assert set(np.round([draft.obj.time_ms for draft in drafts], 3)) <= set(np.round(times_ms, 3))
    if mode is GameMode.MANIA:
        by_column = {}
        for draft in drafts:
            by_column.setdefault(draft.obj.x, []).append(draft.obj)
        for notes in by_column.values():
            for before, after in pairwise(notes):
                end_ms = before.end_ms if isinstance(before, HoldNote) else before.time_ms
                assert end_ms <= after.time_ms + 1e-6
    else:
        assert len(drafts) == len(steps)
        for before, after in pairwise(drafts):
            assert before.end_ms < after.obj.time_ms


def test_long_hold_notes_leave_a_column_for_the_next_row(network, song):
    only_holds = deepcopy(network)
    with torch.no_grad():
        only_holds.columns.logits.bias[HOLD] = 100.0
        only_holds.columns.duration.bias[-1] = 100.0
    for gap in (2, 12):
        steps, clock, drafts = _generate(only_holds, song, GameMode.MANIA, steps=np.arange(0, 240, gap))
        assert {round(draft.obj.time_ms, 3) for draft in drafts} == set(np.round(clock.times_at(steps), 3))
    assert any(isinstance(draft.obj, HoldNote) for draft in drafts)


@pytest.mark.parametrize("mode", [GameMode.STANDARD, GameMode.CATCH])
def test_heads_are_inside_the_playfield(network, song, mode):
    _, _, drafts = _generate(network, song, mode, seed=3)
    for draft in drafts:
        assert -0.01 <= draft.obj.x <= 512.01
        assert -0.01 <= draft.obj.y <= 384.01


def test_juice_streams_have_arcs(network, song):
    drafts = _generate(network, song, GameMode.CATCH, seed=3)[2]
    paths = [draft.obj.segments[0] for draft in drafts if isinstance(draft.obj, Slider)]
    assert {path.kind for path in paths} == {CurveKind.LINEAR, CurveKind.PERFECT}
    assert all(0 <= y <= 384 for path in paths for _, y in path.points)


@pytest.mark.parametrize("mode", ALL_MODES)
def test_a_part_continues_the_map_before_it(network, song, mode):
    before = song.charts[ALL_MODES.index(mode)].tokens
    steps, clock = np.arange(0, 24 * 40, 12), clock_of()
    builder = DraftBuilder(mode, clock, Timing(LINES), Difficulty(), 4)
    drafts = ObjectGenerator(network, song.sound).generate(steps, _map_target(mode), builder, 1, before=before)
    assert drafts[0].obj.time_ms > clock.times_at(before.steps[-1])
    assert all(draft.obj.time_ms > clock.times_at(before.steps[-1]) for draft in drafts)


@pytest.mark.parametrize("mode", [GameMode.STANDARD, GameMode.CATCH, GameMode.MANIA])
def test_sounds_are_drawn_for_given_objects(network, song, mode):
    tokens = song.charts[ALL_MODES.index(mode)].tokens
    own = tokens.fields[:, [Field.SOUND, Field.END_SOUND]]
    target = _map_target(mode)
    target = replace(target, attributes=replace(target.attributes, hitsounded=True))

    def sounds(seed, is_drawn):
        builder = DraftBuilder(mode, clock_of(), Timing(LINES), Difficulty(), 4)
        return ObjectGenerator(network, song.sound).draw_sounds(tokens, is_drawn, target, builder, seed)

    is_drawn = np.arange(len(tokens)) >= 10
    drawn = sounds(1, is_drawn)
    assert (drawn[:10] == own[:10]).all() and (drawn[10:] != own[10:]).any()
    assert ((drawn == NONE) == (own == NONE)).all()
    assert (drawn == sounds(1, is_drawn)).all() and (drawn != sounds(2, is_drawn)).any()


def test_a_seed_gives_the_same_objects(network, song):
    first, again, other = (_generate(network, song, GameMode.STANDARD, seed)[2] for seed in (1, 1, 2))
    assert [draft.obj for draft in first] == [draft.obj for draft in again]
    assert [draft.obj for draft in first] != [draft.obj for draft in other]


@pytest.mark.parametrize("mode", ALL_MODES)
def test_draws_are_as_free_as_the_options_say(network, song, mode):
    def objects(seed, **options):
        return [draft.obj for draft in _generate(network, song, mode, seed, draws=DrawOptions(**options))[2]]

    assert objects(1, temperature=0.0) == objects(2, temperature=0.0) == objects(3, top_k=1)
    assert objects(1) != objects(1, temperature=5.0)


@pytest.mark.parametrize("mode", ALL_MODES)
def test_guidance_leads_away_from_the_opposite(network, song, mode):
    def objects(guidance, opposite):
        return [
            draft.obj for draft in _generate(network, song, mode, 1, None, DrawOptions(guidance=guidance), opposite)[2]
        ]

    same, other = _map_target(mode), _map_target(mode, dict.fromkeys(Style, 3.0), 8.0)
    unguided = objects(1.0, None)
    assert objects(1.0, other) == unguided
    assert objects(5.0, same) == unguided
    assert objects(5.0, other) != unguided


def test_requested_spacing_is_reached(song):
    levels = {"standard": {"spacing": (100.0, 0.0, 50.0)}}
    torch.manual_seed(0)
    network = ObjectNetwork(replace(SMALL, styles=levels)).eval()

    def mean_px(spacing):
        styles = {} if spacing is None else {Style.SPACING: spacing}
        _, _, drafts = _generate(network, song, GameMode.STANDARD, styles=styles)
        return np.mean([np.hypot(a.obj.x - b.obj.x, a.obj.y - b.obj.y) for a, b in pairwise(drafts)])

    assert mean_px(-1.8) < mean_px(None) < mean_px(3.0)


def test_known_styles_are_learned_and_left_out_at_random(song):
    levels = usual_styles([song] * 8)
    assert set(levels) == {"standard", "taiko", "catch", "mania"}
    config = replace(SMALL, styles=levels)
    kept = json.loads(json.dumps(contract_of(config, "")["network"]))
    assert sizes_from_dict(ObjectConfig, kept).styles == json.loads(json.dumps(levels))
    styles = {}
    for known in (0.0, 1.0):
        sampler = PassageSampler([song], SamplingOptions(known_styles=known), config, 1)
        styles[known] = sampler.batch(1).beats.style[:, 7::2].sum()
    assert styles[0.0] == 0 < styles[1.0]


def test_rows_that_followed_a_row_follow_it_again(network, song, monkeypatch):
    without_holds = deepcopy(network)
    with torch.no_grad():
        without_holds.columns.logits.bias[HOLD] = -100.0

    def recurring_share(logits):
        monkeypatch.setattr(generation, "FAMILIAR_LOGITS", logits)
        _, _, drafts = _generate(without_holds, song, GameMode.MANIA, steps=np.arange(0, 240, 2))
        times_ms = sorted({draft.obj.time_ms for draft in drafts})
        rows = [frozenset(draft.obj.x for draft in drafts if draft.obj.time_ms == time_ms) for time_ms in times_ms]
        pairs = list(pairwise(rows))
        return np.mean([pair in pairs[max(0, place - 15) : place] for place, pair in enumerate(pairs)])

    assert recurring_share(4.0) > recurring_share(0.0) + 0.2
