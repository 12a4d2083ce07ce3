"""Style: a model's own names, what it ignores, what guidance leads away from, and maps without hit sounds."""

from dataclasses import replace

import pytest

from osu_beatmap.attributes import Attributes, is_hitsounded
from osu_beatmap.beatmap import (
    Beatmap,
    Circle,
    Difficulty,
    GameMode,
    HitSample,
    HitSound,
    SampleSet,
    Slider,
    SliderEdge,
    TimingPoint,
)
from osu_beatmap.star_rating import star_rating
from osuT5.encoding import encode_context
from osuT5.tokens.class_tables import ClassTables
from osuT5.tokens.contract import mini_spec
from osuT5.tokens.events import ContextKind, EventKind
from pipeline.generation.chart import rating_so_far
from pipeline.generation.conditions import negative_attributes, remove_additions, spell_descriptors
from pipeline.request.options import RequestError
from pipeline.request.resolve import resolve

MINI = mini_spec()
TOLD = replace(
    MINI,
    name="told",
    conditions=(*MINI.conditions, EventKind.MAPPER, EventKind.YEAR, EventKind.DESCRIPTOR),
    tables=ClassTables(mapper_index={17: 0}, descriptor_index={"jump aim": 0, "style/clean": 1, "streams": 2}),
)


def asked(**options):
    return resolve({"audio_path": "song.mp3", **options})


def test_descriptors_get_the_names_that_a_model_has() -> None:
    options = {"descriptors": "[Jump Aim,clean,skillset/streams]", "negative_descriptors": "[streams,clean,jump aim]"}
    request, notes = spell_descriptors(asked(**options, cfg_scale=2), TOLD)
    assert request.map.descriptors == ("jump aim", "style/clean", "streams")
    assert request.map.negative_descriptors == ("streams", "style/clean", "jump aim")
    assert notes == []


def test_what_a_model_was_never_told_of_is_said() -> None:
    wanted = {"mapper_id": 17, "year": 2015, "descriptors": "[jumps]", "difficulty": 4}
    request, (note,) = spell_descriptors(asked(**wanted), MINI)
    assert note == "The model mini does not use mapper_id, year and descriptors, which had no effect."
    assert request.map.descriptors == ("jumps",), "a refiner may know them"
    assert spell_descriptors(asked(difficulty=4, hitsounded=False), MINI)[1] == []
    _, (note,) = spell_descriptors(asked(mapper_id=99, descriptors="[reading,clean]"), TOLD)
    assert note == "The model told does not use reading and mapper_id=99, which had no effect."
    assert spell_descriptors(asked(mapper_id=17), TOLD)[1] == []
    request, (note,) = spell_descriptors(asked(descriptors="[Jumps,clean]"), MINI, tags={"jumps"})
    assert request.map.descriptors == ("jumps", "clean")
    assert note == "The model mini does not use clean, which had no effect."


@pytest.mark.parametrize("spec", [MINI, TOLD], ids=["without tables", "with tables"])
def test_a_tag_that_nobody_knows_is_one_sentence(spec) -> None:
    with pytest.raises(RequestError, match=r"^descriptors: there is no symetrical; did you mean symmetrical\?$"):
        spell_descriptors(asked(descriptors="[symetrical]"), spec)


def test_guidance_leads_away_from_no_wish_at_all_or_from_a_negative_list() -> None:
    wanted = Attributes(
        GameMode.MANIA, difficulty=4.0, key_count=7, hold_note_ratio=0.5, scroll_speed_ratio=0.1, hitsounded=True,
        year=2020, mapper_id=17, descriptors=("clean",),
    )  # fmt: skip
    assert negative_attributes(wanted, asked()) is None
    assert negative_attributes(wanted, asked(cfg_scale=2)) == Attributes(GameMode.MANIA, key_count=7, hitsounded=True)
    wanted = Attributes(GameMode.STANDARD, difficulty=4.0, mapper_id=17, descriptors=("clean",))
    request = asked(cfg_scale=2, descriptors="[clean]", negative_descriptors="[messy]")
    assert negative_attributes(wanted, request) == replace(wanted, descriptors=("messy",))


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"descriptors": "[clean]", "negative_descriptors": "[messy]"}, "need guidance"),
        ({"negative_descriptors": "[messy]", "cfg_scale": 2}, r"one for each of the descriptors \(0\), got 1"),
        ({"descriptors": "[a,b]", "negative_descriptors": "[c]", "cfg_scale": 2}, r"descriptors \(2\), got 1"),
    ],
)
def test_a_negative_list_needs_guidance_and_the_same_length(options: dict, sentence: str) -> None:
    with pytest.raises(RequestError, match=sentence):
        asked(**options)


def test_positions_alone_can_be_guided() -> None:
    assert asked(descriptors="[clean]", negative_descriptors="[messy]", diff_cfg_scale=2)


def loud(mode: GameMode) -> Beatmap:
    edges = [SliderEdge(HitSound.CLAP, SampleSet.SOFT, SampleSet.DRUM), SliderEdge(HitSound.FINISH)]
    sample = HitSample(normal_set=SampleSet.SOFT, addition_set=SampleSet.DRUM, volume=60)
    return Beatmap(
        mode=mode,
        hit_objects=[
            Circle(0.0, 0, 0, hitsound=HitSound.NORMAL | HitSound.WHISTLE, sample=sample),
            Slider(500.0, 0, 0, hitsound=HitSound.CLAP, edges=edges),
        ],
    )


@pytest.mark.parametrize("mode", [GameMode.STANDARD, GameMode.CATCH, GameMode.MANIA])
def test_additions_go_and_all_else_stays(mode: GameMode) -> None:
    beatmap = loud(mode)
    plain = remove_additions(beatmap)
    circle, slider = plain.hit_objects
    assert circle.hitsound == HitSound.NORMAL
    assert circle.sample == HitSample(volume=60)
    assert slider.hitsound == HitSound.NONE
    assert slider.edges == [SliderEdge(), SliderEdge()]
    assert not is_hitsounded(plain)
    assert beatmap == loud(mode), "the map given stays as it is"


def test_in_taiko_they_are_the_notes() -> None:
    beatmap = loud(GameMode.TAIKO)
    assert remove_additions(beatmap) == beatmap
    assert is_hitsounded(beatmap)


def test_what_is_written_so_far_is_rated_once_there_is_enough():
    spec, lines = mini_spec(), [TimingPoint(0.0, 400.0)]
    notes = [Circle(200.0 * number, 64.0 * (number % 8), 192.0) for number in range(100)]
    beatmap = Beatmap(timing_points=lines, hit_objects=notes)
    groups = encode_context(beatmap, ContextKind.MAP, spec.encoding, 20_000.0)
    rating = rating_so_far(Attributes(GameMode.STANDARD), lines, Difficulty(circle_size=4.0), spec)
    assert rating([]) is None
    assert rating(groups[:30]) is None
    assert rating(groups) == pytest.approx(star_rating(beatmap), rel=0.1)
    assert 0.5 < rating(groups[::4]) < rating(groups[::2]) < rating(groups)
