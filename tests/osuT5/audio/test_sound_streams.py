"""Times after flaws of a file, joined files, and channels that cannot be averaged."""

import time
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile
from test_decode import click_track, encode

from osuT5.audio.decode import audio_duration_ms, audio_notes, iter_audio, load_audio
from osuT5.audio.mp3_start import parse_header
from osuT5.audio.sound_streams import mp3_flaws, ogg_links
from pipeline.output.audio import prepare_audio

FRAME_MS = 1152 / 44.1
SECONDS = 8.0
CLICKS_MS = tuple(np.arange(300.0, 1000 * SECONDS - 100, 230.0))


@pytest.fixture(scope="module", params=[(44_100, "mono"), (44_100, "stereo"), (22_050, "mono")], ids=str)
def mp3(request, tmp_path_factory) -> tuple[bytes, int]:
    """The bytes of a whole file, and its sample rate."""
    rate, layout = request.param
    path = tmp_path_factory.mktemp("mp3") / "song.mp3"
    encode(path, click_track(rate, CLICKS_MS, SECONDS), rate, "libmp3lame", layout)
    assert mp3_flaws(path) == ()
    assert audio_notes(path) == []
    return path.read_bytes(), rate


def frame_places(data: bytes) -> list[int]:
    places, place = [], data.index(b"\xff", 10)
    while header := parse_header(data[place : place + 4]):
        places.append(place)
        place += header.size_bytes
    return places


def click_starts_ms(path: Path, from_ms: float = 0.0) -> np.ndarray:
    """Clicks after a time; where a flaw crackles, nothing is as loud as that."""
    audio = np.abs(load_audio(path, 16_000))[round(16 * from_ms) :]
    loud = np.flatnonzero(audio > 0.5 * np.quantile(audio, 0.999)) / 16
    return from_ms + loud[np.diff(loud, prepend=-1000) > 100]


def click_lags_ms(path: Path, from_ms: float) -> np.ndarray:
    """How late each click after a time is, against the click of the track nearest to it."""
    starts = click_starts_ms(path, from_ms)
    expected = np.array(CLICKS_MS)
    return starts - expected[np.abs(starts[:, None] - expected).argmin(axis=1)]


def damage(data: bytes, kind: str, rng: np.random.Generator) -> bytes:
    places = frame_places(data)
    place = places[int(rng.integers(len(places) // 3, len(places) // 2))]
    junk = rng.bytes(int(rng.integers(30, 500)))
    if kind == "inserted":
        return data[:place] + junk + data[place:]
    if kind == "like a frame":
        return data[:place] + data[place : place + 4] + junk + data[place:]
    inside = place + int(rng.integers(1, 60))
    if kind == "overwritten":
        return data[:inside] + junk + data[inside + len(junk) :]
    return data[:inside] + data[inside + int(rng.integers(10, 100)) :]


@pytest.mark.parametrize("kind", ["inserted", "like a frame", "overwritten", "cut out"])
def test_what_follows_a_flaw_keeps_its_time_and_the_flaw_is_noted(mp3, tmp_path, kind):
    data, rate = mp3
    path = tmp_path / "song.mp3"
    frame_ms = 576_000 / rate if rate < 32_000 else 1_152_000 / rate
    for seed in range(6):
        path.write_bytes(damage(data, kind, np.random.default_rng(seed)))
        lags_ms = click_lags_ms(path, 0.6 * 1000 * SECONDS)
        assert len(lags_ms) > 8
        assert np.abs(lags_ms).max() <= frame_ms + 1, (kind, seed)
        if kind == "inserted":
            (flaw,) = mp3_flaws(path)
            (note,) = audio_notes(path)
            assert f"damaged at {flaw.time_s:.2f} s: {flaw.skipped_bytes} bytes are not audio" in note
        assert audio_duration_ms(path) == pytest.approx(1000 * SECONDS, abs=4 * frame_ms + 60)


def test_tags_at_the_end_and_files_cut_off_are_no_flaws(mp3, tmp_path):
    data, _ = mp3
    path = tmp_path / "song.mp3"
    for tail in (b"TAG" + bytes(125), b"APETAGEX" + bytes(100), b"\0" * 700, data[frame_places(data)[5] :][:90]):
        path.write_bytes(data + tail)
        assert audio_notes(path) == []


def test_hostile_files_take_no_time(mp3, tmp_path):
    data, _ = mp3
    path = tmp_path / "song.mp3"
    path.write_bytes(data[: frame_places(data)[40]] + b"\xff\xfb\xff\xfb" * 2_000_000)
    started = time.process_time()
    assert mp3_flaws(path) == ()
    assert time.process_time() - started < 5


def ogg(folder: Path, name: str, track: np.ndarray, rate: int) -> bytes:
    soundfile.write(folder / f"{name}.flac", track, rate)
    return prepare_audio(folder / f"{name}.flac").read_bytes()


def test_links_of_a_chained_file_follow_each_other_without_a_gap(tmp_path):
    """Each link begins with its own pages of headers, also at another sample rate."""
    first, second = click_track(44_100, CLICKS_MS[:9], 2.99), click_track(48_000, CLICKS_MS[:6], 2.01)
    path = tmp_path / "song.ogg"
    path.write_bytes(ogg(tmp_path, "a", first, 44_100) + ogg(tmp_path, "b", second, 48_000))
    assert len(ogg_links(path)) == 2
    assert audio_duration_ms(path) == pytest.approx(5000, abs=1)
    assert len(load_audio(path, 16_000)) == pytest.approx(80_000, abs=4)
    expected = [*CLICKS_MS[:9], *(2990 + ms for ms in CLICKS_MS[:6])]
    np.testing.assert_allclose(click_starts_ms(path), expected, atol=1.0)
    assert audio_notes(path) == []
    whole = tmp_path / "whole.ogg"
    whole.write_bytes(ogg(tmp_path, "c", first, 44_100))
    assert ogg_links(whole) == []
    whole.write_bytes(whole.read_bytes() + b"OggS\0\2" + bytes(21) + b"x" * 90)
    assert audio_notes(whole) == ["whole.ogg is damaged: 1 of its 2 joined parts cannot be read."]
    assert len(load_audio(whole, 16_000)) == pytest.approx(2.99 * 16_000, abs=60)


@pytest.mark.parametrize("gain", [-1.0, -0.95])
def test_one_of_two_channels_that_cancel_is_taken(tmp_path, gain):
    track = click_track(16_000)
    path = tmp_path / "song.wav"
    soundfile.write(path, np.stack([gain * track, track], axis=1), 16_000, subtype="FLOAT")
    for audio in (load_audio(path, 16_000), np.concatenate([*iter_audio(path, 16_000, channels=1)])[:, 0]):
        np.testing.assert_allclose(np.abs(audio) / np.abs(audio).max(), np.abs(track) / np.abs(track).max(), atol=1e-5)
    (note,) = audio_notes(path)
    assert "cancel each other" in note
    soundfile.write(path, np.stack([0.2 * track, track], axis=1), 16_000, subtype="FLOAT")
    assert audio_notes(path) == []
    np.testing.assert_allclose(load_audio(path, 16_000, normalise=False), 0.6 * track, atol=1e-6)


LAYOUTS = {
    "5.1": (["FL", "FR", "FC", "LFE", "BL", "BR"], [1, 0, 0.7071, 0, 0.7071, 0]),
    "quad": (["FL", "FR", "BL", "BR"], [1, 0, 0.7071, 0]),
    "7.1": (["FL", "FR", "FC", "LFE", "BL", "BR", "SL", "SR"], [1, 0, 0.7071, 0, 0.7071, 0, 0.7071, 0]),
    "3.0": (["FL", "FR", "FC"], [1, 0, 0.7071]),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_surround_becomes_stereo_by_the_usual_weights(tmp_path, layout):
    names, to_left = LAYOUTS[layout]
    for number, (name, weight) in enumerate(zip(names, to_left, strict=True)):
        values = np.zeros((len(names), 48_000), np.float32)
        values[number] = 0.5 * click_track(48_000, (500.0,), 1.0)
        path = tmp_path / f"{name}.flac"
        with av.open(str(path), "w") as container:
            stream = container.add_stream("flac", rate=48_000, layout=layout)
            frame = av.AudioFrame.from_ndarray((values * 32767).astype(np.int16).T.reshape(1, -1), "s16", layout)
            frame.sample_rate = 48_000
            container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
        stereo = np.concatenate([*iter_audio(path, 48_000, channels=2)])
        np.testing.assert_allclose(stereo[:, 0], weight * values[number], atol=1e-3)


def test_a_song_in_surround_is_exported_in_stereo_at_its_level(tmp_path):
    quiet, loud = tmp_path / "quiet.flac", tmp_path / "loud.flac"
    track = click_track(48_000)
    for path, gain in ((quiet, 0.0), (loud, 1.0)):
        soundfile.write(path, np.stack([0.6 * track, 0.6 * track, gain * track, *[0 * track] * 3], axis=1), 48_000)
        (tmp_path / "song.ogg").write_bytes(prepare_audio(path).read_bytes())
        samples, _ = soundfile.read(tmp_path / "song.ogg")
        assert samples.shape[1] == 2
        wanted = 0.6 * 0.8 if path is quiet else 1.0
        assert np.abs(samples).max() == pytest.approx(wanted, rel=0.12)


CASES = {
    "mp3-junk-between-frames/song.mp3": "damaged at 7.97 s",
    "mp3-fake-frames/song.mp3": "damaged at 3.92 s, 6.53 s",
    "ogg-chained/song.ogg": "",
    "antiphase/song.flac": "cancel each other",
    "surround-front/song.flac": "",
}


@pytest.mark.parametrize("case", CASES)
def test_shared_songs_click_every_half_second(shared_dir, case):
    path = shared_dir / "cases" / case
    if not path.is_file():
        pytest.skip(f"the case {case} is not on this machine")
    starts = click_starts_ms(path)
    assert len(starts) > 10
    np.testing.assert_allclose(starts, 250 * np.round(starts / 250), atol=FRAME_MS)
    seconds = 6.0 if "surround" in case else 12.0
    assert audio_duration_ms(path) == pytest.approx(1000 * seconds, abs=60)
    assert all(CASES[case] in note for note in audio_notes(path))
    assert bool(audio_notes(path)) is bool(CASES[case])
