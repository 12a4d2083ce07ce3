"""Start of an mp3: the sample that osu! plays at 0 ms.

An mp3 encoder prepends some samples (576 for LAME) and every decoder adds 529 more. Players that find a LAME tag in the
first frame drop both; without one they disagree. osu! plays through BASS and switches on its compatibility flag
BASS_CONFIG_MP3_OLDGAPS (osu-framework, AudioManager), because charts were timed on versions that behave so:

    first frame                                        BASS in osu! drops       FFmpeg drops
    LAME part, name present, delay or padding not 0    delay + 529              same, if named LAME, Lavf or Lavc
    LAME part without a name, or all zero              0                        0 or 529
    no Xing/Info tag (iTunSMPB comments are ignored)   0                        0
    VBRI tag (Fraunhofer)                              max(delay, 529), after   0, and skips the tag's frame
                                                       playing the tag's frame

(The BASS column: osu-framework's comments on the flag, and public measurements of BASS 2.4.17.) So mp3 is decoded here
with FFmpeg's own trimming off and cut by the first column.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

DECODER_DELAY_SAMPLES = 529
_SEARCH_BYTES = 1 << 17

_LAYER3_KBPS_MPEG1 = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_LAYER3_KBPS_MPEG2 = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
_RATE_HZ_MPEG1 = (44_100, 48_000, 32_000)
_RATE_DIVISOR = {3: 1, 2: 2, 0: 4}  # by the version bits: MPEG 1, 2, 2.5


@dataclass(frozen=True)
class FrameHeader:
    """The four header bytes of a layer III frame."""

    mpeg1: bool
    mono: bool
    sample_rate: int
    size_bytes: int

    @property
    def samples(self) -> int:
        return 1152 if self.mpeg1 else 576

    @property
    def side_info_bytes(self) -> int:
        if self.mpeg1:
            return 17 if self.mono else 32
        return 9 if self.mono else 17


def parse_header(data: bytes) -> FrameHeader | None:
    """Parse a layer III frame header from four bytes, or return None."""
    if len(data) < 4 or data[0] != 0xFF or data[1] & 0xE0 != 0xE0:
        return None
    version, layer = (data[1] >> 3) & 3, (data[1] >> 1) & 3
    kbps_index, rate_index = data[2] >> 4, (data[2] >> 2) & 3
    if version == 1 or layer != 1 or kbps_index in (0, 15) or rate_index == 3:
        return None
    mpeg1 = version == 3
    kbps = (_LAYER3_KBPS_MPEG1 if mpeg1 else _LAYER3_KBPS_MPEG2)[kbps_index]
    sample_rate = _RATE_HZ_MPEG1[rate_index] // _RATE_DIVISOR[version]
    padding = (data[2] >> 1) & 1
    size_bytes = (144 if mpeg1 else 72) * kbps * 1000 // sample_rate + padding
    return FrameHeader(mpeg1, data[3] >> 6 == 3, sample_rate, size_bytes)


def start_trim_samples(path: Path) -> int:
    """Return the number of samples to drop at an mp3's start.

    It is at the file's own rate, for an mp3 decoded without any trimming: all that FFmpeg decodes after the tag's
    frame. A negative number stands for that many samples of silence in front. Files without a layer III frame give 0.
    """
    with path.open("rb") as file:
        file.seek(id3_end(file))
        head = file.read(_SEARCH_BYTES)
    found = first_frame(head)
    if found is None:
        return 0
    offset, header = found
    frame = head[offset : offset + header.size_bytes]
    vbri_delay = _vbri_delay(frame)
    if vbri_delay is not None:
        return max(vbri_delay, DECODER_DELAY_SAMPLES) - header.samples
    delay, padding = _lame_delay_and_padding(frame, header)
    return delay + DECODER_DELAY_SAMPLES if delay or padding else 0


def id3_end(file: BinaryIO) -> int:
    """Return the offset behind the ID3v2 tags at the start.

    Cover art makes them megabytes long.
    """
    end = 0
    while True:
        file.seek(end)
        tag = file.read(10)
        if len(tag) < 10 or tag[:3] != b"ID3":
            return end
        size = 0
        for seven_bits in tag[6:10]:
            size = size << 7 | seven_bits & 0x7F
        footer = 10 if tag[5] & 0x10 else 0
        end += 10 + size + footer


def first_frame(head: bytes) -> tuple[int, FrameHeader] | None:
    """Find the first frame header before a second frame of equal rate."""
    offset = head.find(0xFF)
    while offset >= 0:
        header = parse_header(head[offset : offset + 4])
        if header is not None:
            following = parse_header(head[offset + header.size_bytes : offset + header.size_bytes + 4])
            if following is not None and following.sample_rate == header.sample_rate:
                return offset, header
        offset = head.find(0xFF, offset + 1)
    return None


def _vbri_delay(frame: bytes) -> int | None:
    """Return the delay field of a VBRI tag.

    It is 32 bytes behind the header in every version.
    """
    if frame[36:40] != b"VBRI":
        return None
    return int.from_bytes(frame[42:44], "big")


def _lame_delay_and_padding(frame: bytes, header: FrameHeader) -> tuple[int, int]:
    """Return encoder delay and end padding of a Xing/Info tag, in samples.

    They are in its LAME part; zeros without one.
    """
    tag = frame[4 + header.side_info_bytes :]
    if tag[:4] not in (b"Xing", b"Info"):
        return 0, 0
    flags = int.from_bytes(tag[4:8], "big")
    # Optional fields in front of the LAME part: frame count, byte count, seek table, quality.
    optional_bytes = sum(size for bit, size in enumerate((4, 4, 100, 4)) if flags >> bit & 1)
    lame = tag[8 + optional_bytes :]
    if len(lame) < 24 or lame[0] == 0:
        return 0, 0
    packed = int.from_bytes(lame[21:24], "big")
    return packed >> 12, packed & 0xFFF
