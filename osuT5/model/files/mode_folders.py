"""Which folder of a model serves which game mode.

A model may bring a bundle of its own for a mode, in a folder `gamemode=<number>` beside its files. Timing always
comes from the root model, which has heard the songs of every mode.
"""

from __future__ import annotations

from pathlib import Path

from osu_beatmap.beatmap import GameMode

TOKENIZER_FILE = "tokenizer.json"
_MARKERS = (TOKENIZER_FILE, "contract.json", "custom_checkpoint_0.pkl")


def gamemode_subfolder(mode: GameMode) -> str:
    """The name of the folder that would hold the bundle of a mode, on the hub as on disk."""
    return f"gamemode={int(mode)}"


def bundle_folder(root: Path, mode: GameMode, for_timing: bool = False) -> Path:
    """The folder to load for a mode: that of the mode where there is one, otherwise (and for timing) the root.

    A folder without a tokenizer or a contract of its own is no bundle; it may hold an adapter, say.
    """
    own = root / gamemode_subfolder(mode)
    if for_timing or not any((own / name).is_file() for name in _MARKERS):
        return root
    return own
