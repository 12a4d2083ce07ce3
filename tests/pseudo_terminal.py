"""A program in a pseudo-terminal, for tests that type and look; POSIX only, and only the standard library."""

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Self

UP, DOWN, SPACE, ENTER, CTRL_C, CLEAR_LINE = "\x1b[A", "\x1b[B", " ", "\r", "\x03", "\x15"
ROWS, COLUMNS = 60, 100
_CONTROL = re.compile(r"\x1b(\[[0-9;?]*[A-Za-z]|\][^\x07]*\x07|[=>])|[\r\x07]")


class PseudoTerminal:
    """Starts a program in a terminal of its own. `text` is all that it has written, without colours and moves."""

    def __init__(self, command: Sequence[str], folder: Path, limit_s: float = 180.0) -> None:
        self.limit_s = limit_s
        self.text = ""
        self._raw = b""
        self._seen = 0
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        environment = {**os.environ, "TERM": "xterm-256color", "PROMPT_TOOLKIT_NO_CPR": "1", "OMP_NUM_THREADS": "1"}
        self.process = subprocess.Popen(
            command, cwd=folder, stdin=slave, stdout=slave, stderr=slave, env=environment, start_new_session=True
        )
        os.close(slave)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._master)

    def type(self, *keys: str) -> None:
        os.write(self._master, "".join(keys).encode())

    def wait_for(self, text: str) -> None:
        """Read on until a text appears that was not there before."""
        deadline = time.monotonic() + self.limit_s
        while (place := self.text.find(text, self._seen)) < 0:
            assert time.monotonic() < deadline, f"no {text!r} after:\n{self.text[self._seen :]}"
            assert self._read(), f"ended without {text!r}:\n{self.text[self._seen :]}"
        self._seen = place + len(text)

    def answer(self, prompt: str, *keys: str) -> None:
        """Wait for a prompt, then type."""
        self.wait_for(prompt)
        self.type(*keys)

    def end(self) -> int:
        """Read to the end; the exit status."""
        deadline = time.monotonic() + self.limit_s
        while self._read():
            assert time.monotonic() < deadline, self.text
        return self.process.wait(self.limit_s)

    def _read(self) -> bool:
        """Take in what comes within a moment; False at the end."""
        if not select.select([self._master], [], [], 0.5)[0]:
            return True
        try:
            data = os.read(self._master, 1 << 16)
        except OSError:  # Linux says so when the program has closed its side.
            return False
        self._raw += data
        self.text = _CONTROL.sub("", self._raw.decode(errors="replace"))
        return bool(data)
