"""Progress of a job over all stages, from a worker's reports.

A job reports one stage after the other, each with steps of its own. Stages have fixed places between 0 and 1, which are
scaled to begin at the first stage that a job has; a mapset goes through the stage of objects once for each difficulty.
"""

from __future__ import annotations

import time
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from feedback.progress import Stage

PLACES = {
    Stage.ENCODING: (0.0, 0.1),
    Stage.TIMING_PASSES: (0.1, 0.3),
    Stage.TIMING: (0.1, 0.3),
    Stage.KIAI: (0.3, 0.35),
    Stage.MAP: (0.35, 0.9),
    Stage.SV: (0.88, 0.92),
    Stage.HITSOUNDS: (0.88, 0.92),
    Stage.REFINING: (0.92, 0.98),
    Stage.WRITING: (0.98, 1.0),
    Stage.SCORING_TIMING: (0.0, 0.2),
    Stage.SCORING_KIAI: (0.2, 0.3),
    Stage.SCORING_MAP: (0.3, 0.9),
    Stage.SCORING_SV: (0.9, 1.0),
}
"""Stage -> where it begins and ends; of measured runs, objects take most of the time."""

SCORED = (Stage.SCORING_TIMING, Stage.SCORING_KIAI, Stage.SCORING_MAP, Stage.SCORING_SV)
ORDER = list(Stage)
NOWHERE = (0.0, 0.0)
LEVELS_OF_A_SPREAD = 5
BEGUN = 0.03
"""Share of the work before the first report: the song and the model are loaded."""

FEWEST_FOR_ESTIMATE = 0.02
"""Share of the work from which on its time says how long the rest takes."""


class TotalProgress:
    """Progress of one job."""

    def __init__(self, maps: int = 1, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin a job.

        Args:
            maps: Difficulties that it generates or reviews.
            clock: Seconds that have passed.
        """
        self._maps, self._clock = maps, clock
        self._stage, self._done = "", 0
        self._stage_began_s = self._first_s = 0.0
        self._stage_began_at = 0
        self._round = 0
        self._first: float | None = None
        self._share = BEGUN

    def progress_at(self, stage: str, done: int, total: int) -> dict[str, Any]:
        """Return the API's progress after a report.

        It has the stage, the fraction of all work, and the time left.
        """
        now_s = self._clock()
        if stage != self._stage or done < self._done:
            self._round += _is_before(stage, self._stage) or stage == self._stage
            self._stage, self._stage_began_s, self._stage_began_at = stage, now_s, done
        self._done = done
        steps = done - self._stage_began_at
        remaining_s = (now_s - self._stage_began_s) / steps * (total - done) if steps > 0 else None
        place = self._place(done / max(1, total))
        if self._first is None:
            self._first, self._first_s = min(place, 0.99), now_s
        share = BEGUN + (1.0 - BEGUN) * (place - self._first) / (1.0 - self._first)
        # Further rounds for the star rating of a map are not known in advance.
        self._share = min(1.0, max(self._share, share))
        grown = self._share - BEGUN
        left_s = (now_s - self._first_s) / grown * (1.0 - self._share) if grown > FEWEST_FOR_ESTIMATE else None
        return {
            "stage": stage,
            "done": done,
            "total": total,
            "remaining_s": remaining_s,
            "share": round(self._share, 4),
            "left_s": left_s,
        }

    def _place(self, share: float) -> float:
        """Return the overall place of a fraction of the present stage.

        Earlier rounds are included.
        """
        begin, end = PLACES.get(Stage(self._stage), NOWHERE) if self._stage in ORDER else NOWHERE
        place = begin + (end - begin) * share
        first, last = (0.0, 1.0) if self._stage in SCORED else (PLACES[Stage.MAP][0], PLACES[Stage.WRITING][0])
        if not first <= place <= last:
            return place
        done = self._round + (place - first) / (last - first)
        return first + (last - first) * done / max(self._maps, self._round + 1)


def count_maps(options: Mapping[str, Any]) -> int:
    """Return the number of difficulties of a job, by its options."""
    if options.get("spread"):
        return LEVELS_OF_A_SPREAD
    if options.get("difficulties"):
        found = options["difficulties"]
        return len(found if isinstance(found, list) else str(found).split(","))
    path = Path(str(options.get("beatmap_path") or "map.osu"))
    try:
        if path.is_dir():
            return max(1, len(list(path.glob("*.osu"))))
        if path.suffix.lower() == ".osz":
            with zipfile.ZipFile(path) as archive:
                return max(1, sum(name.lower().endswith(".osu") for name in archive.namelist()))
    except (OSError, zipfile.BadZipFile):
        pass
    return 1


def _is_before(stage: str, other: str) -> bool:
    """Return whether a stage comes before another in the order of stages."""
    return stage in ORDER and other in ORDER and ORDER.index(Stage(stage)) < ORDER.index(Stage(other))
