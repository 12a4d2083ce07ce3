"""Alias of `train.py` at the path of the original.

`python osuT5/train.py ...` is `python train.py ...`, for scripts that use the original's path.
"""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

REPO_ROOT = Path(__file__).resolve().parent.parent

if __name__ == "__main__":
    # Python puts this script's folder first, where `training` is another package than the repository's.
    sys.path[0] = str(REPO_ROOT)
    runpy.run_path(str(REPO_ROOT / "train.py"), run_name="__main__")
