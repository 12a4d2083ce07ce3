"""Time until each command shows something, and until it ends after ctrl-C.

python -m benchmarks.responsiveness MAPSET

Each command runs in a terminal of its own. It is started once for each moment of ctrl-C. The table has the longest time
to the first output, and the seconds from ctrl-C to the end with the exit status. The status of this program is 1 if a
first output took more than 1 s or an end more than 2 s.
"""

from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
import sys
import tempfile
import time
from argparse import ArgumentParser
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from paths import DEMO_SONG, REPO_ROOT

MOMENTS_S = (0.3, 1.0, 3.0, 8.0)
FIRST_SIGN_S, STOP_S = 1.0, 2.0
GIVE_UP_S = 20.0
CTRL_C = b"\x03"
IN_TERMINAL = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.executable, [sys.executable, *sys.argv[1:]])
"""
"""Makes the terminal that of the process, so that its keys become signals, and starts a command in its place."""


def commands(mapset: Path, folder: Path) -> list[list[str]]:
    """Return a long run of each command, writing into a folder."""
    osu = str(min(mapset.glob("*.osu")))
    song = f"audio_path={DEMO_SONG}"
    return [
        ["inference.py", song, "difficulty=5", f"output_path={folder}", "server=off"],
        ["mai_mod.py", f"beatmap_path={osu}"],
        ["evaluate.py", f"dataset_path={mapset.parent}", f"output_path={folder / 'results'}"],
        ["build_dataset.py", f"input_path={mapset.parent}", f"output_path={folder / 'dataset'}"],
        ["train.py", "-cn", "train_mini", f"train_dataset_path={mapset.parent}", f"run_path={folder / 'run'}"],
        ["serve.py", f"folder={folder / 'server'}", f"session_file={folder / 'session' / 'server.json'}"],
        ["web-ui.py", f"folder={folder / 'web'}", "open_browser=false", "port=0"],
        ["mai_mod_ui.py", f"folder={folder / 'mod'}", "open_browser=false", "port=0"],
        ["cli_inference.py"],
        ["classifier/classify.py", f"beatmap_path={osu}", "time=20"],
        ["rcomplexion/predict.py", str(mapset.parent)],
    ]


def measure(command: Sequence[str], moment_s: float) -> tuple[float | None, float | None, int]:
    """Run a command until a moment and press ctrl-C.

    Returns:
        Seconds until the first output, None without any; seconds from ctrl-C to the end, None if it had ended before;
        and the exit status.
    """
    terminal, inner = pty.openpty()
    started_s = time.monotonic()
    environment = {**os.environ, "TERM": "xterm"}
    streams = {"stdin": inner, "stdout": inner, "stderr": inner}
    words = [sys.executable, "-c", IN_TERMINAL, *command]
    process = subprocess.Popen(words, cwd=REPO_ROOT, env=environment, start_new_session=True, **streams)
    os.close(inner)
    first_s = _wait_for_output(terminal, process, started_s, started_s + moment_s)
    stopped_s = None
    if process.poll() is None:
        pressed_s = time.monotonic()
        os.write(terminal, CTRL_C)
        _wait_for_output(terminal, process, pressed_s, pressed_s + GIVE_UP_S, until_end=True)
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        stopped_s = time.monotonic() - pressed_s
    os.close(terminal)
    return first_s, stopped_s, process.wait()


def _wait_for_output(
    terminal: int, process: subprocess.Popen, begun_s: float, end_s: float, until_end: bool = False
) -> float | None:
    """Return when a terminal first had output, reading until a time.

    A process that ends first ends the wait.
    """
    first_s = None
    while time.monotonic() < end_s and process.poll() is None:
        ready, _, _ = select.select([terminal], [], [], 0.02)
        if ready:
            try:
                shown = os.read(terminal, 65_536)
            except OSError:
                break
            if shown and first_s is None:
                first_s = time.monotonic() - begun_s
    if until_end:
        with suppress(subprocess.TimeoutExpired):
            process.wait(max(0.0, end_s - time.monotonic()))
    return first_s


def main() -> int:
    parser = ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("mapset", type=Path, help="a folder with a .osu file and its song, beside others like it")
    parser.add_argument("scripts", nargs="*", help="only these, such as inference.py")
    given = parser.parse_args()
    print("| command | first output, s | " + " | ".join(f"ctrl-C at {moment:g} s" for moment in MOMENTS_S) + " |")
    print("|---|---|" + "---|" * len(MOMENTS_S))
    is_late = False
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as work:
        for command in commands(given.mapset, Path(work)):
            if given.scripts and command[0] not in given.scripts:
                continue
            runs = [measure(command, moment_s) for moment_s in MOMENTS_S]
            first_s = max((first for first, _, _ in runs if first is not None), default=GIVE_UP_S)
            ends = ["ended before" if end is None else f"{end:.2f} ({status})" for _, end, status in runs]
            print(f"| {command[0]} | {first_s:.2f} | {' | '.join(ends)} |", flush=True)
            is_late |= first_s > FIRST_SIGN_S or any(end is not None and end > STOP_S for _, end, _ in runs)
    return int(is_late)


if __name__ == "__main__":
    sys.exit(main())
