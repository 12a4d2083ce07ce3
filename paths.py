"""Folders of the repository that code reads from.

The names of single files are in their packages.
"""

from pathlib import Path

REPO_ROOT = Path(__file__).resolve().parent
MODEL_DIR = REPO_ROOT / "models"
CONFIG_DIR = REPO_ROOT / "configs"
DATASET_DIR = REPO_ROOT / "datasets"
DEMO_SONG = REPO_ROOT / "demo" / "song.ogg"
