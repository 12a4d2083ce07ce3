"""Rows of published and own models: inputs, what is learned, what is told, and what training varies."""

import numpy as np
import pytest
from training_songs import NOTHING_VARIED, published_like_spec, song_of, steady_chart, varied

from osu_beatmap.beatmap import GameMode
from osuT5.dataset.errors import CorpusError
from osuT5.dataset.options import AugmentationOptions, BatchOptions
from osuT5.dataset.row_builder import Cut, RowWriter
from osuT5.tokens.events import ContextKind, EventKind
from osuT5.tokens.vocabulary import EOS_ID, IGNORED_LABEL, SOS_ID

PUBLISHED = published_like_spec()
VOCABULARY = PUBLISHED.vocabulary
START_FRAME = 500


def chart(mode: GameMode = GameMode.STANDARD, step_ms: float = 500.0, **options):
    return steady_chart(mode, step_ms, PUBLISHED, given=(ContextKind.NO_HS,), **options)


def row_of(charts, contexts, augmentation=NOTHING_VARIED, seed=0, spec=PUBLISHED, cut=None, **batch):
    """Input and labels of the first chart, as lists."""
    writer = RowWriter(spec, BatchOptions(**{"contexts": contexts, "max_tokens": 2048} | batch), augmentation)
    cut = cut or Cut(song_of(*charts), START_FRAME)
    ids, labels = writer.row(cut, charts[0], np.random.default_rng(seed))
    return ids.tolist(), labels.tolist()


def between(ids: list[int], context: ContextKind) -> list[int]:
    """What a context of the input holds."""
    return ids[ids.index(VOCABULARY.context_sos(context)) + 1 : ids.index(VOCABULARY.context_eos(context))]


def kinds(ids: list[int]) -> set[EventKind]:
    return {event.kind for token in ids if (event := VOCABULARY.decode(token)) is not None}


def marks(ids: list[int]) -> list[str]:
    """The context marks and the sos of a sequence, in order."""
    named = {VOCABULARY.context_sos(c): f"{c.value} sos" for c in ContextKind}
    named |= {VOCABULARY.context_eos(c): f"{c.value} eos" for c in ContextKind} | {SOS_ID: "sos"}
    return [named[token] for token in ids if token in named]


def test_the_published_layout_from_nothing_with_and_without_learned_marks():
    ids, labels = row_of([chart()], {"none": 1})
    # The last eos is only a label.
    assert marks(ids) == [
        *("none sos", "none eos", "sos", "timing sos", "timing eos"),
        *("kiai sos", "kiai eos", "map sos"),
    ]
    assert labels[-1] == VOCABULARY.context_eos(ContextKind.MAP)
    ids, labels = row_of([chart()], {"none": 1}, learn_marks=True)
    assert labels[ids.index(SOS_ID)] == VOCABULARY.context_sos(ContextKind.TIMING)
    assert labels[-1] == EOS_ID
    learned = [label for label in labels if label != IGNORED_LABEL]
    assert marks(learned) == ["timing sos", "timing eos", "kiai sos", "kiai eos", "map sos", "map eos"]


def test_a_map_without_hit_sounds_is_given_before_the_conditions():
    ids, labels = row_of([chart()], {"no_hs": 1})
    assert marks(ids)[:3] == ["no_hs sos", "no_hs eos", "sos"]
    given = between(ids, ContextKind.NO_HS)
    asked = between([*ids, labels[-1]], ContextKind.MAP)
    sounds = (EventKind.HITSOUND, EventKind.VOLUME)
    assert {EventKind.HITSOUND, EventKind.VOLUME} <= kinds(asked)
    assert given == [token for token in asked if VOCABULARY.decode(token).kind not in sounds]
    assert all(label == IGNORED_LABEL for label in labels[: ids.index(SOS_ID)])


def test_a_guest_difficulty_has_conditions_of_its_own():
    ids, labels = row_of([chart(), chart(GameMode.MANIA, 250.0)], {"gd": 1})
    assert marks(ids)[:3] == ["gd sos", "gd eos", "sos"]
    guest = between(ids, ContextKind.GD)
    modes = [VOCABULARY.decode(token).value for token in ids if token in VOCABULARY.ids_of(EventKind.GAMEMODE)]
    assert modes == [int(GameMode.MANIA), int(GameMode.STANDARD)]
    assert EventKind.GAMEMODE in kinds(guest)
    assert EventKind.COLUMN in kinds(guest)
    assert EventKind.COLUMN not in kinds([token for token in labels if token != IGNORED_LABEL])
    lone, _ = row_of([chart()], {"gd": 1})
    assert marks(lone)[:3] == ["none sos", "none eos", "sos"]


def test_inputs_give_way_to_what_is_learned():
    whole, labels = row_of([chart()], {"none": 1})
    ids, short_labels = row_of([chart()], {"no_hs": 1}, max_tokens=len(whole) + 30)
    assert len(ids) <= len(whole) + 30
    assert [label for label in short_labels if label >= 0] == [label for label in labels if label >= 0]
    # Two marks of the input take the place of those of `none`.
    assert len(between(ids, ContextKind.NO_HS)) == 30


def test_the_scroll_speed_before_the_window_is_told():
    for sv in (1.0, 2.0):
        ids, _ = row_of([chart(GameMode.MANIA, sv=sv)], {"none": 1})
        told = ids[: ids.index(SOS_ID)]
        (speed,) = [VOCABULARY.decode(token).value for token in told if EventKind.SCROLL_SPEED in kinds([token])]
        assert speed == 100 * sv
    start = Cut(song_of(chart(GameMode.MANIA, sv=2.0)), 0)
    ids, _ = row_of([start.song.charts[0]], {"none": 1}, cut=start)
    (speed,) = [t for t in ids[: ids.index(SOS_ID)] if EventKind.SCROLL_SPEED in kinds([t])]
    assert VOCABULARY.decode(speed).value == 100, "nothing holds before the song"


def test_the_lookback_is_given_and_not_learned():
    ids, labels = row_of([chart()], {"-> map": 1}, varied(lookback_probability=1.0, lookback=0.25))
    times = VOCABULARY.ids_of(EventKind.TIME)
    border = 0.25 * PUBLISHED.grid.window_ms / PUBLISHED.grid.time_step_ms
    learned = [label - times.start for label in labels if label in times]
    read = [token - times.start for token in ids if token in times]
    assert min(read) < border < max(read)
    assert min(learned) >= border - 1
    assert [step for step in read if step >= border] == learned
    plain, _ = row_of([chart()], {"-> map": 1})
    assert plain == ids


def test_a_mod_of_the_game_makes_a_chart_as_hard_as_it_is_then():
    song = song_of(chart())
    difficulty = VOCABULARY.ids_of(EventKind.DIFFICULTY)

    def told(cut: Cut) -> int:
        ids, _ = row_of(song.charts, {"none": 1}, cut=cut)
        return next(token - difficulty.start for token in ids if token in difficulty)

    # 3 stars at normal speed and 5 at 1.5 times that, in classes of half a star.
    assert told(Cut(song, START_FRAME)) == 6
    assert told(Cut(song, START_FRAME, 1.5, rerated=True)) == 10
    assert told(Cut(song, START_FRAME, 1.5)) == 6


def test_snap_divisors_are_shuffled_in_the_input_alone():
    plain, plain_labels = row_of([chart()], {"none": 1})
    ids, labels = row_of([chart()], {"none": 1}, varied(snapping_probability=1.0))
    snaps = VOCABULARY.ids_of(EventKind.SNAPPING)
    assert labels == plain_labels
    changed = [(a, b) for a, b in zip(plain, ids, strict=True) if a != b]
    assert changed
    assert all(a in snaps and b in snaps for a, b in changed)
    half, _ = row_of([chart()], {"none": 1}, varied(snapping_probability=0.5))
    assert 0 < sum(a != b for a, b in zip(plain, half, strict=True)) < len(changed)


def test_all_times_of_a_row_may_move_together():
    plain, plain_labels = row_of([chart()], {"none": 1})
    options = varied(time_jitter_probability=1.0, time_jitter_steps=0, time_shift_steps=5)
    shifts = set()
    for seed in range(20):
        ids, labels = row_of([chart()], {"none": 1}, options, seed)
        assert labels == plain_labels
        times = VOCABULARY.ids_of(EventKind.TIME)
        inner = [(a, b) for a, b in zip(plain, ids, strict=True) if a in times and 5 <= a - times.start < 810]
        assert len({b - a for a, b in inner}) == 1
        shifts.add(inner[0][1] - inner[0][0])
    assert len(shifts) > 5
    assert min(shifts) >= -5
    assert max(shifts) <= 5


def test_conditions_are_hidden_as_often_as_asked():
    names = ("difficulty", "mapper", "year")
    options = varied(condition_dropout=1.0, condition_dropouts={"mapper": 0.0, "year": 0.5})
    song = song_of(chart())
    unknown = {name: VOCABULARY.ids_of(EventKind(name))[-1] for name in names}
    song.charts[0].attributes = type(song.charts[0].attributes)(
        GameMode.STANDARD, difficulty=3.0, hitsounded=False, year=2015
    )
    seen = dict.fromkeys(names, 0)
    for seed in range(60):
        ids, _ = row_of(song.charts, {"none": 1}, options, seed, cut=Cut(song, START_FRAME))
        told = ids[: ids.index(SOS_ID)]
        assert VOCABULARY.ids_of(EventKind.HITSOUNDED)[0] in told, "no class says that nobody knows"
        for name in names:
            seen[name] += unknown[name] in told
    assert seen["difficulty"] == 60
    assert 15 < seen["year"] < 45


@pytest.mark.parametrize(
    ("dropouts", "said"), [({"mood": 0.5}, "there is no condition mood"), ({"year": 2}, "year must be within 0..1")]
)
def test_shares_that_make_no_sense(dropouts, said):
    with pytest.raises(CorpusError, match=said):
        RowWriter(PUBLISHED, BatchOptions(), AugmentationOptions(condition_dropouts=dropouts))


def test_a_mirror_image_has_its_input_in_the_mirror_too():
    song = song_of(chart(), chart(step_ms=250.0))
    for seed in range(12):
        ids, _ = row_of(song.charts, {"no_hs": 1}, varied(mirror=True), seed, cut=Cut(song, START_FRAME))
        positions = VOCABULARY.ids_of(EventKind.POSITION)
        given, asked = between(ids, ContextKind.NO_HS), ids[ids.index(VOCABULARY.context_sos(ContextKind.MAP)) :]
        assert [t for t in given if t in positions] == [t for t in asked if t in positions]
