"""What several users gain from one server: maps that are made at once, one after the other, and without a server.

    python -m benchmarks.several_users SONG [--users 1 2 4] [--seconds 60] [--options difficulty=4]
    python -m benchmarks.several_users --steps v29 [--rows 1 2 4 8] [--precision fp32 int8]

The first makes maps of one song with seeds 1, 2, ... through a server of its own, all at once and one after the other,
and by as many runs of the command. The second times a step of the decoder of a model with random weights for so many
rows, which is what users share. Seconds that went by; of several processes, processor time would tell nothing.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from benchmarks.arguments import command_parser
from benchmarks.generate.__main__ import excerpt_of
from paths import REPO_ROOT

PROMPT_TOKENS = 100
STEPS, ROUNDS = 20, 5

T = TypeVar("T")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = command_parser(__doc__)
    parser.add_argument("song", type=Path, nargs="?")
    parser.add_argument("--users", type=int, nargs="+", default=[1, 2, 4])
    parser.add_argument("--seconds", type=float, default=60.0, help="of the song")
    parser.add_argument("--options", nargs="*", default=["difficulty=4"], help="of each map")
    parser.add_argument("--steps", metavar="ARCHITECTURE", help="time steps of such a model instead")
    parser.add_argument("--rows", type=int, nargs="+", default=[1, 2, 4, 8])
    parser.add_argument("--precision", nargs="+", default=["fp32", "int8"], choices=["fp32", "int8"])
    options = parser.parse_args(arguments)
    if options.steps:
        _print_steps(options.steps, options.rows, options.precision)
    if options.song:
        _print_users(options)
    return 0


def _print_users(options: argparse.Namespace) -> None:
    print("| users | all at once, s | one after the other, s | the command, s |")
    print("| --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        song = excerpt_of(options.song, options.seconds, place)
        with _server(folder / "session") as ask:

            def wishes(users: int) -> list[dict[str, object]]:
                given = dict(word.split("=", 1) for word in options.options)
                common = {"audio_path": str(song), "output_path": str(folder / "maps"), **given}
                return [{**common, "seed": seed} for seed in range(1, users + 1)]

            ask(wishes(1)[0])  # loads the model
            for users in options.users:
                wanted = wishes(users)
                with ThreadPoolExecutor(users) as pool:
                    at_once = _seconds(ask, wanted, pool.map)
                in_turn = _seconds(ask, wanted)
                alone = _seconds(_run_command, wanted)
                print(f"| {users} | {at_once:.1f} | {in_turn:.1f} | {alone:.1f} |", flush=True)


def _seconds(work: Callable[[T], object], items: Sequence[T], mapped: Callable[..., Iterator] = map) -> float:
    """Measure work on all items: one after the other, or as `mapped` does it."""
    started = time.perf_counter()
    list(mapped(work, items))
    return time.perf_counter() - started


def _run_command(wish: dict[str, object]) -> None:
    words = [f"{name}={value}" for name, value in wish.items()]
    subprocess.run(
        [sys.executable, REPO_ROOT / "inference.py", *words, "server=off"], check=True, stdout=subprocess.DEVNULL
    )


@contextmanager
def _server(session: Path) -> Iterator[Callable[[dict[str, object]], None]]:
    """A server of one's own; gives what has a map made by it."""
    from serving.client import NoServer, generate
    from serving.client import ask as ask_server

    process = subprocess.Popen(
        [sys.executable, REPO_ROOT / "serve.py", f"session_file={session}"], stdout=subprocess.DEVNULL
    )

    def have_made(wish: dict[str, object]) -> None:
        outcome = generate(wish, session, lambda *stage: None)
        if outcome.status:
            raise SystemExit(outcome.error)

    try:
        while True:
            try:
                ask_server({"do": "status"}, session)
                break
            except NoServer:
                if process.poll() is not None:
                    raise SystemExit("The server did not start.") from None
                time.sleep(0.2)
        yield have_made
    finally:
        process.terminate()
        process.wait()


def _print_steps(architecture: str, rows: Sequence[int], precisions: Sequence[str]) -> None:
    from benchmarks.random_models import random_model
    from osuT5.model.inference_setup import prepare_to_generate

    print(f"| rows | {' | '.join(f'{precision}: ms a step | tokens/s' for precision in precisions)} |")
    print(f"| --- |{' --- | --- |' * len(precisions)}")
    found: dict[int, list[str]] = {count: [] for count in rows}
    for precision in precisions:
        decoder = prepare_to_generate(random_model(architecture)[0], precision == "int8").row_decoder
        for count in rows:
            step_s = _step_seconds(decoder, count)
            found[count] += [f"{1000 * step_s:.1f}", f"{count / step_s:.0f}"]
    for count, figures in found.items():
        print(f"| {count} | {' | '.join(figures)} |")


def _step_seconds(decoder, rows: int) -> float:
    """A step of so many rows, each with a window of its own: the least of some rounds."""
    import torch

    config = decoder.model.config
    begun = [
        decoder.begin(decoder.hear(torch.randn(config.max_source_positions, config.d_model)), [1] * PROMPT_TOKENS, 0)[0]
        for _ in range(rows)
    ]
    return min(_seconds(lambda _: decoder.step(begun, [1] * rows), range(STEPS)) for _ in range(ROUNDS)) / STEPS


if __name__ == "__main__":
    sys.exit(main())
