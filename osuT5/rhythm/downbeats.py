"""Bar lines of a song from downbeat logits, pooled over all bars."""

from __future__ import annotations

import numpy as np

from osu_beatmap.timing.beat_clock import BeatClock


def most_likely_downbeat(logits: np.ndarray, bar_beats: int) -> int:
    """Return the number of the first downbeat, by the highest mean logit.

    Args:
        logits: Downbeat logits of a section of one meter, float [beats].
        bar_beats: Beats of its bars; the result is below it.
    """
    means = [logits[phase::bar_beats].mean() if phase < len(logits) else -np.inf for phase in range(bar_beats)]
    return int(np.argmax(means))


def constant_meter(clock: BeatClock) -> int | None:
    """Return the beats of a bar, or None if bars differ."""
    bar_beats = int(clock.bar_beats[0])
    is_constant = (clock.bar_beats == bar_beats).all()
    is_unbroken = ((clock.place_in_bar - np.arange(len(clock))) % bar_beats == clock.place_in_bar[0]).all()
    return bar_beats if is_constant and is_unbroken else None
