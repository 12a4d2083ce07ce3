"""File names that osu! would give, and that Windows and Linux take."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from osu_beatmap.beatmap import Metadata
from osu_beatmap.errors import BeatmapError
from osu_beatmap.files.file_names import (
    MAX_NAME_BYTES,
    MAX_NAME_CHARACTERS,
    legal_file_name,
    osu_file_name,
    osz_file_name,
    safe_archive_name,
)


@pytest.mark.parametrize(
    ("metadata", "osu", "osz"),
    [
        (
            Metadata(title="Song", artist="Band", creator="mapper", version="Hard", beatmapset_id=12),
            *("Band - Song (mapper) [Hard].osu", "12 Band - Song.osz"),
        ),
        (Metadata(title_unicode="運命", artist_unicode="誰か"), "誰か - 運命 () [].osu", "誰か - 運命.osz"),
        (
            Metadata(title='a/b\\c:d*e?"<>|\n', artist="..", creator="x\t\x00y", version="1/4 : hard..."),
            *("_ - abcde (x y) [14 hard...].osu", "_ - abcde.osz"),
        ),
    ],
    ids=["romanised", "without romanised names", "forbidden characters"],
)
def test_names_as_osu_gives_them(metadata, osu, osz):
    assert (osu_file_name(metadata), osz_file_name(metadata)) == (osu, osz)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("nul.mp3", "_nul.mp3"),
        ("Contour.mp3", "Contour.mp3"),
        ("a:b.mp3", "ab.mp3"),
        ("song. .ogg", "song.ogg"),
        ("???.ogg", "_.ogg"),
        ("song", "song.bin"),
    ],
)
def test_single_names_become_legal(name, expected):
    assert legal_file_name(name) == expected


def test_difficulties_of_one_long_song_keep_different_names():
    common = {"title": "t" * 300, "artist": "運" * 300, "creator": "c" * 100}
    names = {osu_file_name(Metadata(**common, version=version)) for version in ("Easy", "Hard", "Insane 120")}
    assert len(names) == 3
    assert all(name.endswith("].osu") for name in names)


@settings(max_examples=50, deadline=None)
@given(st.builds(Metadata, title=st.text(), artist=st.text(max_size=300), creator=st.text(), version=st.text()))
def test_any_metadata_gives_a_legal_name(metadata):
    for name, suffix in ((osu_file_name(metadata), ".osu"), (osz_file_name(metadata), ".osz")):
        assert name.endswith(suffix)
        assert len(name) <= MAX_NAME_CHARACTERS
        assert len(name.encode("utf-8")) <= MAX_NAME_BYTES
        assert not re.search(r'[\\/:*?"<>|\x00-\x1f]', name)
        assert name == name.strip()
        assert not re.match(r"(?i)(con|prn|aux|nul|com\d|lpt\d)\s*(\.|$)", name)


@pytest.mark.parametrize("name", ["../a", "a/../../b", "..\\a", "/etc/x", "\\x", "C:\\x", "c:x", "a\nb", "a/.."])
def test_archive_names_that_lead_outside_are_refused(name):
    with pytest.raises(BeatmapError, match="outside"):
        safe_archive_name(name)
