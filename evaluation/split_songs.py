"""Songs of a split, with their charts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from evaluation.charts import song_ms_of
from osu_beatmap.held_out import Split, held_out_titles, is_song_in_split
from osuT5.dataset.files.sources import FolderSong, ReadChart, SourceReport, charts_in_song, read_charts


def songs_in_split(songs: Iterable[FolderSong], split: Split) -> Iterator[tuple[FolderSong, list[ReadChart]]]:
    """Yield the songs of a split, with their readable charts.

    Songs without charts are left out.
    """
    held_out = held_out_titles()
    for song in songs:
        charts = charts_in_song(read_charts(song, SourceReport()), song_ms_of(song.audio_path), SourceReport())
        if charts and is_song_in_split([chart.record for chart in charts], split, held_out):
            yield song, charts
