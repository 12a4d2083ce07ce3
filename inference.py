"""From a song to a playable map: `python inference.py audio_path=song.mp3 difficulty=5.5`; `-h` lists all options."""

from __future__ import annotations

import sys

from pipeline.command_line import FlatConfig, Program, run
from pipeline.input_files import check_files
from pipeline.kept_models import keep_models
from pipeline.many_runs import ManyRuns
from pipeline.resolve import resolve


def generate_map(config: FlatConfig) -> None:
    """Generate what the options ask for, and say what came out."""
    request = resolve(config)
    check_files(request)
    # Only now what takes seconds to import: wrong input is answered at once.
    from pipeline.console import ProgressLine, mapset_summary, summary
    from pipeline.generate import generate
    from pipeline.mapset import generate_mapset

    progress = ProgressLine()
    try:
        if request.map.is_mapset:
            text = mapset_summary(generate_mapset(request, progress))
        else:
            text = summary(generate(request, progress), request)
    finally:
        progress.close()
    print(text)


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
