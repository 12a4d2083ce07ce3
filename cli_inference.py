"""Asks for what a map should be like, and runs or prints the command: `python cli_inference.py`."""

from __future__ import annotations

import sys

import pipeline.request.inference_options  # noqa: F401  registers what configs/inference.yaml builds on
from pipeline.cli.command_line import Beginning, Program, run
from pipeline.request.options import RequestError


def ask(beginning: Beginning) -> int:
    """Ask for the options of inference.py that the command line left open."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise RequestError("Questions need a terminal to be answered in; without one take inference.py.")
    try:
        from pipeline.cli.dialogue.conversation import converse
    except ModuleNotFoundError as error:
        if error.name != "questionary":
            raise
        raise RequestError("questionary is not installed: pip install -r requirements.txt brings it.") from error
    return converse(beginning)


CLI_INFERENCE = Program(
    script="cli_inference.py",
    config_name="inference",
    purpose="Asks for what a map should be like, option by option, and runs or prints the command that makes it. "
    "What is given on the command line is not asked for.",
    example="audio_path=song.mp3",
    action=ask,
    is_dialogue=True,
)

if __name__ == "__main__":
    sys.exit(run(CLI_INFERENCE))
