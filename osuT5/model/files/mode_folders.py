"""Which folder of a model serves which game mode.

A model may bring a bundle of its own for a mode, in a folder `gamemode=<number>` beside its files. Timing always
comes from the root model, which has heard the songs of every mode.
"""

from __future__ import annotations

from pathlib import Path

from osu_beatmap.beatmap import GameMode

_MARKERS = ("tokenizer.json", "contract.json", "custom_checkpoint_0.pkl")


def gamemode_subfolder(mode: GameMode) -> str:
    """The name of the folder that would hold the bundle of a mode, on the hub as on disk."""
    return f"gamemode={int(mode)}"


def bundle_folder(root: Path, mode: GameMode) -> Path:
    """The folder to load for a mode: that of the mode where there is one, otherwise the root.

    A folder without a tokenizer or a contract of its own is no bundle; it may hold an adapter, say.
    """
    own = root / gamemode_subfolder(mode)
    return own if any((own / name).is_file() for name in _MARKERS) else root
