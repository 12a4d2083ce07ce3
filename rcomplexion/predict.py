"""Rhythm complexity of maps, as a table.

`python rcomplexion/predict.py PATHS... output=complexity.csv`
"""

from __future__ import annotations

import os
import sys

if __name__ == "__main__":
    # Python puts this script's folder first, where `model` and `training` are others than the repository's.
    sys.path[0] = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    from feedback.startup import start_program

    start_program()

from dataclasses import dataclass
from pathlib import Path

from hydra.core.config_store import ConfigStore

from pipeline.cli.command_line import FlatConfig, Program, run
from pipeline.request.input_files import check_writable_folder
from pipeline.request.option_values import items, option, path, read_options
from pipeline.request.options import RequestError


@dataclass
class PredictOptions:
    """Options as users type them; `configs/rcomplexion.yaml` explains each."""

    paths: list[str] = option(items, [])
    output: str | None = option(path)
    model_path: str | None = option(path)


ConfigStore.instance().store("rcomplexion_options", PredictOptions)


def predict(config: FlatConfig) -> None:
    """Write a line for each chart, and report those without one."""
    given = read_options(PredictOptions, config)
    paths = [path("paths", each) for each in given.get("paths", ())]
    if not paths:
        raise RequestError("paths are missing: give .osu files, .osz archives or folders of them.")
    for each in paths:
        if not each.exists():
            raise RequestError(f"There is no file or folder at {each}.")
    output = given.get("output")
    if output is not None:
        if output.is_dir():
            raise RequestError(f"output must be a file, but {output} is a folder.")
        check_writable_folder("output", output.parent)
    _write_table(paths, output, given.get("model_path"))


def _write_table(paths: list[Path], output: Path | None, model_path: Path | None) -> None:
    # Only now what takes seconds to import: wrong input is answered at once.
    import torch
    from tqdm import tqdm

    from osu_beatmap.files.writer import write_text
    from rcomplexion.contract import load_model
    from rcomplexion.table import find_charts, format_csv, rows_of

    torch.set_num_threads(1)  # the network is too small to be shared
    model = load_model(model_path)
    charts, skipped = find_charts(paths), []
    is_shown = len(charts) > 1 and sys.stderr.isatty()
    bar = tqdm(charts, desc="reading rhythms", unit="chart", disable=not is_shown)
    rows = [row for chart in bar for row in rows_of(chart, model, skipped)]
    for line in skipped:
        print(f"skipped: {line}", file=sys.stderr)
    if not rows:
        raise RequestError("There is no chart with a rhythm among these paths.")
    if output is None:
        print(format_csv(rows), end="")
        return
    output.parent.mkdir(parents=True, exist_ok=True)
    write_text(output, format_csv(rows))
    print(f"{output}: {len(rows)} charts.")


PREDICT = Program(
    script="rcomplexion/predict.py",
    config_name="rcomplexion",
    purpose="Measures the rhythm complexity of osu! beatmaps.",
    example="map.osu output=complexity.csv",
    action=predict,
    files_option="paths",
)

if __name__ == "__main__":
    sys.exit(run(PREDICT))
