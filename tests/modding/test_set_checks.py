"""What concerns a mapset: levels, snapping and files."""

from dataclasses import replace

from modding.set_checks import set_suggestions
from osu_beatmap.beatmap import Beatmap, Circle, TimingPoint
from tests.support.review_maps import regular_map


def said(maps: dict[str, Beatmap], files=(), storyboards=()) -> list[str]:
    return [each.message for each in set_suggestions(maps, files, storyboards)]


def snapped(version: str, divisor: int, count: int = 240) -> Beatmap:
    """A map of 150 BPM with objects on one divisor."""
    beatmap = regular_map()
    beatmap.timing_points = [TimingPoint(1000.0, 400.0)]
    step_ms = 400.0 / divisor
    times_ms = [float(round(1000.0 + number * step_ms)) for number in range(count)]
    beatmap.hit_objects = [Circle(ms, 100.0 + 8 * (number % 9), 192.0) for number, ms in enumerate(times_ms)]
    beatmap.metadata.version = version
    return beatmap


def test_thirds_against_quarters_are_named_with_their_difficulties():
    maps = {"hard": snapped("Hard", 4), "normal": snapped("Normal", 3, 60)}
    (message,) = [each for each in said(maps) if "1/3" in each]
    assert message.startswith("[Normal] has 1/3 where [Hard] has 1/4 in ")
    assert not [each for each in said({"a": snapped("A", 4), "b": snapped("B", 4, 60)}) if "1/" in each]


def test_a_missing_level_is_named():
    hard, easy = snapped("Extra", 4), snapped("Easy", 1)
    messages = said({"hard": hard, "easy": easy})
    assert any(each.startswith("Between [Easy]") for each in messages), messages
    draft = replace(snapped("Draft", 1), hit_objects=[])
    assert said({"hard": hard, "easy": easy, "draft": draft}) == messages


def test_missing_and_unused_files_are_named():
    beatmap = regular_map()
    beatmap.hit_objects[0].sample = replace(beatmap.hit_objects[0].sample, filename="kick.wav")
    beatmap.timing_points[0].sample_index = 2
    files = ["audio.ogg", "soft-hitclap3.wav", "left.png", "hitcircle.png", "SB/Star.PNG"]
    messages = said({"map": beatmap}, files, ['Sprite,Foreground,Centre,"sb\\star.png",320,240'])
    assert any(each.endswith("plays files that are missing: kick.wav.") for each in messages)
    assert any("custom sample sets without any file: 2." in each for each in messages)
    assert "No difficulty uses left.png, soft-hitclap3.wav." in messages
    assert said({"map": beatmap}, [*files[:1], "Kick.ogg", "soft-hitclap2.wav"]) == []
