"""Sound bytes of a file for which FFmpeg times differ from players'.

- mp3: bytes between frames that are no frame are left out, also if they begin like one. FFmpeg loses some good frames
  after them, or plays them as silence. Overwritten frames become silent ones, so that what follows keeps its time.
- Ogg: links of a chained file are separate streams, each of which ends at its own last granule position.

Source: ISO 11172-3 and 13818-3 (frame headers and side information), RFC 3533 (Ogg).
"""

from __future__ import annotations

import mmap
import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from osuT5.audio.mp3_start import FrameHeader, first_frame, id3_end, parse_header

SHOWN_FLAWS = 3
MAX_BIG_VALUES = 288
MAX_TRIED = 500_000
SIZES_KEPT = 32
MAX_OVERWRITTEN = 48
_LAYER3_SYNC = re.compile(rb"\xff[\xe2\xe3\xf2\xf3\xfa\xfb]")
_TAIL_TAGS = (b"TAG", b"APETAGEX", b"LYRICSBEGIN")
_NO_CRC = 1
_PAGE_HEADER_BYTES = 27
_FIRST_PAGE = 2


@dataclass(frozen=True)
class Flaw:
    """A place of an mp3 file without frames.

    Attributes:
        time_s: Length of the frames before it.
        skipped_bytes: Bytes that are not frames.
        lost_frames: Frames that were overwritten there.
    """

    time_s: float
    skipped_bytes: int
    lost_frames: int


def repair_mp3(path: Path) -> bytes | None:
    """Return an mp3 file without interruptions; None for a whole one.

    Interruptions are bytes between its frames.
    """
    return _repair(path, *_version(path))[0]


def mp3_flaws(path: Path) -> tuple[Flaw, ...]:
    """Return the places where bytes interrupt the frames of an mp3 file."""
    return _repair(path, *_version(path))[1]


def describe_flaws(name: str, flaws: tuple[Flaw, ...]) -> str:
    """Return a sentence about the flaws of a file."""
    places = [f"{flaw.time_s:.2f} s" for flaw in flaws[:SHOWN_FLAWS]]
    more = f" and {len(flaws) - SHOWN_FLAWS} more places" if len(flaws) > SHOWN_FLAWS else ""
    skipped, lost = sum(flaw.skipped_bytes for flaw in flaws), sum(flaw.lost_frames for flaw in flaws)
    silent = f", {lost} overwritten frames are silent" if lost else ""
    return f"{name} is damaged at {', '.join(places)}{more}: {skipped} bytes are not audio and were skipped{silent}."


def ogg_links(path: Path) -> list[bytes]:
    """Return the links of a chained Ogg file; none for one link."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        starts = list(_link_starts(data))
        if len(starts) < 2:
            return []
        return [data[start:stop] for start, stop in zip(starts, [*starts[1:], len(data)], strict=True)]


def _version(path: Path) -> tuple[int, int]:
    facts = path.stat()
    return facts.st_size, facts.st_mtime_ns


@lru_cache(maxsize=2)
def _repair(path: Path, size: int, changed_ns: int) -> tuple[bytes | None, tuple[Flaw, ...]]:
    """Return the repaired bytes and the flaws of a file's version.

    They are cached, as several steps need them.
    """
    del size, changed_ns
    with path.open("rb") as file:
        start = id3_end(file)
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            found = first_frame(data[start : start + (1 << 17)])
            if found is None:
                return None, ()
            try:
                pieces, flaws = _Frames(data).pieces(start + found[0])
            except _HopelessError:
                return None, ()
            return (b"".join([data[: start + found[0]], *pieces]) if flaws else None), tuple(flaws)


class _HopelessError(Exception):
    """Too many places in a file only look like frames.

    FFmpeg may then decode it without repair.
    """


class _Frames:
    """Frames of an mp3 file."""

    def __init__(self, data: mmap.mmap) -> None:
        self.data = data
        self.tried = 0
        self.sizes: deque[int] = deque(maxlen=SIZES_KEPT)

    def pieces(self, first: int) -> tuple[list[bytes], list[Flaw]]:
        """Return runs of frames, and the flaws between them."""
        data, pieces, flaws = self.data, [], []
        run_start = place = first
        last, samples = self.header(first), 0
        assert last is not None, "frames begin with one"
        while place + 4 <= len(data):
            header = self.header(place)
            if header is not None and self._is_frame(place, header, last):
                last = header
                self.sizes.append(header.size_bytes)
                samples += header.samples
                place += header.size_bytes
                continue
            after = self._next_frame(place, last)
            if after is None:  # tags, or a frame without its end
                break
            lost = self._count_overwritten(after - place)
            pieces += [data[run_start:place], *[self._silent_frame(place, last, run_start)] * lost]
            flaws.append(Flaw(samples / last.sample_rate, after - place, lost))
            samples += lost * last.samples
            run_start = place = after
        return [*pieces, data[run_start:]], flaws

    def header(self, place: int) -> FrameHeader | None:
        return parse_header(self.data[place : place + 4])

    def _is_frame(self, place: int, header: FrameHeader, last: FrameHeader) -> bool:
        """Return whether a frame is at a place where one is due."""
        end = place + header.size_bytes
        following = self.header(end)
        if following is not None and _is_same_stream(header, following):
            return True
        if not _is_same_stream(header, last):
            return False
        if end + 4 > len(self.data) or self.data[end : end + 11].startswith(_TAIL_TAGS):
            return True
        after = self._next_frame(place, last)
        return self._is_plausible(place, header) and (after is None or after >= end)

    def _next_frame(self, place: int, last: FrameHeader) -> int | None:
        """Return the next place of a frame that another one follows."""
        for match in _LAYER3_SYNC.finditer(self.data, place + 1):
            place = match.start()
            self.tried += 1
            if self.tried > MAX_TRIED:
                raise _HopelessError
            header = self.header(place)
            if header is not None and _is_same_stream(header, last) and self._is_plausible(place, header):
                end = place + header.size_bytes
                following = self.header(end)
                if (following is not None and _is_same_stream(header, following)) or end == len(self.data):
                    return place
        return None

    def _is_plausible(self, place: int, header: FrameHeader) -> bool:
        """Return whether a frame's side information fits it.

        That of random bytes hardly ever does.
        """
        crc_bytes = 0 if self.data[place + 1] & _NO_CRC else 2
        start = place + 4 + crc_bytes
        side = self.data[start : start + header.side_info_bytes]
        if len(side) < header.side_info_bytes:
            return False
        bits, left = int.from_bytes(side, "big"), 8 * len(side)

        def read(count: int) -> int:
            nonlocal left
            left -= count
            return bits >> left & ((1 << count) - 1)

        channels = 1 if header.mono else 2
        reservoir_bytes = read(9 if header.mpeg1 else 8)
        read((5 if header.mono else 3) + 4 * channels if header.mpeg1 else channels)
        used_bits = 0
        for _ in range((2 if header.mpeg1 else 1) * channels):
            used_bits += read(12)
            big_values = read(9)
            read(8 + (4 if header.mpeg1 else 9))
            has_window_switching, block_type = read(1), read(2)
            read(23 if header.mpeg1 else 22)
            if big_values > MAX_BIG_VALUES or (has_window_switching and block_type == 0):
                return False
        room_bytes = header.size_bytes - 4 - crc_bytes - header.side_info_bytes + reservoir_bytes
        return used_bits <= 8 * room_bytes

    def _count_overwritten(self, gap_bytes: int) -> int:
        """Return the number of frames that fit into a gap exactly.

        This applies to a constant bit rate.
        """
        if max(self.sizes) - min(self.sizes) > 1:  # padding is a byte
            return 0
        mean_bytes = sum(self.sizes) / len(self.sizes)
        count = round(gap_bytes / mean_bytes)
        return count if count <= MAX_OVERWRITTEN and abs(gap_bytes - count * mean_bytes) < 2 else 0

    def _silent_frame(self, place: int, last: FrameHeader, run_start: int) -> bytes:
        """Return a frame like the last one, without sound."""
        start = place - last.size_bytes
        return self.data[start : start + 4] + bytes(last.size_bytes - 4) if start >= run_start else b""


def _is_same_stream(one: FrameHeader, other: FrameHeader) -> bool:
    return (one.mpeg1, one.sample_rate) == (other.mpeg1, other.sample_rate)


def _link_starts(data: mmap.mmap) -> Iterator[int]:
    """Yield the places of pages that begin a stream after other pages."""
    place, was_first = data.find(b"OggS"), False
    while place >= 0 and place + _PAGE_HEADER_BYTES <= len(data):
        is_first = bool(data[place + 5] & _FIRST_PAGE)
        if is_first and not was_first:
            yield place
        was_first = is_first
        segments = data[place + 26]
        size = _PAGE_HEADER_BYTES + segments + sum(data[place + 27 : place + 27 + segments])
        place = data.find(b"OggS", place + size)
