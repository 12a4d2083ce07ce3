"""Interactive form of inference.py: asks for options, then runs or prints.

`python cli_inference.py` starts it.
"""

from __future__ import annotations

if __name__ == "__main__":
    from feedback.startup import start_program

    start_program()

import sys
from pathlib import Path

from hydra.core.hydra_config import HydraConfig

import pipeline.request.inference_options  # noqa: F401  registers what configs/inference.yaml builds on
from pipeline.cli.command_line import FlatConfig, Program, find_config, run
from pipeline.request.options import RequestError


def ask(config: FlatConfig) -> int:
    """Ask for the options of inference.py that the command line left open."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise RequestError("cli_inference.py needs an interactive terminal. Use inference.py in scripts.")
    try:
        from pipeline.cli.dialogue.conversation import converse
    except ModuleNotFoundError as error:
        if error.name != "questionary":
            raise
        raise RequestError("questionary is not installed: run pip install -r requirements.txt.") from error
    started = HydraConfig.get()
    words = {word.lstrip("+~").partition("=")[0] for word in started.overrides.task}
    folder = next(source.path for source in started.runtime.config_sources if source.provider == "main")
    path = Path(folder, f"{started.job.config_name}.yaml")
    name = path.stem if path == find_config(path.stem) else str(path)
    return converse(name, {option: config.get(option) for option in words})


CLI_INFERENCE = Program(
    script="cli_inference.py",
    config_name="inference",
    purpose="Asks for the options of a map one by one, then runs or prints the command. "
    "Options on the command line are not asked for.",
    example="audio_path=song.mp3",
    action=ask,
)

if __name__ == "__main__":
    sys.exit(run(CLI_INFERENCE))
