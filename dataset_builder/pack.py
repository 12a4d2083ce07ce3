"""Pack of mapsets for a machine without a network.

    python -m dataset_builder.pack FOLDER OUT --megabytes 40 --kbps 12

Writes `OUT/mapsets` for `train_dataset_path`, with mono Opus and no pictures, and star ratings into `OUT/cache` for
`cache_path`. Songs without maps from TJA files come first. A stopped command resumes.
"""

from __future__ import annotations

import argparse
import re
import shutil
import sys
from pathlib import Path

from tqdm import tqdm

from dataset_builder.opus import opus_bytes
from osuT5.audio.decode import AudioError
from osuT5.dataset.files.sources import FolderSong, SourceReport, mapset_songs
from osuT5.rhythm.corpus import load_charts
from training.checkpoint import replace_folder

MAPSETS_FOLDER, CACHE_FOLDER, AUDIO_FILE = "mapsets", "cache", "audio.opus"
_AUDIO_LINE = re.compile(rb"^(AudioFilename\s*:).*$", re.MULTILINE)
_FROM_TJA = re.compile(rb"^Source\s*:\s*TJA\s*$", re.MULTILINE)


def main(arguments: list[str] | None = None) -> int:
    """Run the command; return its exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="folder of mapsets")
    parser.add_argument("out", type=Path, help="folder to write")
    parser.add_argument("--megabytes", type=float, default=40.0, help="most of audio and maps")
    parser.add_argument("--kbps", type=int, default=12, help="bit rate of the audio")
    given = parser.parse_args(arguments)
    if not given.folder.is_dir():
        print(f"There is no folder {given.folder}.", file=sys.stderr)
        return 2
    report = SourceReport()
    count = pack(given.folder, given.out, 1e6 * given.megabytes, given.kbps, report)
    print(f"{count} songs packed, {len(report.skipped)} files skipped")
    return 0


def pack(folder: Path, out: Path, most_bytes: float, kbps: int, report: SourceReport) -> int:
    """Pack songs until the next one is too large; return their number."""
    count, left = 0, most_bytes
    for song in tqdm(sorted(mapset_songs(folder), key=_is_from_tja), desc="songs", unit="song", mininterval=10):
        packed = out / MAPSETS_FOLDER / f"{count:05}"
        if not packed.is_dir():
            try:
                _pack_song(song, packed, kbps)
            except (AudioError, OSError) as error:
                report.skip(song.name, error)
                continue
        left -= sum(path.stat().st_size for path in packed.iterdir())
        if left < 0:
            shutil.rmtree(packed)
            break
        count += 1
    for song in mapset_songs(out / MAPSETS_FOLDER):
        load_charts(song, out / CACHE_FOLDER, report)
    return count


def _is_from_tja(song: FolderSong) -> bool:
    return any(_FROM_TJA.search(path.read_bytes()) for path in song.chart_paths)


def _pack_song(song: FolderSong, folder: Path, kbps: int) -> None:
    with replace_folder(folder) as temporary:
        (temporary / AUDIO_FILE).write_bytes(opus_bytes(song.audio_path, kbps))
        for path in song.chart_paths:
            chart = _AUDIO_LINE.sub(rb"\1 " + AUDIO_FILE.encode("ascii"), path.read_bytes(), count=1)
            (temporary / path.name).write_bytes(chart)


if __name__ == "__main__":
    sys.exit(main())
