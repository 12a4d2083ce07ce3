"""Styles from user tags, and drawn ones."""

import numpy as np

from osu_beatmap.attributes import Attributes
from osu_beatmap.beatmap import GameMode
from osu_beatmap.user_tags import is_user_tag
from osuT5.objects.styles import HABITS_OF_MODE, STYLES_OF_MODE, Style
from osuT5.rhythm.drawing import draw_rhythm
from pipeline.generation.map_model.styles import (
    HOLD_TAG_RATIO,
    HOLD_TAGS,
    QUARTER_LOGITS,
    STYLES_OF_TAG,
    draw_hold_beats,
    draw_styles,
    draw_volume_contrast,
    known_tags,
    quarter_logits,
    wanted_styles,
    with_drawn_attributes,
    with_hold_tags,
)


def test_every_tag_with_a_style_is_a_user_tag():
    assert all(map(is_user_tag, {*STYLES_OF_TAG, *QUARTER_LOGITS, *HOLD_TAGS}))


def test_a_tag_says_something_in_its_modes_only():
    assert "jumps" in known_tags(GameMode.STANDARD) - known_tags(GameMode.MANIA)
    assert "chordjack" in known_tags(GameMode.MANIA) - known_tags(GameMode.STANDARD)
    assert wanted_styles(["simple"], GameMode.TAIKO) == {Style.CHANGES: -1.0, Style.BIGS: -0.5}
    assert wanted_styles(["sharp", "back and forth", "chordjack"], GameMode.STANDARD) == {Style.TURNS: 2.5}


def test_draw_styles_depend_on_the_seed_and_the_song():
    first, again, other = (draw_styles(GameMode.STANDARD, seed, 60_000.0) for seed in (1, 1, 2))
    assert first == again != other
    assert draw_styles(GameMode.STANDARD, 1, 61_000.0) != first
    assert set(first) == {*STYLES_OF_MODE[GameMode.STANDARD], *HABITS_OF_MODE[GameMode.STANDARD]}
    assert set(draw_styles(GameMode.TAIKO, 1, 60_000.0)) == set(STYLES_OF_MODE[GameMode.TAIKO])


def test_streams_have_more_quarters_without_more_objects():
    logits = np.random.default_rng(1).normal(0.0, 1.0, 24 * 64)
    tags = ([], ["streams"], ["simple"])
    plain, streams, simple = (draw_rhythm(logits, 1, quarter_logits=quarter_logits(each)) for each in tags)
    quarters = [(steps % 12 == 6).sum() for steps in (simple, plain, streams)]
    assert len(plain) == len(streams) == len(simple)
    assert quarters[0] < quarters[1] < quarters[2]


def test_tags_of_hold_notes_ask_for_them_unless_a_ratio_is_given():
    tagged = Attributes(GameMode.MANIA, descriptors=("LN density",))
    assert with_hold_tags(tagged).hold_note_ratio == HOLD_TAG_RATIO
    given = Attributes(GameMode.MANIA, hold_note_ratio=0.1, descriptors=("LN density",))
    assert with_hold_tags(given) == given


def test_some_maps_have_hitsounds_if_nothing_is_known():
    unknown = Attributes(GameMode.MANIA)
    drawn = {with_drawn_attributes(unknown, 3.0, seed, 60_000.0).hitsounded for seed in range(20)}
    assert drawn == {False, True}
    given = Attributes(GameMode.MANIA, hitsounded=False)
    assert with_drawn_attributes(given, 3.0, 1, 60_000.0).hitsounded is False


def test_hold_notes_of_mania_vary_unless_a_ratio_is_given():
    maps = [with_drawn_attributes(Attributes(GameMode.MANIA), 3.0, seed, 60_000.0) for seed in range(200)]
    ratios = np.array([each.hold_note_ratio for each in maps])
    assert 0.02 < np.percentile(ratios, 25) < np.median(ratios) < np.percentile(ratios, 75) < 0.3
    given = Attributes(GameMode.MANIA, hold_note_ratio=0.5)
    assert with_drawn_attributes(given, 3.0, 1, 60_000.0).hold_note_ratio == 0.5
    assert with_drawn_attributes(Attributes(GameMode.CATCH), 3.0, 1, 60_000.0).hold_note_ratio is None
    assert draw_hold_beats(GameMode.CATCH, 3.0, 1, 60_000.0) is None


def test_volumes_of_some_maps_do_not_change():
    contrasts = np.array([draw_volume_contrast(GameMode.TAIKO, seed, 60_000.0) for seed in range(200)])
    assert 0.4 < (contrasts == 0).mean() < 0.6
    assert contrasts.max() > 2 * np.median(contrasts[contrasts > 0])
