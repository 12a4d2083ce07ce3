"""Progress of a generation or a review: stages and their callback."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum


class Stage(StrEnum):
    """Stages in the order in which they run.

    Values are the names that the page and the server use.
    """

    QUEUED = "waiting"
    ENCODING = "listening"
    TIMING_PASSES = "passes for the timing"
    TIMING = "timing"
    KIAI = "kiai"
    MAP = "map"
    SV = "sv"
    HITSOUNDS = "sounds"
    REFINING = "placing"
    WRITING = "writing"
    SCORING_TIMING = "reading timing"
    SCORING_KIAI = "reading kiai"
    SCORING_MAP = "reading map"
    SCORING_SV = "reading sv"


Progress = Callable[[Stage, int, int], None]
"""Receives a stage, the number of its steps that are done, and their total."""


def silent(stage: Stage, done: int, total: int) -> None:
    """Ignore progress."""
