"""Charts in, literal events out."""

from osu_beatmap.beatmap import Circle, CurveKind, GameMode, HoldNote, PathSegment, Slider, Spinner, TimingPoint
from osuT5.encoding import encode_context
from osuT5.tokens.events import ContextKind, EventKind
from tests.support.encoding_charts import RED, V29, V32, beatmap, brief, circle, green, slider

SONG_MS = 4000.0


def encoded(chart, context=ContextKind.MAP, spec=V29):
    return brief(encode_context(chart, context, spec, SONG_MS))


def test_standard_with_types_first_and_last():
    assert encoded(beatmap([circle(new_combo=True), slider(slides=3)])) == [
        "circle t2000 snap1 dist181 pos374 new_combo hitsound volume70",
        "slider_head t2000 snap1 dist141 pos272 scroll_speed100 hitsound volume70",
        "red_anchor dist70 pos274",
        "last_anchor t2500 snap1 dist70 pos276 hitsound36 volume70 hitsound1 volume70 hitsound volume70",
        "slider_end t3500 snap1 dist pos276 hitsound1 volume70",
    ]
    assert encoded(beatmap([circle(new_combo=True), slider(slides=3)]), spec=V32) == [
        "t2000 snap1 pos374 pos_refine34 new_combo hitsound volume70 circle",
        "t2000 snap1 pos272 pos_refine scroll_speed100 hitsound volume70 slider_head",
        "pos274 pos_refine3 red_anchor",
        "pos276 pos_refine6 last_anchor",
        "t2500 snap1 hitsound36 volume70 hitsound1 volume70 hitsound volume70 last_anchor",
        "t3500 snap1 pos276 pos_refine6 hitsound1 volume70 slider_end",
    ]
    chart = beatmap([circle(2250), Spinner(3000, 256, 192, end_ms=12_000)])
    assert encoded(chart, spec=V32) == [
        "t2250 snap2 pos374 pos_refine34 hitsound volume70 circle",
        "t3000 snap1 spinner",
        "t11000 spinner_sustain",
        "t12000 snap1 hitsound volume70 spinner_end",
    ]


def test_taiko():
    roll = Slider(2500, 0, 0, segments=slider().segments, length_px=280, hitsound=4)
    objects = [Circle(2000, 0, 0, hitsound=4), roll, Spinner(5000, 256, 192, end_ms=6000)]
    assert encoded(beatmap(objects, GameMode.TAIKO, [RED, green(2500, 2)])) == [
        "circle t2000 snap1 scroll_speed100 hitsound2 volume70",
        "drumroll t2500 snap1 scroll_speed200 hitsound2 volume70",
        "drumroll_end t3000 snap1",
        "denden t5000 snap1 scroll_speed200 hitsound volume70",
        "denden_end t6000 snap1",
    ]


def test_mania_where_a_slider_is_a_hold_note():
    objects = [Circle(2000, 64, 192), HoldNote(2000, 448, 192, end_ms=12_000)]
    assert encoded(beatmap(objects, GameMode.MANIA), spec=V32) == [
        "t2000 snap1 column hitsound volume70 circle",
        "t2000 snap1 column3 hitsound volume70 hold_note",
        "t10000 column3 hold_note_sustain",
        "t12000 snap1 column3 hold_note_end",
    ]
    assert encoded(beatmap([slider()], GameMode.MANIA)) == [
        "hold_note t2000 snap1 column hitsound36 volume70",
        "hold_note_end t2500 snap1 column",
    ]


def test_timing_names_beats_bars_and_tempo_changes_to_the_end_of_the_song():
    chart = beatmap([circle(4000)], lines=[RED, TimingPoint(3000, 250.0)])
    assert encoded(chart, ContextKind.TIMING, V32) == [
        "t1000 timing_point",
        "t1500 beat",
        "t2000 beat",
        "t2500 beat",
        "t3000 timing_point",
        "t3250 beat",
        "t3500 beat",
        "t3750 beat",
        "t4000 measure",
    ]
    assert encoded(beatmap([]), ContextKind.TIMING)[-1] == "beat t4000"


def test_kiai_and_scroll_speeds_of_a_moment():
    lines = [
        RED,
        TimingPoint(2000, -100, uninherited=False, effects=1),
        TimingPoint(3000, 500, effects=1),
        green(3000, 1),
    ]
    assert encoded(beatmap([circle()], lines=lines), ContextKind.KIAI) == ["kiai1 t2000 snap1", "kiai t3000 snap1"]
    lines = [RED, green(2000, 1.5), TimingPoint(3000, 250.0), green(3000, 1.5), green(3333, 1)]
    assert encoded(beatmap([circle(4000)], GameMode.MANIA, lines), ContextKind.SV) == [
        "scroll_speed_change t1000 snap1 scroll_speed100",
        "scroll_speed_change t2000 snap1 scroll_speed150",
        "scroll_speed_change t3000 snap1 scroll_speed300",
        "scroll_speed_change t3333 snap3 scroll_speed200",
    ]


def test_a_map_without_hit_sounds_a_guest_difficulty_and_nothing():
    assert encoded(beatmap([slider()]), ContextKind.NO_HS) == [
        "slider_head t2000 snap1 dist320 pos272 scroll_speed100",
        "red_anchor dist70 pos274",
        "last_anchor t2500 snap1 dist70 pos276",
        "slider_end t2500 snap1 dist pos276",
    ]
    chart = beatmap([circle(), slider()])
    assert encoded(chart, ContextKind.GD) == encoded(chart, ContextKind.MAP)
    assert encoded(chart, ContextKind.NONE) == []


def test_a_path_of_hundreds_of_points_is_thinned():
    points = [(float(x), float(x % 2)) for x in range(400)]
    chart = beatmap([Slider(2000, 0, 0, segments=[PathSegment(CurveKind.BEZIER, points)], length_px=400)])
    groups = encode_context(chart, ContextKind.MAP, V29, SONG_MS)
    assert sum(g.kind is EventKind.RED_ANCHOR for g in groups) == 31
