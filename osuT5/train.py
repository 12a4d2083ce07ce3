"""`python osuT5/train.py ...`

is `python train.py ...`, where scripts for the original program look for it.
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
