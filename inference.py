"""Generation of a playable map from a song.

`python inference.py audio_path=song.mp3 difficulty=5.5`; `-h` lists all options.
"""

from __future__ import annotations

if __name__ == "__main__":
    from feedback.startup import start_program

    start_program()

import sys

from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode

from pipeline.cli.command_line import FlatConfig, Program, run
from pipeline.cli.outcomes import Outcome
from pipeline.cli.request_runner import check_request, make, make_in_mapset
from pipeline.generation.model_cache import keep_models
from pipeline.request.mapset_file import open_mapset
from pipeline.request.resolve import resolve
from server.client import generate_on_server


def generate_map(config: FlatConfig) -> int:
    """Generate the requested map, here or on a server; print a summary."""
    if HydraConfig.get().mode is RunMode.MULTIRUN:
        keep_models()
    with open_mapset(config) as (options, mapset):
        request = check_request(options)
        # Only now what takes seconds to import: wrong input is answered at once.
        from pipeline.cli.progress_bar import ProgressLine

        progress = ProgressLine()
        try:
            if mapset is not None:
                outcome = Outcome(0, f"{make_in_mapset(mapset, request, progress)}\n")
            else:
                outcome = generate_on_server(options, request, progress)
                outcome = outcome or Outcome(0, f"{make(request, progress)[1]}\n")
        finally:
            progress.close()
    return outcome.show()


INFERENCE = Program(
    script="inference.py",
    config_name="inference",
    purpose="Generates an osu! beatmap from a song.",
    example="audio_path=song.mp3 difficulty=5.5",
    action=generate_map,
    check=resolve,
)

if __name__ == "__main__":
    sys.exit(run(INFERENCE))
