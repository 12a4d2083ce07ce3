"""Clicks in files of every format land where they were put; unusable files get one sentence."""

import wave
from itertools import product
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile

from osuT5.audio import decode as audio_module
from osuT5.audio.decode import AudioError, audio_duration_ms, audio_format, iter_audio, load_audio, read_tags
from osuT5.audio.mp3_start import start_trim_samples

CLICKS_MS = (500.0, 1300.0, 2250.0)
DURATION_S = 3.0
MP3_DELAY_SAMPLES = 1105  # LAME's 576 and the decoder's 529


def click_track(sample_rate: int, clicks_ms=CLICKS_MS, duration_s: float = DURATION_S) -> np.ndarray:
    """Float32 [samples] with short decaying tones starting at `clicks_ms`."""
    track = np.zeros(round(duration_s * sample_rate), np.float32)
    t_s = np.arange(round(0.004 * sample_rate)) / sample_rate
    click = 0.8 * np.exp(-t_s / 0.001) * np.cos(2 * np.pi * 2000 * t_s)
    for click_ms in clicks_ms:
        start = round(click_ms * sample_rate / 1000)
        track[start : start + len(click)] += click.astype(np.float32)
    return track


def encode(
    path: Path, track: np.ndarray, sample_rate: int, codec: str, layout="mono", metadata=None, **options
) -> Path:
    with av.open(str(path), "w", options=options) as container:
        container.metadata.update(metadata or {})
        stream = container.add_stream(codec, rate=sample_rate)
        stream.layout, stream.bit_rate = layout, 96_000
        stream.codec_context.open()
        frame = av.AudioFrame.from_ndarray(track[None], format="fltp", layout="mono")
        frame.sample_rate, frame.pts = sample_rate, 0
        resampler = av.AudioResampler(
            stream.codec_context.format, layout, sample_rate, frame_size=stream.codec_context.frame_size
        )
        for piece in (*resampler.resample(frame), *resampler.resample(None)):
            container.mux(stream.encode(piece))
        container.mux(stream.encode(None))
    return path


def write_clicks(folder: Path, kind: str, sample_rate: int) -> Path:
    track = click_track(sample_rate)
    path = folder / f"song.{kind}"
    codecs = {"mp3": "libmp3lame", "opus": "libopus", "m4a": "aac", "aac": "aac", "mkv": "aac", "mp4": "aac"}
    if kind in codecs:
        return encode(path, track, sample_rate, codecs[kind])
    soundfile.write(path, track, sample_rate)
    return path


def lag_ms(audio: np.ndarray, sample_rate: int) -> float:
    expected = click_track(sample_rate)
    size = 4 * len(expected)
    correlation = np.fft.irfft(np.fft.rfft(audio, size) * np.conj(np.fft.rfft(expected, size)), size)
    lag = int(np.argmax(correlation))
    return (lag if lag < size // 2 else lag - size) * 1000 / sample_rate


KINDS = ["mp3", "ogg", "flac", "wav", "m4a", "aac", "mkv"]


@pytest.mark.parametrize(
    ("kind", "sample_rate"), [*product(KINDS, (44_100, 48_000)), ("opus", 48_000), ("mp3", 22_050)]
)
def test_clicks_land_where_they_were_put(tmp_path, kind, sample_rate):
    path = write_clicks(tmp_path, kind, sample_rate)
    audio = load_audio(path)
    assert audio.dtype == np.float32 and audio.ndim == 1
    assert abs(lag_ms(audio, 16_000)) < 0.5
    assert len(audio) == pytest.approx(DURATION_S * 16_000, abs=0.05 * 16_000)
    assert audio_duration_ms(path) == pytest.approx(DURATION_S * 1000, abs=60)


def test_an_aac_file_without_priming_information_loses_1024_samples(tmp_path):
    path = encode(tmp_path / "song.m4a", click_track(44_100), 44_100, "aac", use_editlist="0")
    assert abs(lag_ms(load_audio(path), 16_000)) < 0.5


def test_an_mp3_without_a_tag_keeps_its_delay_as_in_osu(tmp_path):
    path = encode(tmp_path / "song.mp3", click_track(48_000), 48_000, "libmp3lame", write_xing="0")
    assert start_trim_samples(path) == 0
    assert lag_ms(load_audio(path), 16_000) == pytest.approx(MP3_DELAY_SAMPLES / 48, abs=0.2)


def test_a_time_deep_in_a_resampled_song_does_not_drift(tmp_path):
    track = click_track(44_100, (59_000.0,), 60.0)
    soundfile.write(tmp_path / "song.flac", track, 44_100)
    audio = load_audio(tmp_path / "song.flac")
    assert np.argmax(np.abs(audio)) / 16 == pytest.approx(59_000, abs=0.5)
    assert len(audio) == 60 * 16_000


# The first frame of an mp3, byte by byte: MPEG-1 layer III, 128 kbit/s, 44.1 kHz, stereo is 417 bytes.


def mp3_frame(header: bytes = b"\xff\xfb\x90\x00", size: int = 417, at: int = 0, payload: bytes = b"") -> bytes:
    body = bytearray(size)
    body[:4] = header
    body[at : at + len(payload)] = payload
    return bytes(body)


def info_tag(name: bytes, delay: int, padding: int) -> bytes:
    lame = name.ljust(9, b"\0") + bytes(12) + (delay << 12 | padding).to_bytes(3, "big") + bytes(12)
    return b"Info" + (0b1111).to_bytes(4, "big") + bytes(4 + 4 + 100 + 4) + lame


@pytest.mark.parametrize(
    ("first", "trim"),
    [
        (mp3_frame(at=36, payload=info_tag(b"LAME3.100", 576, 1000)), 1105),
        (mp3_frame(at=36, payload=info_tag(b"LAME3.100", 0, 700)), 529),
        (mp3_frame(at=36, payload=info_tag(b"LAME3.100", 0, 0)), 0),
        (mp3_frame(at=36, payload=info_tag(b"", 576, 1000)), 0),
        (mp3_frame(), 0),
        (mp3_frame(at=36, payload=b"VBRI\0\1" + (576).to_bytes(2, "big")), 576 - 1152),
        (mp3_frame(at=36, payload=b"VBRI\0\1" + (0).to_bytes(2, "big")), 529 - 1152),
        (b"ID3\x04\0\0\0\0\x08\x00" + bytes(1024) + mp3_frame(at=36, payload=info_tag(b"Lavc", 1000, 0)), 1529),
        (b"junk\xff\xfb\x90\x00junk" + mp3_frame(at=36, payload=info_tag(b"LAME", 576, 9)), 1105),
        (b"no frame at all" * 9, 0),
    ],
)
def test_what_osu_drops_at_the_start_of_an_mp3(tmp_path, first, trim):
    path = tmp_path / "song.mp3"
    path.write_bytes(first + 2 * mp3_frame())
    assert start_trim_samples(path) == trim


def test_normalisation_divides_by_the_peak_and_numbers_that_are_not_finite_are_silence(tmp_path):
    quiet = 0.25 * click_track(16_000)
    soundfile.write(tmp_path / "quiet.wav", quiet, 16_000, subtype="FLOAT")
    soundfile.write(tmp_path / "silent.wav", 0 * quiet, 16_000)
    assert np.abs(load_audio(tmp_path / "quiet.wav")).max() == pytest.approx(1.0)
    np.testing.assert_allclose(load_audio(tmp_path / "quiet.wav", normalise=False), quiet, atol=1e-5)
    assert not load_audio(tmp_path / "silent.wav").any()
    track = click_track(16_000)
    track[100], track[101] = np.nan, np.inf
    soundfile.write(tmp_path / "song.wav", track, 16_000, subtype="FLOAT")
    assert np.isfinite(load_audio(tmp_path / "song.wav")).all()


@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE"])
def test_every_sample_format_has_the_same_full_scale(tmp_path, subtype):
    track = click_track(16_000)
    soundfile.write(tmp_path / "song.wav", np.stack([track, track / 2], axis=1), 16_000, subtype=subtype)
    audio = load_audio(tmp_path / "song.wav", normalise=False)
    np.testing.assert_allclose(audio, 0.75 * track, atol=0.01)


def test_stereo_survives_where_it_is_asked_for(tmp_path):
    track = click_track(48_000)
    soundfile.write(tmp_path / "song.wav", np.stack([track, -track], axis=1), 48_000, subtype="FLOAT")
    stereo = np.concatenate([*iter_audio(tmp_path / "song.wav", 48_000, channels=2)])
    np.testing.assert_allclose(stereo, np.stack([track, -track], axis=1), atol=1e-6)
    assert audio_format(tmp_path / "song.wav").channels == 2


def test_packets_that_cannot_be_decoded_become_silence_of_their_length(tmp_path, monkeypatch):
    path = write_clicks(tmp_path, "flac", 44_100)
    decode, calls = audio_module._decode_packet, iter(range(1000))

    def decode_all_but_the_second_click(packet, channels):
        return None if 13 <= next(calls) < 18 else decode(packet, channels)

    monkeypatch.setattr(audio_module, "_decode_packet", decode_all_but_the_second_click)
    audio = load_audio(path)
    assert len(audio) == DURATION_S * 16_000
    loud_ms = np.flatnonzero(np.abs(audio) > 0.5) / 16
    assert [*np.unique(np.round(loud_ms, -1))] == [CLICKS_MS[0], CLICKS_MS[2]]


def test_a_file_of_broken_packets_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(audio_module, "_decode_packet", lambda packet, channels: None)
    assert "damaged" in refusal(write_clicks(tmp_path, "flac", 44_100))


# What cannot be used


def refusal(path: Path) -> str:
    with pytest.raises(AudioError) as caught:
        load_audio(path)
    message = str(caught.value)
    assert "\n" not in message and message.endswith(".")
    return message


def test_missing_files_folders_and_blips(tmp_path):
    assert "There is no audio file" in refusal(tmp_path / "nowhere.mp3")
    assert "not a file" in refusal(tmp_path)
    assert "can be read" in refusal(tmp_path / ("long" * 200 + ".mp3"))
    soundfile.write(tmp_path / "blip.wav", np.ones(4800), 16_000)
    assert "0.3 s long" in refusal(tmp_path / "blip.wav")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"Just a text, not a song.\n" * 50,
        b"#EXTM3U\n#EXTINF:10,\nhttp://127.0.0.1:9/song.mp3\n",
        b"\x89PNG\r\n\x1a\n" + bytes(500),
        np.random.default_rng(1).bytes(50_000),
    ],
    ids=["empty", "text", "playlist", "picture", "noise"],
)
def test_files_that_are_no_songs(tmp_path, content):
    path = tmp_path / "song.mp3"
    path.write_bytes(content)
    assert "song.mp3" in refusal(path)


def test_a_video_without_sound(tmp_path):
    with av.open(str(tmp_path / "video.mp4"), "w") as container:
        stream = container.add_stream("mpeg4", rate=25)
        stream.width = stream.height = 32
        stream.pix_fmt = "yuv420p"
        frame = av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8))
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    assert "no audio in it" in refusal(tmp_path / "video.mp4")


def test_a_song_of_four_hours_is_refused_without_decoding(tmp_path, monkeypatch):
    path = tmp_path / "long.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 1, 100, 0, "NONE", ""))
        file.writeframes(bytes(100 * 4 * 3600))
    monkeypatch.setattr(audio_module, "_pieces", None)
    assert "longer than 3 hours" in refusal(path)


@pytest.mark.parametrize("claimed", [(1 << 36) - 1, 44_100 * 3600])
def test_a_header_that_claims_more_than_the_file_holds_is_not_believed(tmp_path, claimed):
    path = tmp_path / "song.flac"
    soundfile.write(path, click_track(44_100), 44_100)
    data = bytearray(path.read_bytes())
    # STREAMINFO: the last 36 bits before the checksum are the number of samples.
    data[21] = data[21] & 0xF0 | claimed >> 32
    data[22:26] = (claimed & 0xFFFFFFFF).to_bytes(4, "big")
    path.write_bytes(data)
    seconds = len(click_track(44_100)) / 44_100
    assert len(load_audio(path)) / 16_000 == pytest.approx(seconds, abs=0.05)
    assert audio_duration_ms(path) / 1000 == pytest.approx(seconds, abs=0.2)


def test_an_unannounced_length_is_refused_while_decoding(tmp_path, monkeypatch):
    path = write_clicks(tmp_path, "mp3", 44_100)
    monkeypatch.setattr(audio_module, "MAX_AUDIO_S", 2.0)
    assert "longer than" in refusal(path)
    monkeypatch.setattr(audio_module, "refuse_claimed_length", lambda path: None)
    assert "longer than" in refusal(path)


# Tags


def test_tags_are_read_and_cleaned(tmp_path):
    tags = {"title": "Two\n  lines\x07 \u202eof", "artist": "x" * 1000}
    path = encode(tmp_path / "song.mp3", click_track(44_100), 44_100, "libmp3lame", metadata=tags)
    found = read_tags(path)
    assert found.title == "Two lines of"
    assert len(found.artist) == audio_module.MAX_TAG_CHARS


def test_tags_of_an_ogg_file_and_of_none(tmp_path):
    with soundfile.SoundFile(tmp_path / "song.ogg", "w", 16_000, 1, format="OGG") as file:
        file.title = "Title"
        file.write(click_track(16_000))
    assert read_tags(tmp_path / "song.ogg").title == "Title"
    soundfile.write(tmp_path / "song.wav", click_track(16_000), 16_000)
    assert read_tags(tmp_path / "song.wav") == audio_module.AudioTags()


def test_tags_in_an_unreadable_encoding_are_left_out(tmp_path):
    path = encode(tmp_path / "a.mp3", click_track(44_100), 44_100, "libmp3lame", write_id3v2="0")
    text = b"\x03" + "노래".encode("cp949")  # says UTF-8 and is not
    frame = b"TIT2" + len(text).to_bytes(4, "big") + b"\0\0" + text
    path.write_bytes(b"ID3\x04\0\0" + bytes([0, 0, 0, len(frame)]) + frame + path.read_bytes())
    assert read_tags(path).title == ""
    assert abs(lag_ms(load_audio(path), 16_000)) < 0.5
