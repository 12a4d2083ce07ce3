"""Songs as Opus, at a tenth of their size.

Nothing that a model uses is lost. The output begins where osu! starts the song: silence before an mp3 is cut or kept as
in `osuT5.audio.decode`, and the delay of Opus' own encoder is stated in the file, so that players and readers drop it.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from osuT5.audio.decode import AudioError, audio_duration_ms, audio_format, iter_audio

if TYPE_CHECKING:
    import av

OPUS_RATE_HZ = 48_000

MOST_ABOVE = 1.5
"""Factor above the requested bit rate from which audio is re-encoded; variable bit rates miss it by less."""

_BITEXACT = "+bitexact"
_BITEXACT_FLAG = 1 << 23


def opus_bytes(path: Path, kbps: int) -> bytes:
    """Return a song as mono Ogg Opus.

    One that is Opus already stays byte for byte, unless it is far above the bit rate. Equal input gives equal bytes.
    Raises AudioError as `osuT5.audio.decode.load_audio` does.
    """
    kind = audio_format(path)
    if (kind.container, kind.codec) in (("ogg", "opus"), ("ogg", "libopus")) and _kbps(path) <= MOST_ABOVE * kbps:
        return path.read_bytes()
    import av

    output = io.BytesIO()
    try:
        # Otherwise the file would hold a number drawn at random and the version of the library.
        with av.open(output, "w", format="ogg", options={"fflags": _BITEXACT}) as container:
            stream = container.add_stream("libopus", rate=OPUS_RATE_HZ, layout="mono")
            stream.bit_rate = 1000 * kbps
            stream.codec_context.flags |= _BITEXACT_FLAG
            written = 0
            for block in iter_audio(path, OPUS_RATE_HZ, channels=1):
                if len(block):  # the last one is empty where nothing had to be resampled
                    _encode(container, stream, block, written)
                written += len(block)
            container.mux(stream.encode(None))
    except av.error.FFmpegError as error:
        raise AudioError(f"{path.name} cannot be written as Opus.") from error
    return output.getvalue()


def _kbps(path: Path) -> float:
    """Return the mean bit rate of a file, 0 if empty."""
    length_ms = audio_duration_ms(path)
    return path.stat().st_size * 8 / length_ms if length_ms else 0.0


def _encode(
    container: av.container.OutputContainer, stream: av.AudioStream, block: np.ndarray, first_sample: int
) -> None:
    import av

    samples = np.ascontiguousarray(np.clip(block.T, -1.0, 1.0), dtype=np.float32)
    frame = av.AudioFrame.from_ndarray(samples, format="flt", layout="mono")
    frame.sample_rate = OPUS_RATE_HZ
    frame.pts = first_sample
    container.mux(stream.encode(frame))
