"""Mapsets to a dataset: `python build_dataset.py input_path=FOLDER output_path=DATASET`; `-h` lists all options."""

from __future__ import annotations

if __name__ == "__main__":
    from feedback.startup import start_program

    start_program()

import sys
from dataclasses import dataclass

from hydra.core.config_store import ConfigStore

from dataset_builder.options import OSU_API, BuildOptions
from pipeline.cli.command_line import FlatConfig, Program, run
from pipeline.request.option_values import WholeNumber, option, path, read_options, text, yes_or_no
from pipeline.request.options import RequestError


@dataclass
class BuildDatasetOptions:
    """Options as users type them; `configs/build_dataset.yaml` explains each."""

    input_path: str | None = option(path)
    output_path: str | None = option(path)
    shards_path: str | None = option(path)
    workers: int = option(WholeNumber(0, 256), 0)
    opt_out_path: str | None = option(path)
    tags_path: str | None = option(path)
    online: bool = option(yes_or_no, False)
    api_url: str = option(text, OSU_API)
    opus_kbps: int = option(WholeNumber(16, 320), 64)
    shard_mb: int = option(WholeNumber(1, 10_000), 500)


ConfigStore.instance().store("build_dataset_options", BuildDatasetOptions)


def build_options(config: FlatConfig) -> BuildOptions:
    """Return the checked options.

    Raises RequestError.
    """
    given = read_options(BuildDatasetOptions, config)
    if "output_path" not in given:
        raise RequestError("output_path is missing: give the folder of the dataset as output_path=FOLDER.")
    return BuildOptions(**given)


def build_dataset(config: FlatConfig) -> None:
    """Build or complete a dataset, and optionally its sharded form.

    Prints a summary.
    """
    options = build_options(config)
    # Only now what takes a moment to import: wrong input is answered at once.
    from dataset_builder.build import build
    from dataset_builder.shard_writer import write_shards

    print("\n".join(build(options).lines()))
    print(f"Dataset: {options.output_path}")
    if options.shards_path is not None:
        report = write_shards(options)
        print(
            f"{report.songs} songs, {report.charts} charts in {report.shards} shards of {report.mib:.0f} MiB together"
        )
        print("\n".join([*(f"  skipped {line}" for line in report.skipped), f"Shards: {options.shards_path}"]))


BUILD = Program(
    script="build_dataset.py",
    config_name="build_dataset",
    purpose="Makes a dataset to train on from folders of .osz files or of mapsets.",
    example="input_path=SONGS output_path=DATASET",
    action=build_dataset,
)

if __name__ == "__main__":
    sys.exit(run(BUILD))
