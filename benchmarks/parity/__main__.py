"""Compares our numbers with reference outputs of the original program.

    python -m benchmarks.parity --goldens DIR [--kind KIND...] [--quiet]

DIR holds a folder for each kind, or the archives of such folders. Prints a line for each case and a summary for each
kind; exit status 1 when a case differs without a reason that is argued in its note, 2 when DIR cannot be used.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from benchmarks.arguments import command_parser
from benchmarks.parity.cases import CaseResult, Verdict, each_case
from benchmarks.parity.folders import GoldensError, kinds_in, unpack
from benchmarks.parity.report import row, summary

INPUT_FOLDERS = {"osu_inputs"}
"""Folders that other kinds read, with nothing to compare in themselves."""


def check_kind(kind: str, folder: Path) -> Iterator[CaseResult]:
    """Yield the results of one kind of comparison.

    A kind without a check gives a single pending one.
    """
    module = f"benchmarks.parity.kinds.{kind}"
    if not kind.isidentifier() or find_spec(module) is None:
        yield CaseResult(kind, "all", Verdict.PENDING, note="no check for this kind yet")
        return
    try:
        yield from each_case(kind, import_module(module).cases(folder))
    except Exception as error:
        yield CaseResult(kind, "all", Verdict.DIFFERS, note=f"failed: {type(error).__name__}: {error}")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = command_parser(__doc__)
    parser.add_argument("--goldens", type=Path, required=True, metavar="DIR")
    parser.add_argument("--kind", nargs="+", help="only these kinds")
    parser.add_argument("--quiet", action="store_true", help="no line for cases that agree")
    options = parser.parse_args(arguments)
    results: list[CaseResult] = []
    try:
        with unpack(options.goldens) as goldens:
            kinds = [kind for kind in kinds_in(goldens) if kind not in INPUT_FOLDERS]
            for kind in options.kind or kinds:
                if kind not in kinds:
                    raise GoldensError(f"{options.goldens} has no reference outputs of kind {kind!r}.")
                for result in check_kind(kind, goldens / kind):
                    results.append(result)
                    if not (options.quiet and result.verdict is Verdict.OK):
                        print(row(result), flush=True)
    except GoldensError as error:
        print(error, file=sys.stderr)
        return 2
    print()
    print("\n".join(summary(results)))
    return int(any(result.fails for result in results))


if __name__ == "__main__":
    sys.exit(main())
