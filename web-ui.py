"""Page of the program in a browser.

`python web-ui.py` opens it on this computer; `-h` lists all options.
"""

from __future__ import annotations

if __name__ == "__main__":
    from feedback.startup import start_program

    start_program()

import sys

from pipeline.cli.command_line import Program, run
from webui.launch import serve

WEB_UI = Program(
    script="web-ui.py",
    config_name="web_ui",
    purpose="Opens a page in the browser that generates osu! beatmaps from songs and reviews them.",
    example="port=7270",
    action=serve,
)

if __name__ == "__main__":
    sys.exit(run(WEB_UI))
