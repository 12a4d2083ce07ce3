"""Constraints of refined positions, independent of the model."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from osu_beatmap.beatmap import PLAYFIELD_HEIGHT_PX, PLAYFIELD_WIDTH_PX
from osu_beatmap.rules.standard import SCREEN_BOTTOM_PX, SCREEN_LEFT_PX, SCREEN_RIGHT_PX, SCREEN_TOP_PX
from osu_diffusion.points import PointKind, PointSequence

STACK_REACH = 8
"""Objects on one place of the draft are meant as a stack, or a return, when at most so many objects apart: of human
objects that share a 32 px cell, 8 in 10 share the very place at up to 3 objects apart, a quarter at 8."""

STACK_PX = 8.0
"""Such objects are put on one place when the refiner brings them this near; farther apart they only shared a cell."""

SURE_REACH, SURE_GAP_MS, SURE_FACTOR = 4, 100.0, 4.0
"""Of those at most so many apart that are no stream 85 in 100 are stacks: these may be farther apart by a factor."""

MAX_STRETCH = 0.1
"""By how much a path is scaled so that it ends with its slider; the length cuts or prolongs what is left."""

PATH_SAMPLES = 8

OBJECT_STARTS = (
    PointKind.CIRCLE,
    PointKind.CIRCLE_NEW_COMBO,
    PointKind.SLIDER_HEAD,
    PointKind.SLIDER_HEAD_NEW_COMBO,
)


@dataclass(frozen=True)
class MapConstraints:
    """The constraints of one map. Spinners stay where the draft has them.

    draft_px   [n, 2]
    stack_px   see `STACK_PX`; infinite for drafts of exact places
    radius_px  of the circles: no part of them may leave the screen; 0 where nothing is seen of it
    """

    sequence: PointSequence
    draft_px: np.ndarray
    stack_px: float = STACK_PX
    radius_px: float = 0.0
    _stacks: list[tuple[int, np.ndarray, float]] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_stacks", _find_stacked(self.sequence, self.draft_px))

    def constrain_step(self, positions_px: np.ndarray) -> np.ndarray:
        """Constrain positions [S, n, 2] between steps.

        Spinners are in place, and sliders have their lengths.
        """
        return self.sequence.with_path_ends(self._with_spinners(positions_px))

    def constrain_result(self, positions_px: np.ndarray) -> np.ndarray:
        """Constrain positions [S, n, 2] of a finished map.

        In addition, stacks are exact, paths end with their sliders, and all are on screen.
        """
        positions_px = self._move_onto_screen(self._fit_lengths(self._with_spinners(positions_px)))
        for before, members, factor in self._stacks:
            offset = positions_px[:, before] - positions_px[:, members[0]]  # [S, 2]
            is_near = np.hypot(offset[:, 0], offset[:, 1]) < self.stack_px * factor
            positions_px[:, members] += np.where(is_near[:, None], offset, 0.0)[:, None]
        return self.sequence.with_path_ends(positions_px)

    def _with_spinners(self, positions_px: np.ndarray) -> np.ndarray:
        return np.where(self.sequence.movable[:, None], positions_px, self.draft_px)

    def _fit_lengths(self, positions_px: np.ndarray) -> np.ndarray:
        """Scale paths about their heads to the lengths of their sliders.

        The factor is within `MAX_STRETCH`.
        """
        sequence = self.sequence
        if not len(sequence.path_lengths_px):
            return positions_px
        natural = np.maximum(sequence.paths.natural_lengths(positions_px), 1e-6)
        factors = np.clip(sequence.path_lengths_px / natural, 1.0 - MAX_STRETCH, 1.0 + MAX_STRETCH)  # [S, paths]
        on_path = sequence.path_of >= 0
        heads = _path_heads(sequence)[sequence.path_of[on_path]]
        origin = positions_px[:, heads]
        scaled = origin + (positions_px[:, on_path] - origin) * factors[:, sequence.path_of[on_path], None]
        positions_px = positions_px.copy()
        positions_px[:, on_path] = scaled
        return positions_px

    def _move_onto_screen(self, positions_px: np.ndarray) -> np.ndarray:
        """Move whole objects onto the playfield and the screen.

        Starts move into the playfield, then paths onto the screen as far as starts allow.
        """
        margin = self.radius_px
        low = np.array([max(0.0, SCREEN_LEFT_PX + margin), max(0.0, SCREEN_TOP_PX + margin)])
        high = np.array(
            [min(PLAYFIELD_WIDTH_PX, SCREEN_RIGHT_PX - margin), min(PLAYFIELD_HEIGHT_PX, SCREEN_BOTTOM_PX - margin)]
        )
        starts = _object_starts(self.sequence)
        shifts = np.clip(positions_px[:, starts], low, high) - positions_px[:, starts]  # [S, objects, 2]
        moved = self._shift_objects(positions_px, shifts)
        if not len(self.sequence.path_lengths_px):
            return moved
        shares = np.linspace(0.0, 1.0, PATH_SAMPLES + 1)[1:]
        lengths = self.sequence.path_lengths_px
        samples = np.stack([self.sequence.paths.points_at(moved, lengths * share) for share in shares])
        screen_low = np.array([SCREEN_LEFT_PX, SCREEN_TOP_PX]) + margin
        screen_high = np.array([SCREEN_RIGHT_PX, SCREEN_BOTTOM_PX]) - margin
        inward = np.maximum(screen_low - samples.min(0), 0.0) - np.maximum(samples.max(0) - screen_high, 0.0)
        path_shifts = np.zeros_like(shifts)
        heads = _path_heads(self.sequence)
        path_shifts[:, np.searchsorted(starts, heads)] = inward
        return self._shift_objects(moved, np.clip(moved[:, starts] + path_shifts, low, high) - moved[:, starts])

    def _shift_objects(self, positions_px: np.ndarray, shifts: np.ndarray) -> np.ndarray:
        """Move each point with the start of its object.

        Shifts are [S, starts, 2]; spinners stay.
        """
        sequence = self.sequence
        starts = _object_starts(sequence)
        of_point = np.clip(np.searchsorted(starts, np.arange(len(sequence)), side="right") - 1, 0, None)
        return positions_px + np.where(sequence.movable[:, None], shifts[:, of_point], 0.0)


def _object_starts(sequence: PointSequence) -> np.ndarray:
    """Return the indices of the first points of objects.

    They include spinners, so that all points belong to one.
    """
    return np.flatnonzero(np.diff(sequence.object_of, prepend=-1))


def _path_heads(sequence: PointSequence) -> np.ndarray:
    """Return the index of the first point of each path."""
    return np.searchsorted(np.maximum.accumulate(sequence.path_of), np.arange(len(sequence.path_ends)))


def _find_stacked(sequence: PointSequence, draft_px: np.ndarray) -> list[tuple[int, np.ndarray, float]]:
    """Return stacked points of the draft.

    Each entry is (start of an earlier object, points of a later one at the same position, factor of `stack_px`).
    """
    starts = np.flatnonzero(np.isin(sequence.kinds, OBJECT_STARTS))
    pairs = []
    for number, start in enumerate(starts):
        for apart, before in enumerate(starts[max(0, number - STACK_REACH) : number][::-1], 1):
            if (draft_px[before] == draft_px[start]).all():
                is_sure = apart <= SURE_REACH and sequence.times_ms[start] - sequence.times_ms[before] >= SURE_GAP_MS
                members = np.flatnonzero(sequence.object_of == sequence.object_of[start])
                pairs.append((int(before), members, SURE_FACTOR if is_sure else 1.0))
                break
    return pairs
