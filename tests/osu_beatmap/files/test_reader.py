"""Reading .osu text of every age and in every state of repair."""

import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from osu_beatmap.beatmap import Break, Circle, GameMode, Slider, Spinner, TimingPoint
from osu_beatmap.errors import BeatmapError
from osu_beatmap.files.reader import MAX_WARNINGS, decode_osu_bytes, parse_beatmap, read_beatmap
from osu_beatmap.files.writer import write_beatmap

SAMPLE = """osu file format v14

[General]
AudioFilename: folder\\song.mp3
AudioLeadIn: 500
PreviewTime: 12345
Countdown: 2
SampleSet: Soft
StackLeniency: 0.4
Mode: 2
LetterboxInBreaks: 1 // a comment

[Editor]
Bookmarks: 1,2,3
BeatDivisor: 4

[Metadata]
Title:Fate//Stay: the song
TitleUnicode:運命
Artist:Someone
ArtistUnicode:誰か
Creator:mapper
Version:Hard
Source:
Tags:one  two　three
BeatmapID:75
BeatmapSetID:1

[Difficulty]
HPDrainRate:6.5
CircleSize:4
OverallDifficulty:7
ApproachRate:9
SliderMultiplier:1.8
SliderTickRate:2

[Events]
//Background and Video events
0,0,"back, ground.jpg",0,-60
Video,-100,"clip.avi"
//Break Periods
2,10000,15000
//Storyboard Layer 0 (Background)
Sprite,Background,Centre,"SB//glow.png",320,240
 F,0,1000,2000,0,1
_M,0,1000,2000,0,0,1,1
Sample,1000,0,"hit.wav",60

[TimingPoints]
100.5,333.33,3,2,1,60,1,9
200,-50,4,1,0,70,0,1

[Colours]
Combo1 : 255,128,0
Combo2: 1,2,3
SliderBorder : 9,9,9

[HitObjects]
256,192,1000,5,0,0:0:0:0:
256,192,4000,12,0,5000,0:0:0:0:
100,100,2000,2,0,L|200:100,1,100
"""


def test_every_section():
    warnings: list[str] = []
    beatmap = parse_beatmap(SAMPLE, warnings=warnings)
    assert warnings == []
    assert (beatmap.mode, beatmap.format_version, beatmap.audio_filename) == (GameMode.CATCH, 14, "folder/song.mp3")
    assert (beatmap.audio_lead_in_ms, beatmap.preview_time_ms, beatmap.countdown) == (500.0, 12345.0, 2)
    assert (beatmap.sample_set, beatmap.stack_leniency) == (2, 0.4)
    metadata = beatmap.metadata
    assert (metadata.title, metadata.title_unicode) == ("Fate//Stay: the song", "運命")
    assert (metadata.artist, metadata.creator, metadata.version) == ("Someone", "mapper", "Hard")
    assert metadata.tags == ["one", "two　three"]  # only plain spaces part tags, as in osu!
    assert (metadata.beatmap_id, metadata.beatmapset_id) == (75, 1)
    difficulty = beatmap.difficulty
    assert (difficulty.hp_drain_rate, difficulty.circle_size, difficulty.overall_difficulty) == (6.5, 4.0, 7.0)
    assert (difficulty.approach_rate, difficulty.slider_multiplier, difficulty.slider_tick_rate) == (9.0, 1.8, 2.0)
    assert (beatmap.background, beatmap.background_offset_px) == ("back, ground.jpg", (0.0, -60.0))
    assert (beatmap.video_line, beatmap.breaks) == ('Video,-100,"clip.avi"', [Break(10000.0, 15000.0)])
    assert beatmap.storyboard_lines == [
        'Sprite,Background,Centre,"SB//glow.png",320,240',
        " F,0,1000,2000,0,1",
        "_M,0,1000,2000,0,0,1,1",
        'Sample,1000,0,"hit.wav",60',
    ]
    red, green = beatmap.timing_points
    assert red == TimingPoint(100.5, 333.33, 3, 2, 1, 60, True, 9)
    assert green == TimingPoint(200.0, -50.0, 4, 1, 0, 70, False, 1)
    assert (red.kiai, red.omit_barline, green.omit_barline) == (True, True, False)
    assert beatmap.combo_colours == [(255, 128, 0), (1, 2, 3)]
    assert [type(obj) for obj in beatmap.hit_objects] == [Circle, Slider, Spinner]  # in time order
    assert beatmap.other == {
        "General": {"LetterboxInBreaks": "1"},
        "Editor": {"Bookmarks": "1,2,3", "BeatDivisor": "4"},
        "Colours": {"SliderBorder": "9,9,9"},
    }


@pytest.mark.parametrize("line_end", ["\r\n", "\r", "\n"])
def test_line_ends(line_end):
    assert parse_beatmap(SAMPLE.replace("\n", line_end)) == parse_beatmap(SAMPLE)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp932"])
def test_encodings(encoding, tmp_path):
    path = tmp_path / "map.osu"
    path.write_bytes(SAMPLE.encode(encoding))
    assert read_beatmap(path) == parse_beatmap(SAMPLE)


def test_text_that_is_cut_and_backgrounds_of_old_maps():
    data = "Title:運命の輪".encode()[:-1]
    assert decode_osu_bytes(data).startswith("Title:運命の")
    assert decode_osu_bytes(b"Title:caf\xe9 au lait").endswith(" au lait")
    beatmap = parse_beatmap('osu file format v5\n[Events]\n1,0,"back.jpg"\n')
    assert (beatmap.background, beatmap.video_line) == ("back.jpg", "")


def test_a_map_without_anything_has_the_defaults_and_approach_rate_follows_overall_difficulty():
    beatmap = parse_beatmap("osu file format v14\n[Difficulty]\nOverallDifficulty:8\n")
    assert (beatmap.difficulty.overall_difficulty, beatmap.difficulty.approach_rate) == (8.0, 8.0)
    assert (beatmap.timing_points, beatmap.hit_objects, beatmap.difficulty.circle_size) == ([], [], 5.0)


def test_formats_before_5_are_24_ms_early():
    text = (
        "osu file format v{}\n[General]\nPreviewTime: 100\n[Events]\n2,100,900\n[TimingPoints]\n100,500\n[HitObjects]\n"
    )
    text += "1,2,100,12,0,700\n1,2,200,128,0,300:0:0:0:0:\n"
    old, new = parse_beatmap(text.format(4)), parse_beatmap(text.format(5))
    assert [obj.time_ms for obj in old.hit_objects] == [124.0, 224.0]
    assert [obj.end_ms for obj in old.hit_objects] == [724.0, 324.0]
    assert (old.preview_time_ms, old.breaks, old.timing_points[0].time_ms) == (124.0, [Break(124.0, 924.0)], 124.0)
    assert [obj.time_ms for obj in new.hit_objects] == [100.0, 200.0]
    assert parse_beatmap("osu file format v3\n[General]\nPreviewTime: -1\n").preview_time_ms == -1.0


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("100,500", TimingPoint(100.0, 500.0, sample_set=3, volume=80)),
        ("100,500,3", TimingPoint(100.0, 500.0, 3, sample_set=3, volume=80)),
        ("100,-50,4,1,2,60", TimingPoint(100.0, -50.0, 4, 1, 2, 60, uninherited=False)),
        ("100,500,0,9,2,60,1", TimingPoint(100.0, 500.0, 4, 0, 2, 60)),
        ("100,NaN,4,1,0,60,0,0", TimingPoint(100.0, -100.0, uninherited=False, volume=60)),
        ("100,-500,-16,1,0,60,1,0 ", TimingPoint(100.0, 6.0, volume=60)),
    ],
)
def test_timing_points_of_every_length(line, expected):
    text = f"osu file format v14\n[General]\nSampleSet: Drum\nSampleVolume: 80\n[TimingPoints]\n{line}\n"
    assert parse_beatmap(text).timing_points == [expected]


def test_lines_that_osu_skips_are_named():
    text = (
        "osu file format v14\n[General]\nAudioLeadIn: soon\n[Colours]\nCombo1 : 300,0,0\n[Events]\n2,x,1\n"
        "[TimingPoints]\nNaN,500\n0,1e308,4,1,0,60,1,0\n0,NaN,4,1,0,60,1,0\n[HitObjects]\n1,2,3\n0,0,10,1,0\n"
    )
    warnings: list[str] = []
    beatmap = parse_beatmap(text, warnings=warnings)
    assert len(beatmap.hit_objects) == 1
    assert [warning.split(" skipped")[0] for warning in warnings] == [
        "line 3 of [General]",
        "line 5 of [Colours]",
        "line 7 of [Events]",
        "line 9 of [TimingPoints]",
        "line 10 of [TimingPoints]",
        "line 11 of [TimingPoints]",
        "line 13 of [HitObjects]",
    ]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "is empty"),
        ("\r\n \r\n", "is empty"),
        ("ID3 this is music", "is not an osu! beatmap"),
        ("osu file format v14", "is not an osu! beatmap"),
        ("osu file format v14\n[Gene", "is not an osu! beatmap"),
        ("osu file format v14\n[General]\nMode: 7\n", "is for mode '7'"),
        ("osu file format v14\n[HitObjects]\nNaN,0,0,1,0\n", "has no readable hit object: line 3"),
    ],
)
def test_what_is_no_beatmap_is_refused_in_one_sentence(text, reason):
    with pytest.raises(BeatmapError, match=r"^broken\.osu ") as caught:
        parse_beatmap(text, "broken.osu")
    assert reason in str(caught.value)
    assert "\n" not in str(caught.value)


def test_missing_files_and_folders_are_refused(tmp_path):
    for path in (tmp_path / "none.osu", tmp_path):
        with pytest.raises(BeatmapError, match="cannot be read"):
            read_beatmap(path)


def test_a_missing_format_line_is_a_warning_and_warnings_stay_few():
    warnings: list[str] = []
    assert parse_beatmap("[General]\nMode: 3\n", warnings=warnings).mode is GameMode.MANIA
    assert len(warnings) == 1
    warnings: list[str] = []
    parse_beatmap("osu file format v14\n[HitObjects]\n0,0,0,1,0\n" + "x\n" * 1000, warnings=warnings)
    assert len(warnings) == MAX_WARNINGS + 1
    assert warnings[-1] == "950 more lines with such errors"


def test_20_000_objects_read_in_seconds():
    lines = (f"{index % 512},192,{index},1,0,0:0:0:0:" for index in range(20_000))
    start = time.process_time()
    beatmap = parse_beatmap("osu file format v14\n[HitObjects]\n" + "\n".join(lines))
    assert len(beatmap.hit_objects) == 20_000
    assert time.process_time() - start < 2


def garbled(insertions: list[tuple[int, str]]) -> str:
    text = SAMPLE
    for position, inserted in insertions:
        text = text[:position] + inserted + text[position + len(inserted) :]
    return text


def lines_in(section: str, lines: list[list[str]]) -> str:
    return f"osu file format v14\n[{section}]\n" + "\n".join(",".join(fields) for fields in lines)


POSITIONS = st.integers(0, len(SAMPLE))
SECTIONS = st.sampled_from(["Events", "TimingPoints", "HitObjects", "Colours", "General", "Difficulty"])
FIELDS = st.sampled_from(
    ["", "0", "-1", "1", "2", "12", "128", "NaN", "1e308", "-1e308", "0.5", "B|1:2|1:2", "0:0", "x", " "]
)
TEXTS = st.one_of(
    POSITIONS.map(lambda cut: SAMPLE[:cut]),
    st.lists(st.tuples(POSITIONS, st.text(max_size=6)), min_size=1, max_size=5).map(garbled),
    st.builds(lines_in, SECTIONS, st.lists(st.lists(FIELDS, max_size=11), max_size=5)),
    st.binary(max_size=300).map(decode_osu_bytes),
    st.binary(max_size=300).map(lambda data: decode_osu_bytes(b"osu file format v14\n[Metadata]\n" + data)),
)


@settings(max_examples=200, deadline=None)
@given(TEXTS, st.sampled_from([3, 14, 128]))
def test_any_text_is_refused_or_survives_rewriting(text, version):
    """Nothing but BeatmapError may come out; what reads must survive being written and read again."""
    try:
        beatmap = parse_beatmap(text.replace("v14", f"v{version}"))
    except BeatmapError:
        return
    assert parse_beatmap(write_beatmap(beatmap)) == beatmap


def test_real_charts_read_and_survive_rewriting(shared_dir: Path):
    paths = sorted((shared_dir / "data" / "mapsets").rglob("*.osu"))[::150]
    assert paths
    for path in paths:
        beatmap = read_beatmap(path)
        assert beatmap.hit_objects, path
        assert parse_beatmap(write_beatmap(beatmap)) == beatmap, path


def test_a_file_has_sane_numbers_of_points_slides_and_lines():
    head = "osu file format v14\n[TimingPoints]\n0,500\n[HitObjects]\n"
    path = "B|" + "|".join(f"{number % 512}:{number % 384}" for number in range(900))
    warnings: list[str] = []
    lines = "".join(f"100,100,{1000 * number},2,0,{path},1,100\n" for number in range(40))
    assert len(parse_beatmap(head + lines, "m", warnings).hit_objects) == 24
    assert "the slider at 00:24:000 has 901 points, after many others" in warnings[0]
    with pytest.raises(BeatmapError, match="1001 points, more than the 1000"):
        parse_beatmap(f"{head}100,100,1000,2,0,B{'|1:1' * 1001},1,100\n", "m")
    with pytest.raises(BeatmapError, match="slides"):
        parse_beatmap(head + "100,100,1000,2,0,L|200:100,9000,0.1\n" * 112, "m")
    with pytest.raises(BeatmapError, match="lines, the limit for a beatmap"):
        parse_beatmap(head + "\n" * 2_000_001, "m")


def test_a_background_name_has_no_quotes_within():
    beatmap = parse_beatmap('osu file format v14\n[Events]\n0,0,b"g.jpg,0,0\n')
    assert beatmap.background == "bg.jpg"
