"""Mapper of a chart, by the chart's own statements.

A mapset has one creator, but its difficulties are often made by guests, who stand in the difficulty's name ("Anna's
Insane"), and StepMania's converted charts name an author for each rating ("anna (9) & bert (3+5)" beside "4K Hard 9").
What cannot be told for sure, collaborations among it, is nobody's.
"""

from __future__ import annotations

import re
import unicodedata

from osu_beatmap.beatmap import Metadata

PLACEHOLDERS = frozenset({"", "stepmania", "unknown", "various", "variousmappers"})
"""What programs and uploaders write where they know no name."""

_OWNER = re.compile(r"^(?:\d+k\s+)?(?P<owner>.+?)(?:['’]s|(?<=[sxz])['’])(?:\s|$)", re.IGNORECASE)
_SEVERAL = re.compile(r"[&,/]|\b(?:and|x|vs\.?|feat\.?|ft\.?|collab\w*)\b", re.IGNORECASE)
_SHARED = re.compile(r"\bcollab", re.IGNORECASE)
_RATED = re.compile(r"(?P<name>[^&,()]+?)\s*\((?P<ratings>[\d+?]+)[^)]*\)")
_RATING = re.compile(r"(\d+)\s*$")
_THANKS = re.compile(r"\s+(?:with\s+)?(?:shoutouts?|respects?|thanks)\s+to\b.*|\s+in memory of\b.*", re.IGNORECASE)


def mapper_of(metadata: Metadata) -> str | None:
    """Return the mapper of this difficulty, as written, or None.

    None stands for no certain mapper, or several.
    """
    creator = _THANKS.sub("", metadata.creator).strip()
    if rated := _RATED.findall(creator):
        return _find_rated_name(rated, metadata.version)
    if owner := _OWNER.match(metadata.version.strip()):
        creator = owner["owner"].strip()
    elif _SHARED.search(metadata.version):
        return None
    return None if _SEVERAL.search(creator) or mapper_key(creator) in PLACEHOLDERS else creator


def mapper_key(name: str) -> str:
    """Return a key that all spellings of a name share.

    It consists of its letters and digits, without case and accents. Names of signs only are distinguished by the signs.
    """
    folded = unicodedata.normalize("NFKD", name).casefold()
    return "".join(char for char in folded if char.isalnum()) or folded.strip()


def _find_rated_name(rated: list[tuple[str, str]], version: str) -> str | None:
    """Return the name with the rating of the difficulty's name.

    Names are listed with their ratings; the rating is at the end of the difficulty's name.
    """
    rating = _RATING.search(version)
    found = [name.strip() for name, ratings in rated if rating and rating[1] in ratings.split("+")]
    return found[0] if len(found) == 1 else None
