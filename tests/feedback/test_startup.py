"""The first steps of a program, in processes of their own."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from paths import REPO_ROOT

SCRIPT = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job begins without it
from feedback.startup import raise_on_interrupt, start_program
start_program()
import sys, time
print("said")
print("told", file=sys.stderr)
handle = open(sys.argv[1], "wb")
assert handle.fileno() > 2, "files take the place of streams"
if sys.argv[2] == "wait":
    print("ready", flush=True)
    time.sleep(30)
if sys.argv[2] == "clean up":
    raise_on_interrupt()
    try:
        print("ready", flush=True)
        time.sleep(30)
    finally:
        print("cleaning", file=sys.stderr)
        time.sleep(30)
"""
ENTRY_POINTS = [path for path in sorted(REPO_ROOT.glob("*.py")) if "__main__" in path.read_text(encoding="utf-8")]
ENTRY_POINTS += [REPO_ROOT / "classifier" / "classify.py", REPO_ROOT / "rcomplexion" / "predict.py"]


@pytest.mark.skipif(os.name == "nt", reason="needs a POSIX shell")
@pytest.mark.parametrize("closed", ["2>&-", ">&-", "<&- >&- 2>&-"])
def test_a_program_runs_without_streams(tmp_path, closed):
    program = tmp_path / "program.py"
    program.write_text(SCRIPT, encoding="utf-8")
    command = f'"{sys.executable}" "{program}" "{tmp_path / "file"}" go {closed}'
    done = subprocess.run(command, shell=True, cwd=REPO_ROOT, env=os.environ | {"PYTHONPATH": str(REPO_ROOT)})
    assert done.returncode == 0


@pytest.mark.skipif(os.name == "nt", reason="sends a POSIX signal")
@pytest.mark.parametrize(("what", "shown"), [("wait", "told\nStopped.\n"), ("clean up", "told\ncleaning\nStopped.\n")])
def test_an_interrupt_ends_a_program_without_a_traceback(tmp_path, what, shown):
    program = tmp_path / "program.py"
    program.write_text(SCRIPT, encoding="utf-8")
    words = [sys.executable, str(program), str(tmp_path / "file"), what]
    environment = os.environ | {"PYTHONPATH": str(REPO_ROOT)}
    with subprocess.Popen(words, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as started:
        while started.stdout.readline() != "ready\n":
            pass
        started.send_signal(signal.SIGINT)
        assert started.wait(20) == 130
        assert started.stderr.read() == shown


@pytest.mark.skipif(os.name == "nt", reason="sends a POSIX signal")
def test_an_interrupt_ends_a_program_with_a_closed_pipe_as_stderr(tmp_path):
    program = tmp_path / "program.py"
    program.write_text(SCRIPT, encoding="utf-8")
    words = [sys.executable, str(program), str(tmp_path / "file"), "wait"]
    environment = os.environ | {"PYTHONPATH": str(REPO_ROOT)}
    with subprocess.Popen(words, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as started:
        while started.stdout.readline() != "ready\n":
            pass
        started.stderr.close()
        started.send_signal(signal.SIGINT)
        assert started.wait(20) == 130


@pytest.mark.skipif(os.name == "nt", reason="needs a POSIX terminal")
def test_a_terminal_gets_a_sign_of_life_that_the_next_line_replaces(tmp_path):
    program = tmp_path / "program.py"
    program.write_text(SCRIPT, encoding="utf-8")
    terminal, inner = os.openpty()
    words = [sys.executable, str(program), str(tmp_path / "file"), "go"]
    subprocess.run(words, env=os.environ | {"PYTHONPATH": str(REPO_ROOT)}, stderr=inner, check=True)
    assert os.read(terminal, 100).startswith(b"Starting\rtold")
    for end in (terminal, inner):
        os.close(end)


@pytest.mark.parametrize("path", ENTRY_POINTS, ids=lambda path: path.name)
def test_entry_points_start_before_they_import(path: Path):
    lines = path.read_text(encoding="utf-8").splitlines()
    imports = [line for line in lines if line.lstrip().startswith(("import ", "from "))]
    allowed = {"from __future__ import annotations", "import os", "import sys"}
    assert next(line for line in imports if line not in allowed) == "    from feedback.startup import start_program"
