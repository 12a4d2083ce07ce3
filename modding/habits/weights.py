"""Weights of the views of each choice.

`python -m benchmarks.mai_mod.habit_weights FOLDER` prints them. They come from conditional logistic regression on
charts of training songs, without faults: the weights under which the mappers' choices are most likely. Aspects with one
view are not in the table.
"""

from __future__ import annotations

from collections.abc import Mapping

from modding.aspects import Aspect
from osu_beatmap.beatmap import GameMode

WEIGHTS: Mapping[Aspect, Mapping[str, float]] = {
    Aspect.COLUMN: {
        "mates": 0.06,
        "before": 0.24,
        "rest_before": 0.1,
        "move_before": 0.07,
        "after": 0.23,
        "rest_after": 0.11,
        "move_after": 0.08,
        "shape": 0.21,
        "alike": 0.14,
        "mirrored": 0.21,
    },
    Aspect.ADDITIONS: {"bar": 0.08, "between": 0.22, "alike": 0.33, "mates": 0.47, "like_chords": 0.6},
    Aspect.COLOUR: {"between": 0.23, "alike": 0.48},
    Aspect.POSITION: {"last": 0.28, "around": 0.22, "alike": 0.18},
    Aspect.COMBO: {"bar": 0.26, "alike": 0.49},
}
"""`mates` and `like_chords` are of mania only, `bar`, `between` and `alike` of the other modes."""

COLUMN_WEIGHTS: Mapping[int, Mapping[str, float]] = {
    4: {
        "before": 0.14,
        "rest_before": 0.14,
        "move_before": 0.04,
        "after": 0.14,
        "rest_after": 0.15,
        "move_after": 0.03,
        "shape": 0.04,
        "alike": 0.23,
        "mirrored": 0.19,
        "patterns": 0.83,
    },
}
"""Weights by number of keys if the column network has it, from `python -m benchmarks.mai_mod.column_patterns FOLDER`.

They come from charts of songs on which the network of that run was not trained.
"""

BAR_WEIGHTS: Mapping[GameMode, Mapping[str, float]] = {
    GameMode.STANDARD: {
        "in_beat": -0.47,
        "new_combo": 1.15,
        "finish": 0.86,
        "clap": -0.21,
        "length": 0.14,
        "rest_after": 0.13,
        "green_line": 0.70,
    },
    GameMode.TAIKO: {
        "in_beat": -0.14,
        "finish": 0.22,
        "clap": -1.26,
        "length": 0.47,
        "rest_before": 0.57,
        "rest_after": 0.54,
        "green_line": 0.91,
    },
    GameMode.MANIA: {
        "starts": -0.46,
        "together": 0.41,
        "in_beat": -0.17,
        "new_combo": 0.39,
        "finish": 0.32,
        "clap": -0.58,
        "length": 0.38,
        "rest_before": 0.60,
        "green_line": 0.65,
    },
}
"""Logits of a downbeat by the marks of `modding/habits/bars.py`, from the same command; standard with catch."""
