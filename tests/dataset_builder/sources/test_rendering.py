"""Songs rendered from charts: their sounds are where the objects are, and their folders are mapsets."""

from pathlib import Path

import numpy as np
import pytest

from dataset_builder.sources.chart_music import AUDIO_LEAD_MS, accents_of, music_for
from dataset_builder.sources.rendering import AUDIO_NAME, SongCharts, main, render_song, songs_of
from osu_beatmap.beatmap import Beatmap, Circle, GameMode, HitSound, Metadata, TimingPoint
from osu_beatmap.files.reader import read_beatmap
from osu_beatmap.files.writer import save_beatmap
from osuT5.audio.decode import load_audio

BEAT_MS = 500.0


def chart(version: str, every_ms: float, mode: GameMode = GameMode.STANDARD, objects: int = 24, **changes) -> Beatmap:
    times_ms = 1_000 + every_ms * np.arange(objects)
    return Beatmap(
        mode=mode,
        metadata=Metadata(title=changes.pop("title", "Song"), artist="Band", creator="me", version=version),
        timing_points=[TimingPoint(1_000.0, changes.pop("beat_ms", BEAT_MS))],
        hit_objects=[Circle(time_ms, 64.0 * (i % 7), 192.0, **changes) for i, time_ms in enumerate(times_ms)],
    )


def saved(folder: Path, *charts: Beatmap) -> list[Path]:
    paths = [folder / f"{index}.osu" for index in range(len(charts))]
    for one, path in zip(charts, paths, strict=True):
        save_beatmap(one, path)
    return paths


def test_each_object_is_heard_as_late_as_in_real_songs():
    notes = music_for([chart("Normal", BEAT_MS)], seed=3)
    melody = [note.time_ms for note in notes if note.instrument in ("lead", "pluck")]
    assert melody == [1_000 + BEAT_MS * i + AUDIO_LEAD_MS for i in range(24)]


def test_what_all_charts_have_stands_out():
    easy, hard = chart("Easy", 2 * BEAT_MS, objects=12), chart("Hard", BEAT_MS, objects=24)
    accents = accents_of([easy, hard])
    assert [accent.share for accent in accents] == [1.0, 0.5] * 12
    notes = {n.time_ms: n for n in music_for([easy, hard], seed=3) if n.instrument in ("lead", "pluck")}
    strengths = [notes[time_ms].strength for time_ms in sorted(notes)]
    assert min(strengths[::2]) > max(strengths[1::2])


def test_taiko_colours_sound_different():
    centre = music_for([chart("Muzukashii", BEAT_MS, GameMode.TAIKO)], seed=1)
    rim = music_for([chart("Muzukashii", BEAT_MS, GameMode.TAIKO, hitsound=HitSound.CLAP)], seed=1)

    def loudest(notes: list, drum: str) -> float:
        return sum(note.strength for note in notes if note.instrument == drum)

    assert loudest(centre, "kick") > loudest(rim, "kick")
    assert loudest(centre, "snare") < loudest(rim, "snare")


def test_charts_of_one_song_share_it(tmp_path: Path):
    other_tempo = chart("Other", BEAT_MS, beat_ms=400.0)
    paths = saved(
        tmp_path, chart("Easy", 1_000.0), chart("Hard", BEAT_MS), other_tempo, chart("Tiny", 1_000, objects=3)
    )
    (tmp_path / "broken.osu").write_text("not a beatmap", encoding="utf-8")
    songs, skipped = songs_of([*paths, tmp_path / "broken.osu"], longest_s=300)
    assert sorted(len(song.paths) for song in songs) == [1, 2]
    assert dict(skipped) == {"fewer than 20 objects": 1, "not readable": 1}
    assert songs_of(paths, longest_s=5)[1]["longer than 5 s"] == 3


def test_a_rendered_folder_is_a_mapset_with_sounds_at_its_objects(tmp_path: Path):
    paths = saved(tmp_path, chart("Hard", BEAT_MS))
    song = SongCharts("rendered-x", tuple(paths))
    assert render_song(song, tmp_path) == ""
    folder = tmp_path / "rendered-x"
    (written,) = (read_beatmap(path) for path in folder.glob("*.osu"))
    assert written.audio_filename == AUDIO_NAME
    samples = load_audio(folder / AUDIO_NAME, 16_000)
    loudness = np.abs(samples)
    places = [round((item.time_ms + AUDIO_LEAD_MS) * 16) for item in written.hit_objects]
    before = np.mean([loudness[place - 480 : place - 160].mean() for place in places])
    after = np.mean([loudness[place : place + 320].mean() for place in places])
    assert after > 2 * before
    stamp = (folder / AUDIO_NAME).stat().st_mtime_ns
    assert render_song(song, tmp_path) == ""
    assert (folder / AUDIO_NAME).stat().st_mtime_ns == stamp, "what is there is left as it is"


def test_a_folder_that_there_is_not_is_said_in_a_sentence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr("sys.argv", ["rendering", str(tmp_path / "nowhere"), str(tmp_path / "out")])
    assert main() == 2
    assert "There is no folder" in capsys.readouterr().err
