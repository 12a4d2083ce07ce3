"""Modding suggestions for a map: `python mai_mod.py beatmap_path=map.osu`; `-h` lists all options."""

from __future__ import annotations

if __name__ == "__main__":
    from feedback.startup import start_program

    start_program()

import os
import sys
from pathlib import Path

from modding.options import ReviewRequest, check_review_files, resolve_review
from pipeline.cli.command_line import FlatConfig, Program, run


def suggest(config: FlatConfig) -> None:
    """Review what the options name, and report it."""
    request = resolve_review(config)
    check_review_files(request)
    if request.audio_path is not None:
        from osuT5.audio.decode import audio_format

        audio_format(request.audio_path)
    # Only now what takes seconds to import: wrong input is answered at once.
    from modding.review import review, write_fixed_copy
    from pipeline.cli.progress_bar import ProgressLine

    progress = ProgressLine()
    try:
        reviews = review(request, progress)
    finally:
        progress.close()
    if request.apply:
        path, applied = write_fixed_copy(request, reviews[-1])
        print(f"{path}: {len(applied)} of {len(reviews[-1].suggestions)} suggestions applied.")
    else:
        _report(request, reviews)


def _report(request: ReviewRequest, reviews: list) -> None:
    from modding.report.reports import report
    from osu_beatmap.files.writer import write_text

    to_file = request.output_file is not None
    is_watched = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    text = report(reviews, request.output, request.order, is_watched and not to_file and not request.raw_output)
    if not to_file:
        print(text, end="")
        return
    target = Path(request.output_file)
    target.parent.mkdir(parents=True, exist_ok=True)
    write_text(target, text)
    if target.is_file():  # what goes into a pipe is the report alone
        print(f"{target}: {sum(len(each.suggestions) for each in reviews)} suggestions.")


MAI_MOD = Program(
    script="mai_mod.py",
    config_name="mai_mod",
    purpose="Reviews an osu! beatmap and lists suggestions.",
    example="beatmap_path=map.osu",
    action=suggest,
)

if __name__ == "__main__":
    sys.exit(run(MAI_MOD))
