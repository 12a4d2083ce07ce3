"""Fuzzer of the program: no input may crash it or stall it.

An input is a file, an option or a request. None may leave half a file.

    python -m benchmarks.fuzz --seed 1 --charts 2000 --inputs 10000 --processes 40

`--charts` absurd charts go through reader, rules, encoding, review, evaluation and training examples. `--inputs`
mutated charts, archives, audio files, option values and HTTP requests are read. `--processes` cases are run for each
command, as processes. A failure is a traceback, more than 5 s of CPU time or 1 GiB of memory beyond a sane case, or a
file that is left behind. It is printed with the seed that repeats it (`--seed N --charts 1`). Exit status 1 if there
are any.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tqdm import tqdm

from benchmarks.arguments import command_parser
from benchmarks.fuzz.watch import FuzzReport, limit_memory


def main(arguments: list[str] | None = None) -> int:
    """Run the requested cases; return 1 if one failed."""
    parser = command_parser(__doc__)
    parser.add_argument("--seed", type=int, default=1, help="seed of the first case; the others count on from it")
    parser.add_argument("--charts", type=int, default=0)
    parser.add_argument("--inputs", type=int, default=0)
    parser.add_argument("--processes", type=int, default=0, help="cases of each command")
    parser.add_argument("--commands", nargs="*", default=[], help="the commands to run, by default all")
    given = parser.parse_args(arguments)
    report = FuzzReport()
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        if given.processes:  # first: afterwards this process has threads, and cannot be copied
            from benchmarks.fuzz.commands import run_commands

            run_commands(Path(folder), given.seed, given.processes, report, given.commands)
        limit_memory()
        for run, count in ((run_charts, given.charts), (run_inputs, given.inputs)):
            if count:
                run(Path(folder), given.seed, count, report)
    print("\n".join(report.lines()))
    return 1 if report.failures else 0


def run_charts(folder: Path, seed: int, count: int, report: FuzzReport) -> None:
    """Take absurd charts through all stages."""
    from benchmarks.fuzz.chart_stages import ChartStages

    stages = ChartStages(folder)
    # What is loaded once, and the memory for it, is not that of a chart.
    for kept in (stages.reader, stages.loader, stages.humans):
        assert kept is not None
    stages.run_sane(report)
    for each in tqdm(range(seed, seed + count), desc="charts", unit="chart", disable=None):
        stages.run(each, report)


def run_inputs(folder: Path, seed: int, count: int, report: FuzzReport) -> None:
    """Read mutated inputs of every kind, by turns."""
    from benchmarks.fuzz.inputs import InputCases

    cases = InputCases(folder)
    for each in tqdm(range(seed, seed + count), desc="inputs", unit="input", disable=None):
        cases.run(each, report)


if __name__ == "__main__":
    sys.exit(main())
