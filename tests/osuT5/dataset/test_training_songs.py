"""A tiny folder of mapsets, read, split and encoded."""

import numpy as np
import pytest
from training_songs import BEAT_MS, RATE_HZ, SPEC, small_beatmap, write_mapset

from osu_beatmap.beatmap import GameMode
from osu_beatmap.held_out import Split, title_hash
from osuT5.dataset import training_songs as corpus
from osuT5.dataset.files.chart_record import ChartRecord
from osuT5.dataset.files.sources import ReadChart, SourceReport, mapset_songs
from osuT5.dataset.files.splits import songs_of_split
from osuT5.dataset.training_songs import SongLoader, encode_chart, load_corpus
from osuT5.tokens.events import ContextKind

SONG_S = 12


@pytest.fixture(scope="module")
def mapsets(tmp_path_factory):
    folder = tmp_path_factory.mktemp("mapsets")
    modes = {"Known": (GameMode.STANDARD, GameMode.MANIA), "Caught": (GameMode.STANDARD, GameMode.CATCH)}
    for title in ("Known", "Caught", "Secret", "Silent"):
        charts = (small_beatmap(title, mode) for mode in modes.get(title, (GameMode.TAIKO,)))
        write_mapset(folder / title, *charts)
    (folder / "Silent" / "audio.wav").write_bytes(b"no audio")
    return folder


HELD_OUT = frozenset({title_hash("Secret")})


def loaded(folder, split, **options):
    report = SourceReport()
    songs = songs_of_split(list(mapset_songs(folder)), split, report, held_out=HELD_OUT)
    return load_corpus(songs, SongLoader(SPEC, **options), report), report


def test_songs_of_the_split_have_their_charts_and_converted_ones(mapsets):
    songs, report = loaded(mapsets, Split.TRAIN)
    assert [song.name for song in songs] == ["Caught", "Known"]
    assert any(line.startswith("audio.wav") for line in report.skipped), "audio that cannot be decoded is counted"
    songs, _ = loaded(mapsets, Split.HELD_OUT)
    assert [song.name for song in songs] == ["Secret"]
    songs, _ = loaded(mapsets, Split.TRAIN)
    kinds = {song.name: [(c.attributes.mode.name, c.converted) for c in song.charts] for song in songs}
    assert kinds["Caught"] == [("CATCH", False), ("STANDARD", False)]
    assert sorted(kinds["Known"]) == [("CATCH", True), ("MANIA", False), ("STANDARD", False)]
    songs, _ = loaded(mapsets, Split.TRAIN, convert_to_catch=False)
    assert not any(c.converted for song in songs for c in song.charts)


def test_a_song_holds_spectrogram_beats_and_times(mapsets):
    songs, _ = loaded(mapsets, Split.HELD_OUT)
    (song,) = songs
    assert song.mel.shape == (SONG_S * RATE_HZ // SPEC.grid.hop_samples + 1, SPEC.spectrogram.n_mels)
    assert song.song_ms == pytest.approx(SONG_S * 1000)
    assert song.beat_times_ms[:3].tolist() == [500.0, 1000.0, 1500.0]
    assert song.downbeat_times_ms[:2].tolist() == [500.0, 2500.0]
    (taiko,) = song.charts
    assert taiko.object_times_ms.tolist() == [1000.0 + BEAT_MS * i for i in range(18)]
    assert list(taiko.streams) == [ContextKind.TIMING, ContextKind.KIAI, ContextKind.MAP]
    assert len(taiko.streams[ContextKind.MAP].times_ms) == 18
    assert taiko.attributes.difficulty > 0


def test_spectrograms_come_from_the_cache_the_second_time(mapsets, tmp_path, monkeypatch):
    fresh, _ = loaded(mapsets, Split.HELD_OUT, cache_folder=tmp_path / "cache")
    monkeypatch.setattr(corpus, "song_mel", lambda *_: pytest.fail("it is in the cache"))
    cached, _ = loaded(mapsets, Split.HELD_OUT, cache_folder=tmp_path / "cache")
    assert np.array_equal(fresh[0].mel, cached[0].mel)
    assert fresh[0].song_ms == cached[0].song_ms
    assert [path.suffix for path in (tmp_path / "cache").iterdir()] == [".npy"], "no temporary file is left"


def test_a_chart_that_nobody_can_rate_is_refused():
    impossible = small_beatmap("Wall")
    impossible.hit_objects = []
    with pytest.raises(ValueError, match="stars"):
        encode_chart(ReadChart("wall.osu", impossible, ChartRecord.of(impossible)), SPEC, SONG_S * 1000.0)
