"""Folders of a model by game mode.

A model may have a bundle for a mode in a folder `gamemode=<number>` next to its files. Timing always comes from the
root model, which was trained on songs of every mode.
"""

from __future__ import annotations

from pathlib import Path

from osu_beatmap.beatmap import GameMode

_MARKERS = ("tokenizer.json", "contract.json", "custom_checkpoint_0.pkl")


def gamemode_subfolder(mode: GameMode) -> str:
    """Return the folder name of a mode's bundle, on hub and disk."""
    return f"gamemode={int(mode)}"


def bundle_folder(root: Path, mode: GameMode) -> Path:
    """Return the folder to load for a mode.

    It is that of the mode if it exists, otherwise the root. A folder without a tokenizer or a contract is not a bundle;
    it may hold an adapter, for example.
    """
    own = root / gamemode_subfolder(mode)
    return own if any((own / name).is_file() for name in _MARKERS) else root
