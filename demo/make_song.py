"""Writes the demo's song, made from code alone.

python -m demo.make_song [output.ogg]
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from synthesis.composition import SongTruth
from synthesis.mixing import STUDIO_RATE_HZ, render_song

DEMO_PATH = Path(__file__).with_name("song.ogg")
DEMO_TITLE = "Paper Lantern Parade"
DEMO_ARTIST = "Synthetic Weather"
DEMO_SEED = 12
DEMO_BPM = 174.0
DEMO_OFFSET_MS = 735.0
DEMO_DURATION_S = 54.0
DEMO_QUALITY = 0.45


def render_demo_song() -> tuple[np.ndarray, SongTruth]:
    """Return the project's demo song, and its truth."""
    return render_song(DEMO_SEED, DEMO_BPM, DEMO_OFFSET_MS, DEMO_DURATION_S)


def main() -> None:
    from osuT5.audio.decode import AudioTags
    from pipeline.output.audio import write_vorbis

    path = Path(sys.argv[1]) if len(sys.argv) > 1 else DEMO_PATH
    audio, truth = render_demo_song()
    write_vorbis(path, [audio], STUDIO_RATE_HZ, 2, AudioTags(title=DEMO_TITLE, artist=DEMO_ARTIST), DEMO_QUALITY)
    seconds, size_kib = len(audio) / STUDIO_RATE_HZ, path.stat().st_size / 1024
    print(f"{path}: {seconds:.1f} s at {truth.bpm:g} BPM, {len(truth.notes)} notes, {size_kib:.0f} KiB")


if __name__ == "__main__":
    main()
