"""Mapsets to a dataset: `python build_dataset.py input_path=FOLDER output_path=DATASET`; `-h` lists all options."""

from __future__ import annotations

import sys

from dataset_builder.options import BuildOptions
from pipeline.cli.command_line import FlatConfig, Program, run
from pipeline.request.option_values import Reader, WholeNumber, is_absent, path, text, yes_or_no
from pipeline.request.options import RequestError

READERS: dict[str, Reader] = {
    "input_path": path,
    "output_path": path,
    "shards_path": path,
    "workers": WholeNumber(0, 256),
    "opt_out_path": path,
    "tags_path": path,
    "online": yes_or_no,
    "api_url": text,
    "opus_kbps": WholeNumber(16, 320),
    "shard_mb": WholeNumber(1, 10_000),
}


def read_options(config: FlatConfig) -> BuildOptions:
    """Checked options; raises RequestError."""
    given = {name: READERS[name](name, value) for name, value in config.items() if not is_absent(value)}
    if "output_path" not in given:
        raise RequestError("output_path is missing: give the folder of the dataset as output_path=FOLDER.")
    return BuildOptions(**given)


def build_dataset(config: FlatConfig) -> None:
    """Builds or completes a dataset and, if asked, its sharded form; says what came out."""
    options = read_options(config)
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
        print("\n".join([*(f"  left out {line}" for line in report.skipped), f"Shards: {options.shards_path}"]))


BUILD = Program(
    script="build_dataset.py",
    config_name="build_dataset",
    purpose="Makes a dataset to train on from folders of .osz files or of mapsets.",
    example="input_path=SONGS output_path=DATASET",
    action=build_dataset,
)

if __name__ == "__main__":
    sys.exit(run(BUILD))
