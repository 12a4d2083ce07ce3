"""Time until the first token, from the start of the process.

All imports are included.

    python -m benchmarks.generate.first_token SONG

Run it twice: the first run brings files into the cache of the operating system.
"""

from __future__ import annotations

import sys
import tempfile
import time
from unittest import mock

import psutil


class FirstToken(Exception):
    """It is there."""


def main(song: str) -> None:
    started = psutil.Process().create_time()
    from pipeline.cli.request_runner import checked_request, make

    with tempfile.TemporaryDirectory() as folder:
        request = checked_request({"audio_path": song, "output_path": folder, "device": "cpu"})
        from osuT5.generation.sampling.row_choice import RowChoice

        with mock.patch.object(RowChoice, "choose", side_effect=FirstToken):
            try:
                make(request)
            except FirstToken:
                print(f"{time.time() - started:.1f} s, of which {time.process_time():.1f} s of processor time")


if __name__ == "__main__":
    main(sys.argv[1])
