"""Songs by number of their mapset, and by the hashes of their titles."""

from dataclasses import dataclass

from osu_beatmap.beatmap import Metadata
from osu_beatmap.held_out import Split, is_song_in_split
from osuT5.dataset.files.splits import mapsets_between


@dataclass
class Numbered:
    mapset: str


SONGS = [Numbered(mapset) for mapset in ("a", "b", "b", "c", "d")]


def test_mapsets_are_counted_and_a_share_of_all_titles_is_held_out():
    assert [song.mapset for song in mapsets_between(SONGS, 1, 3)] == ["b", "b", "c"]
    assert [song.mapset for song in mapsets_between(SONGS, 2, None)] == ["c", "d"]
    assert list(mapsets_between(SONGS, 0, None)) == SONGS
    assert list(mapsets_between(SONGS, 7, None)) == []
    titles = [f"Song {number}" for number in range(2000)]
    held_out = {t for t in titles if is_song_in_split([Metadata(t)], Split.HELD_OUT, frozenset(), 0.1)}
    assert 150 < len(held_out) < 250
    again = {t for t in titles[:500] if is_song_in_split([Metadata(t)], Split.HELD_OUT, frozenset(), 0.1)}
    assert again == held_out & set(titles[:500])
    more = {t for t in titles if is_song_in_split([Metadata(t)], Split.HELD_OUT, frozenset(), 0.2)}
    assert held_out < more, "a larger share holds out the same songs and others"
    assert not held_out & {t for t in titles if is_song_in_split([Metadata(t)], Split.TRAIN, frozenset(), 0.1)}
