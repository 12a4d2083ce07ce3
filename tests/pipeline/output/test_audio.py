"""What osu! stable plays goes in unchanged; the rest becomes Ogg Vorbis that starts where its source starts."""

from pathlib import Path

import av
import numpy as np
import pytest
import soundfile

from osuT5.audio.decode import AudioError, AudioTags, audio_format, iter_audio, load_audio, read_tags
from pipeline.output import audio as audio_export
from pipeline.output.audio import measure_shift_ms, prepare_audio, write_vorbis
from pipeline.output.ogg_serial import with_serial

RATE_HZ = 44_100


def rhythm(duration_s: float = 3.0, sample_rate: int = RATE_HZ) -> np.ndarray:
    """Stereo float32 [samples, 2]: a noise burst every 230 ms on the left, half as loud on the right."""
    rng = np.random.default_rng(3)
    track = np.zeros(round(duration_s * sample_rate), np.float32)
    burst = (rng.normal(size=2000) * np.exp(-np.arange(2000) / 400) * 0.2).astype(np.float32)
    for start in range(sample_rate // 5, len(track) - 2000, round(0.23 * sample_rate)):
        track[start : start + 2000] += burst
    return np.stack([track, track / 2], axis=1)


def encode(path: Path, track: np.ndarray, codec: str, sample_rate: int = RATE_HZ, container_format=None) -> Path:
    with av.open(str(path), "w", format=container_format) as container:
        stream = container.add_stream(codec, rate=sample_rate)
        stream.layout, stream.bit_rate = "stereo", 128_000
        stream.codec_context.open()
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(track.T), format="fltp", layout="stereo")
        frame.sample_rate, frame.pts = sample_rate, 0
        context = stream.codec_context
        resampler = av.AudioResampler(context.format, "stereo", sample_rate, frame_size=context.frame_size)
        for piece in (*resampler.resample(frame), *resampler.resample(None)):
            container.mux(stream.encode(piece))
        container.mux(stream.encode(None))
    return path


@pytest.mark.parametrize("misleading_name", ["song.mp3", "song.ogg", "song.wav"])
def test_mp3_and_vorbis_go_in_byte_for_byte_whatever_their_name(tmp_path, misleading_name):
    mp3 = encode(tmp_path / "source.mp3", rhythm(), "libmp3lame").rename(tmp_path / misleading_name)
    prepared = prepare_audio(mp3)
    assert (prepared.file_name, prepared.read_bytes()) == ("audio.mp3", mp3.read_bytes())
    ogg = tmp_path / misleading_name
    soundfile.write(ogg, rhythm(), RATE_HZ, format="OGG", subtype="VORBIS")
    prepared = prepare_audio(ogg)
    assert (prepared.file_name, prepared.read_bytes()) == ("audio.ogg", ogg.read_bytes())


@pytest.mark.parametrize("kind", ["flac", "wav", "m4a", "aac", "opus-in-ogg", "flac-in-ogg"])
def test_anything_else_becomes_vorbis_in_its_place(tmp_path, kind):
    if kind in ("flac", "wav"):
        source = tmp_path / f"song.{kind}"
        soundfile.write(source, rhythm(), RATE_HZ)
    elif kind == "opus-in-ogg":
        source = encode(tmp_path / "song.ogg", rhythm(3.0, 48_000), "libopus", 48_000)
    elif kind == "flac-in-ogg":
        source = encode(tmp_path / "song.ogg", rhythm(), "flac")
    else:
        source = encode(tmp_path / f"song.{kind}", rhythm(), "aac")
    prepared = prepare_audio(source)
    assert prepared.file_name == "audio.ogg" and isinstance(prepared.content, bytes)
    result = tmp_path / "result.ogg"
    result.write_bytes(prepared.content)
    kind_of_result = audio_format(result)
    assert (kind_of_result.container, kind_of_result.codec, kind_of_result.channels) == ("ogg", "vorbis", 2)
    assert abs(measure_shift_ms(source, result)) <= 0.1
    decoded, rate = soundfile.read(result)  # another decoder than the one that checks
    assert len(decoded) / rate == pytest.approx(3.0, abs=0.05)
    original, converted = load_audio(source), load_audio(result)
    length = min(len(original), len(converted))
    assert np.corrcoef(original[:length], converted[:length])[0, 1] > 0.95


@pytest.mark.parametrize("rate_hz", [8_000, 22_050, 96_000])
def test_odd_rates_become_one_that_osu_plays(tmp_path, rate_hz):
    soundfile.write(tmp_path / "song.wav", rhythm(3.0, rate_hz), rate_hz)
    (tmp_path / "result.ogg").write_bytes(prepare_audio(tmp_path / "song.wav").read_bytes())
    assert audio_format(tmp_path / "result.ogg").sample_rate == 44_100


def test_conversion_repeats_byte_for_byte(tmp_path):
    soundfile.write(tmp_path / "song.flac", rhythm(2.0), RATE_HZ)
    first = prepare_audio(tmp_path / "song.flac").read_bytes()
    assert prepare_audio(tmp_path / "song.flac").read_bytes() == first
    assert int.from_bytes(first[14:18], "little") == 1  # not the random serial of the encoder


def test_silence_converts(tmp_path):
    soundfile.write(tmp_path / "song.wav", np.zeros(2 * RATE_HZ), RATE_HZ)
    assert prepare_audio(tmp_path / "song.wav").file_name == "audio.ogg"


@pytest.mark.parametrize("shift_samples", [-200, -60, 60, 500])
def test_a_shift_is_measured(tmp_path, shift_samples):
    track = rhythm()
    moved = np.roll(track, shift_samples, axis=0)
    soundfile.write(tmp_path / "a.wav", track, RATE_HZ)
    soundfile.write(tmp_path / "b.wav", moved, RATE_HZ)
    shift_ms = measure_shift_ms(tmp_path / "a.wav", tmp_path / "b.wav")
    assert shift_ms == pytest.approx(shift_samples * 1000 / RATE_HZ, abs=0.1)


def test_a_deep_bass_does_not_hide_a_shift(tmp_path):
    t_s = np.arange(6 * RATE_HZ) / RATE_HZ
    bass = 0.5 * np.sin(2 * np.pi * 50 * t_s) * np.exp(-(t_s % 0.5) / 0.2)
    soundfile.write(tmp_path / "a.wav", bass, RATE_HZ)
    soundfile.write(tmp_path / "b.wav", np.roll(bass, 88), RATE_HZ)
    assert measure_shift_ms(tmp_path / "a.wav", tmp_path / "b.wav") == pytest.approx(2.0, abs=0.3)


def test_a_shifted_conversion_is_refused(tmp_path, monkeypatch):
    soundfile.write(tmp_path / "song.wav", rhythm(), RATE_HZ)

    def late(path, rate, channels):
        yield np.zeros((rate // 500, channels), np.float32)
        yield from iter_audio(path, rate, channels)

    monkeypatch.setattr(audio_export, "iter_audio", late)
    with pytest.raises(AudioError, match=r"shift of 2\.0 ms"):
        prepare_audio(tmp_path / "song.wav")


def test_one_huge_block_is_written_in_pieces(tmp_path):
    minutes = np.tile(rhythm(6.0), (20, 1))
    write_vorbis(tmp_path / "song.ogg", [minutes], RATE_HZ, 2, AudioTags(title="T", artist="A"))
    assert read_tags(tmp_path / "song.ogg").title == "T"
    assert soundfile.info(tmp_path / "song.ogg").frames == len(minutes)


def test_an_ogg_stream_takes_another_serial(tmp_path):
    soundfile.write(tmp_path / "a.ogg", rhythm(2.0), RATE_HZ)
    data = (tmp_path / "a.ogg").read_bytes()
    original_serial = int.from_bytes(data[14:18], "little")
    assert with_serial(data, original_serial) == data  # the checksum is the encoder's own
    changed = with_serial(data, 77)
    assert changed != data and with_serial(changed, original_serial) == data
    with pytest.raises(ValueError, match="no Ogg page at byte 0"):
        with_serial(b"RIFF", 1)
