"""Counts of the votes on a blind test.

    python -m benchmarks.blind_test.votes SHEET.answers.json VOTES.json...

VOTES.json is what "Copy as JSON" of the page copied, one file for each voter. Prints by mode how many votes name the
human-made map. Half of them do if nobody can tell. Intervals are of 90 %, by bootstrap over pairs.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np

from benchmarks.arguments import command_parser
from benchmarks.bootstrap import bootstrap_interval
from evaluation.report.markdown import table
from feedback.errors import UserError

UNSURE = "unsure"


def main() -> int:
    parser = command_parser(__doc__)
    parser.add_argument("answers", type=Path, metavar="ANSWERS")
    parser.add_argument("votes", type=Path, nargs="+", metavar="VOTES")
    arguments = parser.parse_args()
    try:
        answers = json.loads(arguments.answers.read_text(encoding="utf-8"))
        votes = [json.loads(path.read_text(encoding="utf-8")) for path in arguments.votes]
        print(count_table(answers, votes))
    except (OSError, ValueError, KeyError, TypeError, UserError) as error:
        print(f"The votes cannot be counted: {error}", file=sys.stderr)
        return 1
    return 0


def count_table(answers: Mapping, sheets: Iterable[Mapping]) -> str:
    """Return a Markdown table of the votes of all voters.

    Raises:
        UserError: Votes are on another sheet.
    """
    cast: list[tuple[str, int, str, bool]] = []
    for sheet in sheets:
        if sheet["sheet"] != answers["sheet"]:
            raise UserError(f"votes are on sheet {sheet['sheet']}, answers of sheet {answers['sheet']}.")
        for pair, vote in sheet["votes"].items():
            answer = answers["pairs"][int(pair) - 1]
            cast.append((answer["mode"], int(pair), vote, vote == answer["human"]))
    modes = sorted({mode for mode, *_ in cast})
    rows = [_row(mode, [vote for vote in cast if vote[0] == mode]) for mode in modes] + [_row("all", cast)]
    return table(["mode", "votes", "cannot tell", "name the human-made map", "90 % interval"], rows)


def _row(name: str, cast: Sequence[tuple[str, int, str, bool]]) -> list[object]:
    decided = [(pair, is_right) for _, pair, vote, is_right in cast if vote != UNSURE]
    by_pair = [np.array([right for at, right in decided if at == pair]) for pair in sorted({at for at, _ in decided})]
    if not by_pair:
        return [name, len(cast), len(cast), "-", "-"]
    low, high = bootstrap_interval(by_pair, lambda pairs: float(np.concatenate(pairs).mean()))
    share = np.mean([is_right for _, is_right in decided])
    return [name, len(cast), len(cast) - len(decided), f"{share:.2f}", f"{low:.2f}-{high:.2f}"]


if __name__ == "__main__":
    sys.exit(main())
