"""From a song to a playable map: `python inference.py audio_path=song.mp3 difficulty=5.5`; `-h` lists all options."""

from __future__ import annotations

import sys

from pipeline.cli.command_line import FlatConfig, Program, run
from pipeline.cli.many_runs import ManyRuns
from pipeline.cli.request_runner import checked_request, make
from pipeline.generation.model_cache import keep_models
from pipeline.request.resolve import resolve
from serving.client import made_by_server


def generate_map(config: FlatConfig) -> int:
    """Generate what the options ask for, or let a server do it, and say what came out."""
    request = checked_request(config)
    # Only now what takes seconds to import: wrong input is answered at once.
    from pipeline.cli.progress_bar import ProgressLine

    progress = ProgressLine()
    try:
        outcome = made_by_server(config, request, progress)
        said = f"{make(request, progress)[1]}\n" if outcome is None else outcome.said
    finally:
        progress.close()
    print(said, end="")
    if outcome is None:
        return 0
    print(outcome.error, end="", file=sys.stderr)
    return outcome.status


INFERENCE = Program(
    script="inference.py",
    config_name="inference",
    purpose="Makes an osu! beatmap from a song.",
    example="audio_path=song.mp3 difficulty=5.5",
    action=generate_map,
    many=ManyRuns(resolve, keep_models, frozenset({"audio_path", "beatmap_path"})),
)

if __name__ == "__main__":
    sys.exit(run(INFERENCE))
