"""Writing a song with a tiny random model: what holds whatever the model says."""

from dataclasses import replace
from itertools import pairwise

import pytest
import torch
from contexts_model import song_writer

from osu_beatmap.attributes import Attributes
from osu_beatmap.beatmap import GameMode
from osuT5.generation.chart_state import ChartState
from osuT5.generation.decode_loop import DecodeLoop
from osuT5.generation.decode_row import DecodeRow
from osuT5.generation.sampling.row_choice import RowChoice
from osuT5.generation.sampling.sampler import Sampler, Sampling
from osuT5.generation.window_schedule import SongGenerator
from osuT5.tokens.contract import mini_spec
from osuT5.tokens.events import ContextKind, Event, EventGroup, EventKind

SPEC = mini_spec()
SONG_MS = 14_000.0


@pytest.fixture(scope="module")
def writer() -> SongGenerator:
    return song_writer(SPEC, SONG_MS, max_target_positions=160)


def chart(mode=GameMode.STANDARD, seed=1, **contexts) -> ChartState:
    return ChartState(Attributes(mode, difficulty=3.0), seed, dict(contexts))


def test_times_ascend_within_the_song_and_the_seed_decides(writer):
    hot = Sampling(context_temperatures={}, kind_temperatures={})
    (groups,) = writer.write_context(ContextKind.TIMING, [chart()], hot)
    times = [group.time_ms for group in groups]
    assert times, "a random model writes something"
    assert all(later > earlier for earlier, later in pairwise(times)), "one beat at a time"
    assert times[0] >= 0
    assert times[-1] < SONG_MS + SPEC.grid.window_ms
    hot = Sampling(temperature=1.5, context_temperatures={})
    one, again, other = (writer.write_context(ContextKind.MAP, [chart(seed=s)], hot) for s in (1, 1, 2))
    assert one == again
    assert one != other


def guided(scale: float, **negative) -> tuple[ChartState, Sampling]:
    unlike = Attributes(GameMode.STANDARD, **negative)
    return replace(chart(), negative=unlike), Sampling(temperature=1.5, context_temperatures={}, guidance_scale=scale)


def test_guidance_of_scale_1_of_equal_prompts_or_of_beats_changes_nothing(writer):
    plain, _ = guided(1.0)
    (without,) = writer.write_context(ContextKind.MAP, [chart()], guided(1.0)[1])
    one, three = (writer.write_context(ContextKind.MAP, [plain], guided(scale)[1])[0] for scale in (1.0, 3.0))
    assert one == without
    assert three != without
    # With equal prompts the difference is nothing, however large the scale.
    (without,) = writer.write_context(ContextKind.MAP, [chart()], guided(1.0)[1])
    same, hard = guided(4.0, difficulty=3.0)
    assert writer.write_context(ContextKind.MAP, [same], hard) == [without]
    plain, hard = guided(5.0)
    assert writer.write_context(ContextKind.TIMING, [plain], hard) == writer.write_context(
        ContextKind.TIMING, [chart()], hard
    )


def test_guidance_leads_away_from_the_difficulty_that_the_chart_has_so_far(writer):
    """Too hard a chart is led back, one that is as asked is left alone, and so is the beginning."""
    asked, _ = guided(2.0)
    assert chart().unlike([]) is None
    assert asked.unlike([]).difficulty is None, "nobody rates it"
    for found, away_from in ((None, 3.0), (3.0, 3.0), (5.5, 5.5)):
        rated = replace(asked, rating=lambda groups, found=found: found)
        assert rated.unlike([]) == replace(asked.negative, difficulty=away_from)
        row = writer.row(writer.windows[1], ContextKind.MAP, rated, [])
        assert SPEC.vocabulary.encode(Event(EventKind.DIFFICULTY, int(2 * away_from))) in row.negative_ids


@pytest.mark.parametrize(
    "changes",
    [
        {"attributes": Attributes(GameMode.STANDARD)},
        {"negative": Attributes(GameMode.STANDARD, difficulty=3.0, descriptors=("messy",))},
    ],
    ids=["no difficulty is asked for", "what to lead away from is named"],
)
def test_guidance_may_need_no_rating(changes):
    rated = replace(guided(2.0)[0], rating=lambda groups: pytest.fail("no need to rate"), **changes)
    assert rated.unlike([]) == rated.negative


def test_objects_of_earlier_windows_count_among_the_asked_shares(writer):
    """Each object once: those in the prompt are read with it, those before it are counted."""
    wanted = Attributes(GameMode.MANIA, difficulty=3.0, key_count=4, hold_note_ratio=0.5)
    asked = ChartState(wanted, 1)
    kinds = [EventKind.CIRCLE, EventKind.HOLD_NOTE, EventKind.HOLD_NOTE_END]
    parts = (Event(EventKind.COLUMN, 0),)
    written = [
        EventGroup(time_ms, (Event(EventKind.TIME, int(time_ms)), *parts, Event(kinds[number % 3])))
        for number, time_ms in enumerate(range(100, 9_000, 300))
    ]
    window = next(window for window in writer.windows if window.from_ms > 8_900)
    row = writer.row(window, ContextKind.MAP, asked, written)
    row.note_prompt(SPEC.vocabulary)
    (share,) = row.shares
    assert (share.objects, share.held) == (20, 10)
    anything = ChartState(replace(wanted, hold_note_ratio=None), 1)
    assert not writer.row(window, ContextKind.MAP, anything, written).shares


def test_times_of_earlier_contexts_do_not_hold_a_row_back():
    """The prompt of a map ends with beats up to the end of the window; its first object may still be at the start."""
    vocabulary = SPEC.vocabulary
    times = vocabulary.ids_of(EventKind.TIME)
    prompt = [vocabulary.context_sos(ContextKind.TIMING), times.start + 800, vocabulary.context_sos(ContextKind.MAP)]
    row = DecodeRow(ContextKind.MAP, [*prompt, times.start + 30], 0, 819, 4)
    row.note_prompt(vocabulary)
    assert row.last_value == 30


def test_a_row_that_never_ends_stops_at_the_decoder_length(writer):
    vocabulary = SPEC.vocabulary

    def only_hitsounds(scores, facts):
        first = vocabulary.ids_of(EventKind.HITSOUND).start
        scores[:, :first] = scores[:, first + 1 :] = float("-inf")

    engine = DecodeLoop(writer.model, vocabulary)
    choice = RowChoice(Sampler(Sampling(), SPEC))
    choice.rules = [only_hitsounds]
    prompt = [1, vocabulary.context_sos(ContextKind.MAP)]
    row = DecodeRow(ContextKind.MAP, prompt, 0, 819, 4, generator=torch.Generator())
    engine.write([row], torch.zeros_like(writer.encoder_states[:1]), [0], [0], choice)
    assert len(row.prompt_ids) + len(row.written_ids) <= engine.max_length + 1


def test_a_spinner_longer_than_the_lookback_can_end(writer):
    """Its start is out of sight of the window in which it ends."""
    window = writer.windows[-1]
    assert window.start_ms > 1_000.0
    spinner = EventGroup(500.0, (Event(EventKind.TIME, 500), Event(EventKind.SPINNER)))
    row = writer.row(window, ContextKind.MAP, chart(), [spinner])
    row.grammar.read(Event(EventKind.TIME, 400))
    assert {EventKind.SPINNER, EventKind.SPINNER_END} <= row.grammar.allowed_kinds()
    in_sight = EventGroup(window.start_ms, (Event(EventKind.TIME, 0), Event(EventKind.SPINNER)))
    row = writer.row(window, ContextKind.MAP, chart(), [in_sight])
    row.note_prompt(SPEC.vocabulary)
    row.grammar.read(Event(EventKind.TIME, 400))
    assert EventKind.SPINNER not in row.grammar.allowed_kinds()
