"""Songs in: any common audio file -> mono float32 samples whose first is what osu! plays at 0 ms.

Decoding is PyAV (FFmpeg inside the wheel, no program to install), resampling soxr. Where a file starts:

- mp3: as BASS in osu! has it, see `mp3_start`.
- Ogg Vorbis, Opus, FLAC, WAV: at their first sample; Opus' pre-skip is dropped, as its format asks.
- AAC: as the container's edit list or priming tag says; where neither is present the 1,024 samples that
  every AAC encoder prepends are dropped.

A packet that cannot be decoded becomes silence of the same length, so that what follows keeps its time.
Nothing here knows about windows or models.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from osuT5.mp3_start import start_trim_samples

if TYPE_CHECKING:
    import av

MODEL_SAMPLE_RATE = 16_000
MIN_AUDIO_S = 1.0
MAX_AUDIO_S = 3600.0
AAC_PRIMING_SAMPLES = 1024
MAX_TAG_CHARS = 200

_RESAMPLE_BLOCK_S = 2.0
_MP3_CODECS = ("mp3", "mp3float")
_ESTIMATED_DURATION_FORMATS = ("mp3", "aac")  # without an index, FFmpeg guesses these from the bit rate
# FFmpeg would follow the addresses in a playlist that calls itself song.mp3; only plain audio files are read.
_CONTAINER_OPTIONS = {
    "protocol_whitelist": "file",
    "format_whitelist": "mp3,ogg,flac,wav,w64,aiff,mov,mp4,m4a,3gp,3g2,mj2,aac,matroska,webm,asf,wv,ape,tta,caf,au",
}


class AudioError(ValueError):
    """A song that cannot be used; the message is one sentence for the user."""


@dataclass(frozen=True)
class AudioTags:
    """What a file says about itself, cleaned; empty where it says nothing."""

    title: str = ""
    artist: str = ""
    album: str = ""
    genre: str = ""
    date: str = ""


def load_audio(path: str | Path, sample_rate: int = MODEL_SAMPLE_RATE, normalise: bool = True) -> np.ndarray:
    """Decode a song to mono.

    Returns float32 [samples] at `sample_rate` Hz, channels averaged; sample i sounds in osu! at
    i / sample_rate seconds. `normalise` divides by the peak (silence stays zeros); without it full scale is 1.

    Raises AudioError for a missing or unreadable file, one without audio, and lengths outside
    MIN_AUDIO_S..MAX_AUDIO_S.
    """
    path = Path(path)
    with _open_audio(path) as container:
        if _claims_too_long(container):
            raise _too_long(path)
        blocks: list[np.ndarray] = []
        samples = 0
        for block in _resampled(_mono_blocks(container, path), sample_rate):
            blocks.append(block)
            samples += len(block)
            if samples > MAX_AUDIO_S * sample_rate:
                raise _too_long(path)
    if samples == 0:
        raise AudioError(f"{path.name} holds no audio that can be decoded.")
    if samples < MIN_AUDIO_S * sample_rate:
        raise AudioError(f"{path.name} is {samples / sample_rate:.1f} s long; at least {MIN_AUDIO_S:g} s is needed.")
    audio = np.concatenate(blocks)
    peak = max(float(audio.max()), -float(audio.min()))
    if normalise and peak > 0:
        audio /= peak
    return audio


def audio_duration_ms(path: str | Path) -> float:
    """Length of a song in milliseconds, to within about 50 ms, without decoding it. Raises AudioError."""
    path = Path(path)
    with _open_audio(path) as container:
        if container.duration and container.format.name not in _ESTIMATED_DURATION_FORMATS:
            return container.duration / 1000.0
        return _demuxed_s(container, float("inf")) * 1000.0


def read_tags(path: str | Path) -> AudioTags:
    """Title, artist and so on from the file's tags. Raises AudioError as `load_audio` does."""
    path = Path(path)
    with _open_audio(path) as container:
        raw = {**container.streams.audio[0].metadata, **container.metadata}
    tags = {key.lower(): _clean_tag(value) for key, value in raw.items()}
    return AudioTags(
        title=tags.get("title", ""),
        artist=tags.get("artist") or tags.get("album_artist") or tags.get("albumartist", ""),
        album=tags.get("album", ""),
        genre=tags.get("genre", ""),
        date=tags.get("date", ""),
    )


def _clean_tag(text: str) -> str:
    """One line of printable text of at most MAX_TAG_CHARS; empty where the encoding was not readable."""
    if "\ufffd" in text:
        return ""
    printable = (" " if char.isspace() else char for char in text)
    kept = (char for char in printable if unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Co", "Cn"))
    return " ".join("".join(kept).split())[:MAX_TAG_CHARS].rstrip()


@contextmanager
def _open_audio(path: Path) -> Iterator[av.container.InputContainer]:
    """Open a file that has an audio stream; every failure, also while it is read, is an AudioError."""
    import av

    try:
        if not path.exists():
            raise AudioError(f"There is no audio file at {path}.")
        if not path.is_file():
            raise AudioError(f"{path} is not a file.")
        # An absolute path cannot be taken for an address.
        with av.open(
            str(path.absolute()), metadata_errors="replace", container_options=_CONTAINER_OPTIONS
        ) as container:
            if not container.streams.audio:
                raise AudioError(f"{path.name} has no audio in it.")
            yield container
    except PermissionError as error:
        raise AudioError(f"{path} may not be read.") from error
    except (av.error.FFmpegError, OSError) as error:
        raise AudioError(
            f"{path.name} is not an audio file that can be read (mp3, ogg, opus, flac, wav, m4a)."
        ) from error


def _too_long(path: Path) -> AudioError:
    return AudioError(f"{path.name} is longer than {MAX_AUDIO_S / 60:g} minutes; cut it first.")


def _claims_too_long(container: av.container.InputContainer) -> bool:
    """Whether the container says it is too long; a guess from the bit rate is checked against its packets."""
    if not container.duration or container.duration / 1e6 <= MAX_AUDIO_S:
        return False
    if container.format.name not in _ESTIMATED_DURATION_FORMATS:
        return True
    too_long = _demuxed_s(container, MAX_AUDIO_S) > MAX_AUDIO_S
    container.seek(0)
    return too_long


def _demuxed_s(container: av.container.InputContainer, enough_s: float) -> float:
    """Sum of the packets' durations in seconds, counting until `enough_s` is passed."""
    total_s = 0.0
    for packet in container.demux(container.streams.audio[0]):
        if packet.duration and packet.time_base:
            total_s += float(packet.duration * packet.time_base)
        if total_s > enough_s:
            break
    return total_s


def _mono_blocks(container: av.container.InputContainer, path: Path) -> Iterator[tuple[int, np.ndarray]]:
    """(sample rate, float32 [n] mono) pieces in playing order, from osu!'s 0 ms on."""
    stream = container.streams.audio[0]
    codec = stream.codec_context.name
    trim = 0
    if codec in _MP3_CODECS and container.format.name == "mp3":
        stream.codec_context.options = {"flags2": "+skip_manual"}
        trim = start_trim_samples(path)
    for index, packet in enumerate(container.demux(stream)):
        if index == 0 and codec.startswith("aac") and not packet.has_sidedata("skip_samples"):
            trim = AAC_PRIMING_SAMPLES
        for rate, mono in _decode_packet(packet, stream):
            if trim < 0:
                yield rate, np.zeros(-trim, np.float32)
            dropped = min(max(trim, 0), len(mono))
            trim = max(trim, 0) - dropped
            if dropped < len(mono):
                yield rate, mono[dropped:]


def _decode_packet(packet: av.Packet, stream: av.AudioStream) -> list[tuple[int, np.ndarray]]:
    """(sample rate, mono) of each frame in a packet; silence of its length if it is broken."""
    import av

    try:
        return [(frame.sample_rate, _mono(frame)) for frame in packet.decode()]
    except av.error.FFmpegError:
        rate = stream.codec_context.sample_rate
        if not (packet.duration and packet.time_base and rate):
            return []
        return [(rate, np.zeros(round(packet.duration * packet.time_base * rate), np.float32))]


def _mono(frame: av.AudioFrame) -> np.ndarray:
    """Average of a frame's channels as float32 [samples] with full scale 1."""
    values = frame.to_ndarray()  # planar [channels, samples], or packed [1, samples * channels]
    if not frame.format.is_planar:
        values = values.reshape(-1, len(frame.layout.channels)).T
    if values.dtype == np.uint8:
        values = (values.astype(np.float32) - 128.0) / 128.0
    elif np.issubdtype(values.dtype, np.integer):
        values = values.astype(np.float32) / -float(np.iinfo(values.dtype).min)
    mono = values.mean(axis=0, dtype=np.float32)
    return mono if np.isfinite(mono).all() else np.nan_to_num(mono, nan=0.0, posinf=0.0, neginf=0.0)


def _resampled(pieces: Iterator[tuple[int, np.ndarray]], sample_rate: int) -> Iterator[np.ndarray]:
    """Blocks at `sample_rate`. soxr's streams compensate their filter's delay, so times do not move."""
    import soxr

    # A joined file may change its rate on the way; each stretch of one rate has a resampler of its own.
    for rate, stretch in groupby(pieces, key=itemgetter(0)):
        resampler = soxr.ResampleStream(rate, sample_rate, 1, dtype="float32", quality="HQ")
        waiting: list[np.ndarray] = []
        for _, mono in stretch:
            waiting.append(mono)
            if sum(map(len, waiting)) >= _RESAMPLE_BLOCK_S * rate:
                yield resampler.resample_chunk(np.concatenate(waiting))
                waiting.clear()
        yield resampler.resample_chunk(np.concatenate([*waiting, np.zeros(0, np.float32)]), last=True)
