"""Serial number of an Ogg stream, fixed so that output repeats.

Encoders draw it at random. Ogg pages are as in RFC 3533, section 6: a 27-byte header (serial at 14, checksum at 22,
number of segments at 26), the segment lengths, the segments. The checksum is a CRC-32 with polynomial 0x04C11DB7,
neither reflected nor inverted, over the page with zeros in its place.
"""

from __future__ import annotations

import zlib

_REVERSED_BITS = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


def with_serial(ogg: bytes, serial: int) -> bytes:
    """Return a single-stream Ogg file with another serial number.

    Raises:
        ValueError: The file is anything else.
    """
    output = bytearray(ogg)
    offset = 0
    while offset < len(output):
        if output[offset : offset + 4] != b"OggS":
            raise ValueError(f"no Ogg page at byte {offset}")
        segments = output[offset + 26]
        body = offset + 27 + segments
        end = body + sum(output[offset + 27 : body])
        output[offset + 14 : offset + 18] = serial.to_bytes(4, "little")
        output[offset + 22 : offset + 26] = bytes(4)
        output[offset + 22 : offset + 26] = _checksum(output[offset:end]).to_bytes(4, "little")
        offset = end
    return bytes(output)


def _checksum(page: bytes) -> int:
    """Compute Ogg's CRC-32 by zlib's.

    It has the same polynomial, with the bits of input and output reversed and not inverted.
    """
    reflected = zlib.crc32(page.translate(_REVERSED_BITS), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int(f"{reflected:032b}"[::-1], 2)
