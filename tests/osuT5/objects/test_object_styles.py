"""Styles of maps, measured and compared with other maps."""

import numpy as np
import pytest

from osu_beatmap.beatmap import GameMode
from osuT5.objects.styles import (
    FEWEST_OBJECTS,
    STYLES_OF_MODE,
    Style,
    absolute_style,
    measure_styles,
    relative_styles,
    style_levels,
)
from osuT5.objects.tokens.chart_tokens import encode_chart
from tests.osuT5.objects.object_maps import clock_of, make_map


def _tokens(mode, count=120):
    return encode_chart(make_map(mode, count=count), clock_of())


def test_styles_of_a_map_are_those_of_its_objects():
    standard = measure_styles(_tokens(GameMode.STANDARD), GameMode.STANDARD)
    assert standard[Style.SLIDERS] == pytest.approx(27 / 120, abs=0.02)  # every third object, but spinners
    assert standard[Style.CURVES] == 1.0
    mania = measure_styles(_tokens(GameMode.MANIA), GameMode.MANIA)
    assert mania == {Style.CHORDS: 1.0, Style.JACKS: 0.0}
    taiko = measure_styles(_tokens(GameMode.TAIKO), GameMode.TAIKO)
    assert set(taiko) == set(STYLES_OF_MODE[GameMode.TAIKO])
    assert 0.3 < taiko[Style.KATS] < 0.6


@pytest.mark.parametrize("mode", list(GameMode))
def test_styles_of_few_objects_are_unknown(mode):
    assert measure_styles(_tokens(mode, count=4), mode) == {}


def test_styles_are_compared_with_maps_of_the_same_star_rating():
    rng = np.random.default_rng(1)
    maps = [
        (GameMode.MANIA, stars, {Style.CHORDS: 1.0 + 0.1 * stars + rng.normal(0, 0.2)})
        for stars in rng.uniform(1, 7, 500)
    ]
    maps += [(GameMode.MANIA, 3.0, {Style.CHORDS: 7.0})] * 5  # every column at once
    levels = style_levels(maps)
    assert levels["mania"][Style.CHORDS] == pytest.approx((1.0, 0.1, 0.2), abs=0.1)
    found = relative_styles({Style.CHORDS: 1.7, Style.JACKS: 0.5}, GameMode.MANIA, 5.0, levels)
    assert found == {Style.CHORDS: pytest.approx(1.0, abs=0.3)}
    assert absolute_style(Style.CHORDS, found[Style.CHORDS], GameMode.MANIA, 5.0, levels) == pytest.approx(1.7)
    assert absolute_style(Style.JACKS, 1.0, GameMode.MANIA, 5.0, levels) is None
    assert relative_styles({Style.CHORDS: 7.0}, GameMode.MANIA, 3.0, levels) == {Style.CHORDS: 3.0}
    assert relative_styles({Style.CHORDS: 1.0}, GameMode.TAIKO, 3.0, levels) == {}


def test_few_maps_have_no_usual_style():
    assert style_levels([(GameMode.MANIA, 3.0, {Style.CHORDS: 1.0})] * 3) == {}
    assert FEWEST_OBJECTS > 1
