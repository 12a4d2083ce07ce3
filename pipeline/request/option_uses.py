"""Options that apply to the other choices.

A form hides the others, and a dialogue does not ask for them. `pipeline.request.resolve` takes the modes of each option
from here. Its further checks are its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from osu_beatmap.attributes import WITH_CIRCLES, WITH_SCROLL_SPEED
from osu_beatmap.beatmap import GameMode
from pipeline.request.option_values import is_absent

ALL_MODES = frozenset(GameMode)


@dataclass(frozen=True, slots=True)
class Use:
    """Condition under which an option has a use.

    It applies in these modes, once one of each of `needs` is given, and while none of `excludes` is. A given option is
    not absent, not false, not the default, and itself of use.
    """

    modes: frozenset[GameMode] = ALL_MODES
    needs: tuple[tuple[str, ...], ...] = ()
    excludes: tuple[str, ...] = ()


_MANIA = frozenset({GameMode.MANIA})
_STARS = ("difficulty", "difficulties", "spread")
_REFERENCE = (("beatmap_path",),)
_NOT_IN_PARITY = ("parity",)
_MOVED = Use(WITH_CIRCLES, needs=(("generate_positions",),), excludes=_NOT_IN_PARITY)

USES: dict[str, Use] = {
    "difficulties": Use(excludes=("difficulty",)),
    "spread": Use(excludes=("difficulty", "difficulties")),
    "match_difficulty": Use(needs=(_STARS,), excludes=_NOT_IN_PARITY),
    "difficulty_attempts": Use(needs=(("match_difficulty",),), excludes=_NOT_IN_PARITY),
    "keycount": Use(_MANIA),
    "hold_note_ratio": Use(_MANIA),
    "scroll_speed_ratio": Use(WITH_SCROLL_SPEED),
    "negative_descriptors": Use(needs=(("descriptors",), ("cfg_scale", "diff_cfg_scale"))),
    "version": Use(excludes=("difficulties", "spread")),
    "circle_size": Use(ALL_MODES - _MANIA),
    "in_context": Use(needs=_REFERENCE),
    "add_to_beatmap": Use(needs=_REFERENCE, excludes=("difficulties", "spread")),
    "overwrite_reference_beatmap": Use(needs=(("add_to_beatmap",),)),
    "super_timing": Use(excludes=_NOT_IN_PARITY),
    "timer_iterations": Use(needs=(("super_timing",),), excludes=_NOT_IN_PARITY),
    "parity": Use(needs=(("model_path",),), excludes=("difficulties", "spread")),
    "generate_positions": Use(WITH_CIRCLES, excludes=_NOT_IN_PARITY),
    **dict.fromkeys(("diff_ckpt", "timesteps", "diff_cfg_scale", "refine_iters", "random_init"), _MOVED),
    **dict.fromkeys(("max_seq_len", "overlap_buffer"), _MOVED),
}
"""Every option that not every map has a use for."""


def use_of(name: str) -> Use:
    return USES.get(name, Use())


def is_of_use(name: str, values: Mapping[str, object], defaults: Mapping[str, object], mode: GameMode | None) -> bool:
    """Return whether an option has a use.

    Args:
        values: Raw chosen value of every option, as in `resolve`.
        defaults: Raw default of every option in the configuration.
        mode: Mode of the map; None if it is unknown, so that every mode is possible.
    """
    use = use_of(name)

    def is_active(other: str) -> bool:
        return is_requested(values[other], defaults[other]) and is_of_use(other, values, defaults, mode)

    is_possible = mode is None or mode in use.modes
    return (
        is_possible
        and all(any(map(is_active, either)) for either in use.needs)
        and not any(map(is_active, use.excludes))
    )


def is_requested(value: object, default: object) -> bool:
    """Return whether a raw value requests something.

    It is a switch that is on, or differs from the default.
    """
    if is_absent(value):
        return False
    text = str(value).strip().lower()
    return text == "true" or (text != "false" and text != str(default).strip().lower())
