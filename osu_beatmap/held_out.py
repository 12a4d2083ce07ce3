"""Which songs no model is trained on: a table of hashed titles, and how a song is looked up in it."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from enum import Enum
from pathlib import Path

from osu_beatmap.model import Beatmap

HELD_OUT_FILE = Path(__file__).resolve().parents[1] / "datasets" / "held_out_titles.json"


class Split(Enum):
    TRAIN = "train"
    HELD_OUT = "held_out"
    ALL = "all"


def title_hash(title: str) -> str:
    """A song's identity across mapsets: its title without case, marks and cut notes such as "(TV Size)", hashed."""
    core = re.sub(r"[\(\[][^\)\]]*[\)\]]", " ", title.casefold())
    core = re.sub(r"\W+", "", core) or re.sub(r"\W+", "", title.casefold()) or title
    return hashlib.sha256(core.encode("utf-8")).hexdigest()[:16]


def held_out_titles(path: Path = HELD_OUT_FILE) -> frozenset[str]:
    """Hashes of the titles that no model is trained on and nothing is tuned on."""
    return frozenset(json.loads(path.read_text(encoding="utf-8"))["title_hashes"])


def song_in_split(beatmaps: Iterable[Beatmap], split: Split, held_out: frozenset[str]) -> bool:
    """Whether a song with these charts is in a split; it is held out when any of its titles, romanised or not, is."""
    titles = {t for b in beatmaps for t in (b.metadata.title, b.metadata.title_unicode) if t}
    is_held_out = any(title_hash(title) in held_out for title in titles)
    return split is Split.ALL or is_held_out == (split is Split.HELD_OUT)
