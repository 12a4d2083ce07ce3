"""Rarity of a surprisal in human-made maps, comparable across aspects.

For each mode and aspect the table holds which relative surprisal occurs how often per minute in maps that nobody has
put a fault into. It belongs to the weights it was measured with and lies beside them;
`benchmarks.mai_mod.calibrate_review` makes it.
"""

from __future__ import annotations

import hashlib
import json
import math
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, pairwise
from pathlib import Path

from feedback.errors import UserError
from modding.aspects import Aspect
from model_files.folder_weights import SAFETENSORS
from model_files.network_folder import WEIGHTS_FILE
from osu_beatmap.beatmap import GameMode
from osuT5.map_model.folder import BARS, BEATS, OBJECTS, PART_FILES, SOUND

TABLE_FILE = "review_thresholds.json"
FORMAT = 1

RATES_PER_MINUTE = (20.0, 10.0, 5.0, 2.0, 1.0, 0.5, 0.2, 0.1, 0.05, 0.02)
"""Rates from common to rare. The common ones serve for ranking only, and are never listed."""

LISTED_PER_MINUTE = 0.04
"""Rate below which a surprisal is listed. With a dozen aspects to a mode, about one a minute is listed."""

LIKELY_PER_MINUTE, CERTAIN_PER_MINUTE = 0.02, 0.002

FALLBACK_RELATIVE = 6.0
"""Surprisal with the rate LISTED_PER_MINUTE if there is no table; twice the surprisal is ten times rarer."""

MIN_HALVING = 0.2
LENT_MINUTES = 12.0
FEWEST_CASES = 3
"""Minutes of other modes that are mixed into the rates of a mode, and minimum cases of a rate.

With thresholds from other charts, these minutes give one to two suggestions a minute on charts of training songs. The
charts of a mode alone gave three to twelve, since surprisals of a kind come in few charts, many at once.
"""


Curve = Sequence[tuple[float, float]]
"""(relative surprisal, rate per minute of larger ones), from common to rare."""


class TableError(UserError):
    """Unusable table of thresholds; the message is one sentence."""


@dataclass(frozen=True)
class ThresholdTable:
    """Curves by mode and aspect, with their weights and origin."""

    curves: Mapping[tuple[GameMode, Aspect], Curve] = field(default_factory=dict)
    weights_sha256: str = ""
    made_from: Mapping[str, object] = field(default_factory=dict)

    def per_minute(self, mode: GameMode, aspect: Aspect, relative: float) -> float:
        """Return the rate of a surprisal in human-made maps.

        Between and beyond measured rates, the curve is log-linear.
        """
        curve = self.curves.get((mode, aspect)) or _of_any_mode(self.curves, aspect)
        return rate_on(curve, relative) if curve else LISTED_PER_MINUTE * 10 ** (1 - relative / FALLBACK_RELATIVE)

    def to_json(self) -> dict:
        table: dict[str, dict[str, list[list[float]]]] = {}
        for (mode, aspect), curve in sorted(self.curves.items(), key=lambda item: (item[0][0], item[0][1].value)):
            rows = [[rate, round(relative, 3)] for relative, rate in curve]
            table.setdefault(mode.name.lower(), {})[aspect.value] = rows
        return {
            "format": FORMAT,
            "what": "By mode and aspect: [how often per minute, relative surprisal that is exceeded so often].",
            "weights_sha256": self.weights_sha256,
            "made_from": dict(self.made_from),
            "per_minute": table,
        }

    @classmethod
    def from_json(cls, data: Mapping) -> ThresholdTable:
        """Parse a table.

        Raises:
            TableError: The format is another one.
        """
        try:
            if data["format"] != FORMAT:
                raise TableError(f"{TABLE_FILE} has a format unknown to this version.")
            curves = {
                (GameMode[mode.upper()], Aspect(aspect)): tuple((float(each), float(rate)) for rate, each in rows)
                for mode, aspects in data["per_minute"].items()
                for aspect, rows in aspects.items()
            }
            return cls(curves, str(data["weights_sha256"]), data["made_from"])
        except (KeyError, TypeError, AttributeError) as error:
            raise TableError(f"{TABLE_FILE} is not a table of thresholds.") from error

    @classmethod
    def load(cls, folder: Path) -> ThresholdTable | None:
        """Return the table of the model in a folder, or None.

        Raises TableError.
        """
        path = folder / TABLE_FILE
        if not path.is_file():
            return None
        try:
            return cls.from_json(json.loads(path.read_text(encoding="utf-8")))
        except ValueError as error:
            raise TableError(f"{path} cannot be read: {error}") from error

    def save(self, folder: Path) -> Path:
        path = folder / TABLE_FILE
        path.write_text(json.dumps(self.to_json(), indent=1) + "\n", encoding="utf-8")
        return path


def curves_of(
    relatives: Mapping[tuple[GameMode, Aspect], Sequence[float]], minutes: Mapping[GameMode, float]
) -> dict[tuple[GameMode, Aspect], Curve]:
    """Return a curve for each mode and aspect.

    It is made from all relative surprisals of some minutes of maps of each mode. A mode borrows from the others as if
    they had been LENT_MINUTES of its own: a few charts, of one or two songs in catch, do not show the variety of
    human-made maps.
    """
    curves = {}
    for (mode, aspect), own in relatives.items():
        others = [of for of in relatives if of[1] is aspect and of[0] is not mode]
        lent = LENT_MINUTES if others else 0.0
        weighed = [(relative, 1.0) for relative in own]
        for other in others:
            share = lent / len(others) / minutes[other[0]]
            weighed += [(relative, share) for relative in relatives[other]]
        curves[mode, aspect] = curve_of(weighed, minutes[mode] + lent)
    return {key: curve for key, curve in curves.items() if curve}


def curve_of(weighed: Sequence[tuple[float, float]], minutes: float) -> Curve:
    """Return the surprisal exceeded at each rate.

    `weighed` are relative surprisals of some minutes of maps, with weights. Rates with fewer than three cases in so few
    minutes are omitted.
    """
    ranked = sorted(weighed, reverse=True)
    counts = list(accumulate(weight for _, weight in ranked))
    curve: list[tuple[float, float]] = []
    for rate in RATES_PER_MINUTE:
        wanted = rate * minutes
        place = bisect_right(counts, wanted)
        if wanted >= FEWEST_CASES and place < len(ranked) and (not curve or ranked[place][0] > curve[-1][0]):
            curve.append((ranked[place][0], rate))
    return curve


def rate_on(curve: Curve, relative: float) -> float:
    """Return how often a value is exceeded, on a log-linear curve."""
    if relative <= curve[0][0]:
        return curve[0][1]
    (low, often), (high, seldom) = _around(curve, relative)
    share = (relative - low) / max(high - low, 1e-9)
    return math.exp(math.log(often) + share * (math.log(seldom) - math.log(often)))


def weights_digest(folder: Path) -> str:
    """Return the SHA-256 of a model's weights: parts, or one file.

    It is empty if there are none, or if those of a seq2seq model are in several files.
    """
    parts = [folder / part / WEIGHTS_FILE for part in (BEATS, BARS, *PART_FILES, f"{OBJECTS}/{SOUND}")]
    found = [path for path in parts if path.is_file()] or [folder / SAFETENSORS]
    if not all(path.is_file() for path in found):
        return ""
    digest = hashlib.sha256()
    for path in found:
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _of_any_mode(curves: Mapping[tuple[GameMode, Aspect], Curve], aspect: Aspect) -> Curve:
    """Return the most cautious curve of another mode."""
    known = [curve for (_, of), curve in curves.items() if of is aspect and curve]
    return max(known, key=lambda curve: curve[-1][0], default=())


def _around(curve: Curve, relative: float) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return the points on either side of a surprisal.

    Beyond the last one, these are that and one of half its rate. The increase that halves the rate is taken from the
    last two points, but is at least MIN_HALVING of it: a few cases close together must not make everything beyond them
    look extremely rare.
    """
    for before, after in pairwise(curve):
        if relative <= after[0]:
            return before, after
    high, seldom = curve[-1]
    halving = MIN_HALVING * max(high, 1.0)
    if len(curve) > 1:
        low, often = curve[-2]
        halving = max(halving, (high - low) / math.log2(often / seldom))
    return (high, seldom), (high + halving, seldom / 2)
