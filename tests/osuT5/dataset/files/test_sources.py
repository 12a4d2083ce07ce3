"""Songs of a folder of mapsets, and which split they are in."""

import pytest

from osu_beatmap.beatmap import Beatmap, Circle, Metadata, TimingPoint
from osu_beatmap.files.writer import write_beatmap
from osu_beatmap.held_out import Split, is_song_in_split, title_hash
from osuT5.dataset.files.sources import mapset_songs


@pytest.mark.parametrize(
    "same", ["Lantern Parade", "lantern parade", "LANTERN PARADE!", "Lantern Parade (TV Size)", "[Cut] Lantern-Parade"]
)
def test_spellings_of_a_title_are_one_song(same):
    assert title_hash(same) == title_hash("Lantern Parade")


def test_other_titles_are_other_songs_and_any_title_holds_a_song_out():
    titles = ["Lantern Parade", "Lantern Parade 2", "灯籠", "灯台", "!!!", "???", "(untitled)"]
    assert len({title_hash(title) for title in titles}) == len(titles)
    assert title_hash("(untitled)") == title_hash("untitled"), "nothing but a note: then the note is the title"
    held_out = frozenset({title_hash("灯籠")})
    song = [chart("Lantern").metadata, chart("Lantern", "灯籠 (Short Ver.)").metadata]
    other = [chart("Lantern").metadata]
    splits = (Split.TRAIN, Split.HELD_OUT, Split.ALL)
    assert [is_song_in_split(song, split, held_out) for split in splits] == [False, True, True]
    assert [is_song_in_split(other, split, held_out) for split in splits] == [True, False, True]


def chart(title: str, title_unicode: str = "") -> Beatmap:
    return Beatmap(
        metadata=Metadata(title=title, title_unicode=title_unicode),
        timing_points=[TimingPoint(0.0, 500.0)],
        hit_objects=[Circle(1000.0, 256, 192)],
        audio_filename="audio.ogg",
    )


def save(folder, name, beatmap):
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(write_beatmap(beatmap), encoding="utf-8", newline="")


def test_a_mapset_with_two_audio_files_is_two_songs(tmp_path):
    folder = tmp_path / "1 Nobody - Something"
    save(folder, "a.osu", chart("One"))
    save(folder, "b.osu", chart("One"))
    other = chart("Two")
    other.audio_filename = "zweite ü.ogg"
    save(folder, "c.osu", other)
    missing = chart("Three")
    missing.audio_filename = "gone.ogg"
    save(folder, "d.osu", missing)
    (folder / "audio.ogg").write_bytes(b"")
    (folder / "zweite ü.ogg").write_bytes(b"")
    (tmp_path / "readme.txt").write_text("no mapset", encoding="utf-8")
    songs = list(mapset_songs(tmp_path))
    assert [(song.audio_path.name, [path.name for path in song.chart_paths]) for song in songs] == [
        ("audio.ogg", ["a.osu", "b.osu"]),
        ("zweite ü.ogg", ["c.osu"]),
    ]
