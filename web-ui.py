"""The program in a browser: `python web-ui.py` opens a page on this computer; `-h` lists all options."""

from __future__ import annotations

import sys

if __name__ == "__main__":
    from pipeline.cli.interrupt import quit_on_interrupt

    quit_on_interrupt()

from pipeline.cli.command_line import Program, run
from webui.launch import serve

WEB_UI = Program(
    script="web-ui.py",
    config_name="web_ui",
    purpose="Opens a page in the browser that makes osu! beatmaps from songs and reviews them.",
    example="port=7270",
    action=serve,
)

if __name__ == "__main__":
    sys.exit(run(WEB_UI))
