"""Decoding of songs to mono float32 samples, from osu!'s 0 ms on.

Decoding is PyAV (FFmpeg inside the wheel, no program to install), resampling soxr. Where a file starts:

- mp3: as BASS in osu! has it, see `mp3_start`.
- Ogg Vorbis, Opus, FLAC, WAV: at their first sample; Opus' pre-skip is dropped, as its format asks.
- AAC: as the container's edit list or priming tag says; where neither is present the 1,024 samples that
  every AAC encoder prepends are dropped.

A packet that cannot be decoded becomes silence of the same length, so that what follows keeps its time. Damaged mp3
files and chained Ogg files go through `sound_streams` first. Nothing here knows about windows or models.
"""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from feedback.errors import UserError
from osuT5.audio.channels import ChannelMix
from osuT5.audio.mp3_start import start_trim_samples
from osuT5.audio.sound_streams import describe_flaws, mp3_flaws, ogg_links, repair_mp3

if TYPE_CHECKING:
    import av

MODEL_SAMPLE_RATE = 16_000
MIN_AUDIO_S = 1.0
MAX_AUDIO_S = 3 * 3600.0
AAC_PRIMING_SAMPLES = 1024
MAX_BROKEN_SHARE = 0.5
MAX_TAG_CHARS = 200
MAX_REMEMBERED = 1000

_BLOCK_S = 2.0
_MIN_BITS_PER_S = 8000.0  # a header that claims a longer song than the file has room for is not believed
_MP3_CODECS = ("mp3", "mp3float")
_ESTIMATED_DURATION_FORMATS = ("mp3", "aac")  # without an index, FFmpeg guesses these from the bit rate
# FFmpeg would follow the addresses in a playlist that calls itself song.mp3; only plain audio files are read.
_CONTAINER_OPTIONS = {
    "protocol_whitelist": "file",
    "format_whitelist": "mp3,ogg,flac,wav,w64,aiff,mov,mp4,m4a,3gp,3g2,mj2,aac,matroska,webm,asf,wv,ape,tta,caf,au",
}


class AudioError(UserError):
    """Unusable song; the message is one sentence for the user."""


@dataclass(frozen=True)
class AudioTags:
    """Cleaned tags of a file; empty if it has none."""

    title: str = ""
    artist: str = ""


@dataclass(frozen=True)
class AudioFormat:
    """Format of a file by its content, in FFmpeg's names.

    Its extension does not count.
    """

    container: str
    codec: str
    sample_rate: int
    channels: int


def load_audio(path: str | Path, sample_rate: int = MODEL_SAMPLE_RATE, normalise: bool = True) -> np.ndarray:
    """Decode a song to mono.

    Returns float32 [samples] at `sample_rate` Hz, channels averaged, or one of two that cancel each other; sample i
    sounds in osu! at i / sample_rate seconds. `normalise` divides by the peak (silence stays zeros); without it full
    scale is 1.

    Raises AudioError for a missing or unreadable file, one without audio, and lengths outside
    MIN_AUDIO_S..MAX_AUDIO_S.
    """
    path = Path(path)
    mix = ChannelMix(1)
    audio = _join_blocks(path, sample_rate, mix)
    taken = _remember_taken(path, mix.cancelled)
    if taken is not None:
        audio = _join_blocks(path, sample_rate, ChannelMix(1, taken))
    peak = max(float(audio.max()), -float(audio.min()))
    if normalise and peak > 0:
        audio /= peak
    return audio


def _join_blocks(path: Path, sample_rate: int, mix: ChannelMix) -> np.ndarray:
    """Join the blocks of a mono song, float32 [samples].

    A list of blocks and their concatenation would take twice the memory.
    """
    data = bytearray()
    for block in _blocks(path, sample_rate, mix):
        data += block.tobytes()
    return np.frombuffer(data, np.float32)


def iter_audio(path: str | Path, sample_rate: int, channels: int) -> Iterator[np.ndarray]:
    """Decode a song in blocks of about two seconds.

    Each is float32 [samples, channels], with 1 or 2 channels.

    A mono file is doubled for 2 channels; more than two channels are mixed to stereo, then averaged for 1. Raises like
    `load_audio`, for the length when it is known: after the last block for a short file.
    """
    path = Path(path)
    taken = _choose_channel(path) if channels == 1 else None
    yield from _blocks(path, sample_rate, ChannelMix(channels, taken))


def audio_notes(path: str | Path) -> list[str]:
    """Return notes for the user on the decoding of a file.

    Raises AudioError.
    """
    path, notes = Path(path), []
    with open_audio(path) as container:
        flaws = mp3_flaws(path) if container.format.name == "mp3" else ()
        links = ogg_links(path) if container.format.name == "ogg" else []
    if flaws:
        notes.append(describe_flaws(path.name, flaws))
    unreadable = sum(1 for link in links if not _is_readable(link))
    if unreadable:
        notes.append(f"{path.name} is damaged: {unreadable} of its {len(links)} joined parts cannot be read.")
    taken = _choose_channel(path)
    if taken is not None:
        side = ("left", "right")[taken]
        notes.append(f"The channels of {path.name} cancel each other; the {side} one is used.")
    return notes


_taken: dict[tuple[Path, int, int], int | None] = {}
"""Versions of files, and the channel that stands for two that cancel each other."""


def _remember_taken(path: Path, taken: int | None) -> int | None:
    facts = path.stat()
    if len(_taken) >= MAX_REMEMBERED:
        _taken.clear()
    _taken[path.absolute(), facts.st_size, facts.st_mtime_ns] = taken
    return taken


def _choose_channel(path: Path) -> int | None:
    """Return the channel of a mono song; None for the mean."""
    with open_audio(path) as container:
        if container.streams.audio[0].codec_context.channels < 2:
            return None
    facts = path.stat()
    version = (path.absolute(), facts.st_size, facts.st_mtime_ns)
    if version in _taken:
        return _taken[version]
    mix = ChannelMix(1)
    for _ in _blocks(path, MODEL_SAMPLE_RATE, mix):
        pass
    return _remember_taken(path, mix.cancelled)


def _blocks(path: Path, sample_rate: int, mix: ChannelMix) -> Iterator[np.ndarray]:
    refuse_claimed_length(path)
    samples = 0
    for block in _resample(_all_pieces(path, mix), sample_rate):
        samples += len(block)
        if samples > MAX_AUDIO_S * sample_rate:
            raise _too_long(path)
        yield block
    if samples == 0:
        raise AudioError(f"{path.name} holds no audio that can be decoded.")
    if samples < MIN_AUDIO_S * sample_rate:
        raise AudioError(f"{path.name} is {samples / sample_rate:.1f} s long; at least {MIN_AUDIO_S:g} s is needed.")


def audio_format(path: str | Path) -> AudioFormat:
    """Return the container, codec, sample rate and channels of a file.

    Raises AudioError as `load_audio` does.
    """
    with open_audio(Path(path)) as container:
        codec = container.streams.audio[0].codec_context
        return AudioFormat(container.format.name, codec.name, codec.sample_rate, codec.channels)


def audio_duration_ms(path: str | Path) -> float:
    """Return the length of a song in milliseconds, without decoding it.

    It is accurate to about 50 ms. Raises AudioError.
    """
    path = Path(path)
    return sum(_duration_s(container, path) for container, _ in _open_parts(path)) * 1000.0


def _duration_s(container: av.container.InputContainer, path: Path) -> float:
    return container.duration / 1e6 if _is_believed(container, path) else _sum_packets_s(container, float("inf"))


def read_tags(path: str | Path) -> AudioTags:
    """Read the title and the artist from the file's tags.

    Raises AudioError as `load_audio` does.
    """
    path = Path(path)
    with open_audio(path) as container:
        raw = {**container.streams.audio[0].metadata, **container.metadata}
    tags = {key.lower(): _clean_tag(value) for key, value in raw.items()}
    return AudioTags(
        title=tags.get("title", ""),
        artist=tags.get("artist") or tags.get("album_artist") or tags.get("albumartist", ""),
    )


def _clean_tag(text: str) -> str:
    """Return one line of printable text of at most MAX_TAG_CHARS.

    It is empty if the encoding was unreadable.
    """
    if "\ufffd" in text:
        return ""
    printable = (" " if char.isspace() else char for char in text)
    kept = (char for char in printable if unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Co", "Cn"))
    return " ".join("".join(kept).split())[:MAX_TAG_CHARS].rstrip()


@contextmanager
def open_audio(path: Path, repair: bool = True) -> Iterator[av.container.InputContainer]:
    """Open a file with an audio stream; every failure is an AudioError.

    Failures while it is read are included.

    Args:
        repair: Whether to remove interruptions between the frames of an mp3.
    """
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
            if container.streams.audio[0].codec_context is None:
                raise AudioError(f"{path.name} is in an audio format that cannot be decoded.")
            whole = repair_mp3(path) if repair and container.format.name == "mp3" else None
            if whole is None:
                yield container
                return
        with av.open(io.BytesIO(whole), format="mp3", metadata_errors="replace") as container:
            yield container
    except PermissionError as error:
        raise AudioError(f"{path} may not be read.") from error
    except (av.error.FFmpegError, OSError) as error:
        raise AudioError(
            f"{path.name} is not an audio file that can be read (mp3, ogg, opus, flac, wav, m4a)."
        ) from error


def _open_parts(path: Path) -> Iterator[tuple[av.container.InputContainer, bool]]:
    """Yield an opened file, or the links of a chained Ogg file.

    The second value states whether it is such a link.
    """
    import av

    with open_audio(path) as container:
        links = ogg_links(path) if container.format.name == "ogg" else []
        if not links:
            yield container, False
            return
        for link in links:
            if _is_readable(link):
                with av.open(io.BytesIO(link), format="ogg", metadata_errors="replace") as part:
                    yield part, True


def _is_readable(link: bytes) -> bool:
    import av

    try:
        with av.open(io.BytesIO(link), format="ogg", metadata_errors="replace") as part:
            return bool(part.streams.audio) and part.streams.audio[0].codec_context is not None
    except av.error.FFmpegError:
        return False


def _too_long(path: Path) -> AudioError:
    return AudioError(f"{path.name} is longer than {MAX_AUDIO_S / 3600:g} hours; cut it first.")


def refuse_claimed_length(path: Path) -> None:
    """Raise AudioError if the container states an excessive length.

    This happens before anything is decoded. An estimate from the bit rate, and a header that a recorder left
    unfinished, are checked by counting packets.
    """
    total_s = 0.0
    for container, _ in _open_parts(path):
        claimed_s = (container.duration or 0) / 1e6
        if total_s + claimed_s > MAX_AUDIO_S:
            claimed_s = _sum_packets_s(container, MAX_AUDIO_S)
        total_s += claimed_s
        if total_s > MAX_AUDIO_S:
            raise _too_long(path)


def _is_believed(container: av.container.InputContainer, path: Path) -> bool:
    """Return whether a container states a plausible length."""
    if not container.duration or container.format.name in _ESTIMATED_DURATION_FORMATS:
        return False
    claimed_s = container.duration / 1e6
    return claimed_s <= MAX_AUDIO_S and 8 * path.stat().st_size >= _MIN_BITS_PER_S * claimed_s


def _sum_packets_s(container: av.container.InputContainer, enough_s: float) -> float:
    """Sum the durations of packets in seconds until `enough_s` is passed."""
    total_s = 0.0
    for packet in container.demux(container.streams.audio[0]):
        if packet.duration and packet.time_base:
            total_s += float(packet.duration * packet.time_base)
        if total_s > enough_s:
            break
    return total_s


def _all_pieces(path: Path, mix: ChannelMix) -> Iterator[tuple[int, np.ndarray]]:
    for container, is_link in _open_parts(path):
        pieces = _pieces(container, path, mix)
        yield from _fit_to_length(pieces, container.duration / 1e6) if is_link and container.duration else pieces


def _fit_to_length(pieces: Iterator[tuple[int, np.ndarray]], length_s: float) -> Iterator[tuple[int, np.ndarray]]:
    """Cut or pad the pieces of a link to its stated length.

    Granule positions state the length; FFmpeg drops or adds some of the last samples.
    """
    done_s = 0.0
    for rate, piece in pieces:
        kept = piece[: max(0, round((length_s - done_s) * rate))]
        done_s += len(kept) / rate
        if len(kept):
            yield rate, kept
            last = (rate, kept.shape[1])
    missing = round((length_s - done_s) * last[0]) if done_s else 0
    if missing > 0:
        yield last[0], np.zeros((missing, last[1]), np.float32)


def _pieces(container: av.container.InputContainer, path: Path, mix: ChannelMix) -> Iterator[tuple[int, np.ndarray]]:
    """Yield (sample rate, float32 [n, channels]) pieces in playing order.

    They begin at osu!'s 0 ms.
    """
    stream = container.streams.audio[0]
    codec = stream.codec_context.name
    trim = 0
    if codec in _MP3_CODECS and container.format.name == "mp3":
        stream.codec_context.options = {"flags2": "+skip_manual"}
        trim = start_trim_samples(path)
    packets = broken = 0
    for packet in container.demux(stream):
        if packets == 0 and codec.startswith("aac") and not packet.has_sidedata("skip_samples"):
            trim = AAC_PRIMING_SAMPLES
        packets += 1
        decoded = _decode_packet(packet, mix)
        if decoded is None:
            broken += 1
            decoded = _silence_for(packet, stream, mix.channels)
        for rate, piece in decoded:
            if trim < 0:
                yield rate, np.zeros((-trim, mix.channels), np.float32)
            dropped = min(max(trim, 0), len(piece))
            trim = max(trim, 0) - dropped
            if dropped < len(piece):
                yield rate, piece[dropped:]
    if broken > MAX_BROKEN_SHARE * packets:
        raise AudioError(f"{path.name} is damaged or not audio: most of it cannot be decoded.")


def _decode_packet(packet: av.Packet, mix: ChannelMix) -> list[tuple[int, np.ndarray]] | None:
    """Return (sample rate, piece) of each frame in a packet.

    A broken packet gives None.
    """
    import av

    try:
        return [(frame.sample_rate, _frame_samples(frame, mix)) for frame in packet.decode()]
    except av.error.FFmpegError:
        return None


def _silence_for(packet: av.Packet, stream: av.AudioStream, channels: int) -> list[tuple[int, np.ndarray]]:
    """Return silence as long as an undecodable packet.

    Later audio thus keeps its time.
    """
    rate = stream.codec_context.sample_rate
    if not (packet.duration and packet.time_base and rate):
        return []
    return [(rate, np.zeros((round(packet.duration * packet.time_base * rate), channels), np.float32))]


def _frame_samples(frame: av.AudioFrame, mix: ChannelMix) -> np.ndarray:
    """Return a frame as float32 [samples, channels] with full scale 1."""
    values = frame.to_ndarray()  # planar [channels, samples], or packed [1, samples * channels]
    if not frame.format.is_planar:
        values = values.reshape(-1, len(frame.layout.channels)).T
    if values.dtype == np.uint8:
        values = (values.astype(np.float32) - 128.0) / 128.0
    elif np.issubdtype(values.dtype, np.integer):
        values = values.astype(np.float32) / -float(np.iinfo(values.dtype).min)
    samples = np.ascontiguousarray(mix(values, [channel.name for channel in frame.layout.channels]).T, dtype=np.float32)
    return samples if np.isfinite(samples).all() else np.nan_to_num(samples, nan=0.0, posinf=0.0, neginf=0.0)


def _resample(pieces: Iterator[tuple[int, np.ndarray]], sample_rate: int) -> Iterator[np.ndarray]:
    """Yield blocks at `sample_rate`.

    soxr's streams compensate their filter's delay, so times do not move.
    """
    import soxr

    # A joined file may change its rate on the way; each stretch of one rate has a resampler of its own.
    for rate, stretch in groupby(pieces, key=itemgetter(0)):
        resampler = None
        for block in _join(stretch, round(_BLOCK_S * rate)):
            if resampler is None:
                resampler = soxr.ResampleStream(rate, sample_rate, block.shape[1], dtype="float32", quality="HQ")
            yield resampler.resample_chunk(block)
        if resampler is not None:
            yield resampler.resample_chunk(block[:0], last=True)


def _join(pieces: Iterator[tuple[int, np.ndarray]], block_samples: int) -> Iterator[np.ndarray]:
    """Join pieces to blocks of at least `block_samples`.

    The last block may be shorter.
    """
    waiting: list[np.ndarray] = []
    waiting_samples = 0
    for _, piece in pieces:
        waiting.append(piece)
        waiting_samples += len(piece)
        if waiting_samples >= block_samples:
            yield np.concatenate(waiting)
            waiting, waiting_samples = [], 0
    if waiting:
        yield np.concatenate(waiting)
