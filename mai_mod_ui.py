"""Modding suggestions in a browser.

`python mai_mod_ui.py` opens a page on this computer; `-h` lists all options.
"""

from __future__ import annotations

if __name__ == "__main__":
    from feedback.startup import start_program

    start_program()

import sys
from functools import partial

from pipeline.cli.command_line import Program, run
from webui.launch import serve

MAI_MOD_UI = Program(
    script="mai_mod_ui.py",
    config_name="web_ui",
    purpose="Opens a page in the browser that reviews osu! beatmaps and applies fixes.",
    example="port=7270",
    action=partial(serve, page="/mai-mod"),
)

if __name__ == "__main__":
    sys.exit(run(MAI_MOD_UI))
