"""Held-out songs: a table of hashed titles, and its lookup.

No model is trained on these songs.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from enum import Enum
from pathlib import Path
from typing import Protocol

from paths import DATASET_DIR

HELD_OUT_FILE = DATASET_DIR / "held_out_titles.json"


class Titled(Protocol):
    """Object with two titles of a song, such as metadata or records."""

    title: str
    title_unicode: str


class Split(Enum):
    TRAIN = "train"
    HELD_OUT = "held_out"
    ALL = "all"


def title_hash(title: str) -> str:
    """Return the hash of a song's title, equal across mapsets.

    The title is without case, marks and cut notes such as "(TV Size)".
    """
    core = re.sub(r"[\(\[][^\)\]]*[\)\]]", " ", title.casefold())
    core = re.sub(r"\W+", "", core) or re.sub(r"\W+", "", title.casefold()) or title
    return hashlib.sha256(core.encode("utf-8")).hexdigest()[:16]


def held_out_titles(path: Path = HELD_OUT_FILE) -> frozenset[str]:
    """Return the hashes of held-out titles.

    No model is trained, and nothing is tuned, on them.
    """
    return frozenset(json.loads(path.read_text(encoding="utf-8"))["title_hashes"])


def is_song_in_split(
    charts: Iterable[Titled], split: Split, held_out: frozenset[str], held_out_share: float = 0.0
) -> bool:
    """Return whether a song with these charts is in a split.

    It is held out if any of its titles, romanised or not, is in `held_out`, or belongs to the fraction of all titles
    with the lowest hashes: the same titles in every corpus.
    """
    hashes = {title_hash(title) for chart in charts for title in (chart.title, chart.title_unicode) if title}
    is_held_out = not hashes.isdisjoint(held_out) or any(_place(title) < held_out_share for title in hashes)
    return split is Split.ALL or is_held_out == (split is Split.HELD_OUT)


def _place(hashed_title: str) -> float:
    """Return a title's hash as a number from 0 to 1."""
    return int(hashed_title, 16) / 16 ** len(hashed_title)
