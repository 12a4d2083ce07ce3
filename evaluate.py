"""Evaluation of generated maps.

`python evaluate.py generated_path=MAPS human_path=MAPSETS`; `-h` lists all options.

For songs of a dataset: `python evaluate.py dataset_path=MAPSETS`. Results side by side: `python evaluate.py
compare=[a/results.json,b/results.json]`. See docs/evaluation.md.
"""

from __future__ import annotations

if __name__ == "__main__":
    from feedback.startup import start_program

    start_program()

import sys

from evaluation.options import check_evaluation_files, resolve_evaluation
from pipeline.cli.command_line import FlatConfig, Program, run


def evaluate_maps(config: FlatConfig) -> None:
    """Run the requested evaluation, and print its files."""
    request = resolve_evaluation(config)
    check_evaluation_files(request)
    # Only now what takes seconds to import: wrong input is answered at once.
    from evaluation.evaluate import evaluate

    for path in evaluate(request):
        print(path)


EVALUATE = Program(
    script="evaluate.py",
    config_name="evaluate",
    purpose="Compares generated osu! beatmaps with human-made ones.",
    example="generated_path=MAPS human_path=MAPSETS",
    action=evaluate_maps,
)

if __name__ == "__main__":
    sys.exit(run(EVALUATE))
