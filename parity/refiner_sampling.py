"""Refinement of the original, quirks included.

It reproduces the original's numbers, not better maps.

What differs from `refine`: pieces of a long map are refined one after another, each beginning with the fixed end of the
one before; a map of at most twice the buffer is not refined at all; noise is drawn for two rows, of which one counts;
padding, where asked for, is seen like points; a slider never ends beyond its control points.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import pad

from osu_beatmap.beatmap import CurveKind
from osu_beatmap.geometry.coarse_curves import played_point
from osu_diffusion.dit import band_mask
from osu_diffusion.refine import RefineOptions, schedule_of
from osu_diffusion.sampling import posterior_step
from osu_diffusion.v2_network import BAND, context_of
from osu_diffusion.v2_refiner import MAX_CLEAN, V2Refiner, clean_from_noise, log_variances

PLAYFIELD_PX = torch.tensor([512.0, 384.0])


@dataclass(frozen=True, slots=True)
class OriginalSlider:
    """Indices of a slider's control points and of its end.

    Red anchors occur twice; one letter applies to all of the path.
    """

    control: np.ndarray
    end: int
    kind: CurveKind
    length_px: float


@dataclass(frozen=True, slots=True)
class OriginalPoints:
    """Points [n] of a map as the original's network gets them.

    Times and distances are stated, positions are [n, 2] px.
    """

    positions_px: np.ndarray
    times_ms: np.ndarray
    distances_px: np.ndarray
    kinds: np.ndarray
    sliders: Sequence[OriginalSlider]

    def __len__(self) -> int:
        return len(self.kinds)


@dataclass(frozen=True, slots=True)
class OriginalClasses:
    """Class vectors [K] of what is wanted and of what is not."""

    wanted: np.ndarray
    unwanted: np.ndarray


@dataclass(frozen=True, slots=True)
class OriginalSpan:
    """Span to refine, in ms; pieces may be padded to full length."""

    start_ms: float | None = None
    end_ms: float | None = None
    pads: bool = False


def refine_points(
    refiner: V2Refiner,
    points: OriginalPoints,
    classes: OriginalClasses,
    options: RefineOptions,
    seed: int,
    span: OriginalSpan = OriginalSpan(),
) -> np.ndarray:
    """Refine positions [n, 2] in px as the original does."""
    run = _Run(refiner, points, classes, options, seed, span)
    with torch.inference_mode():
        return run.whole().numpy()


class _Run:
    def __init__(
        self,
        refiner: V2Refiner,
        points: OriginalPoints,
        classes: OriginalClasses,
        options: RefineOptions,
        seed: int,
        span: OriginalSpan,
    ) -> None:
        self.network = refiner.model
        self.points, self.options, self.span = points, options, span
        self.generator = torch.Generator().manual_seed(seed)
        self.classes, self.null_classes = (
            torch.from_numpy(vector)[None] for vector in (classes.wanted, classes.unwanted)
        )
        self.schedule = schedule_of(refiner, options)
        self.context = context_of(
            torch.from_numpy(points.times_ms).float(),
            torch.from_numpy(points.distances_px).float(),
            torch.from_numpy(points.kinds),
        )

    def whole(self) -> Tensor:
        """Refine all points piece by piece; return positions [n, 2] in px."""
        length, longest, buffer = len(self.points), self.options.max_seq_len, self.options.overlap_buffer
        start = torch.from_numpy(self.points.positions_px).float() / PLAYFIELD_PX * 2 - 1
        if self.options.random_init:
            start = self._noise(length)
        found = start.clone()
        for first in range(0, length - 2 * buffer, longest - 2 * buffer):
            last = min(first + longest, length)
            if first > 0:
                # What the piece before has made of its last points is not used.
                found[first + buffer : first + 2 * buffer] = start[first + buffer : first + 2 * buffer]
            found[first:last] = self._piece(found[first:last], first, buffer if first > 0 else 0)
        return (found + 1) / 2 * PLAYFIELD_PX

    def _noise(self, length: int) -> Tensor:
        """Draw the noise of two rows; return the first, [n, 2]."""
        return torch.randn(2, 2, length, generator=self.generator)[0].T

    def _piece(self, start: Tensor, first: int, fixed: int) -> Tensor:
        length = len(start)
        padding = self.options.max_seq_len - length if self.span.pads else 0
        start = pad(start, (0, 0, 0, padding))
        may_move = self._may_move(first, length, padding, fixed)
        if not may_move.any():
            return start[:length]
        seen = torch.ones(length + padding, length + padding, dtype=torch.bool)
        seen[:length, :length] = band_mask(length, BAND, seen.device)
        context = pad(self.context[first : first + length], (0, 0, 0, padding))

        def constrain(clean: Tensor) -> Tensor:
            return self._with_slider_ends(torch.where(may_move[:, None], clean, start), first, length)

        positions = constrain(start)
        for step in range(len(self.schedule) - 1, -1, -1):
            steps = torch.tensor([int(self.schedule.model_steps[step])])
            answer = self.network.forward_with_cfg(
                positions[None], steps, context[None], self.classes, self.null_classes, self.options.cfg_scale, seen
            )
            noise, share = (tensor[0] for tensor in answer)
            clean = constrain(clean_from_noise(positions, noise, self.schedule, step)).clamp(-MAX_CLEAN, MAX_CLEAN)
            variances = log_variances(share, self.schedule, step)
            drawn = self._noise(length + padding)
            positions = posterior_step(positions, clean, self.schedule, step, drawn, variances)
        return positions[:length]

    def _may_move(self, first: int, length: int, padding: int, fixed: int) -> Tensor:
        """Return bools [n] of a piece; padding moves, except after an end."""
        may_move = torch.ones(length + padding, dtype=torch.bool)
        may_move[:fixed] = False
        times_ms = self.points.times_ms[first : first + length]
        if self.span.start_ms is not None:
            may_move[: np.searchsorted(times_ms, self.span.start_ms, side="left")] = False
        if self.span.end_ms is not None:
            may_move[np.searchsorted(times_ms, self.span.end_ms, side="right") :] = False
        return may_move

    def _with_slider_ends(self, positions: Tensor, first: int, length: int) -> Tensor:
        """Compute the ends of sliders that are wholly in a piece.

        Positions are [n, 2]; each slider ends where its length reaches.
        """
        if not self.points.sliders:
            return positions
        places_px = ((positions + 1) / 2 * PLAYFIELD_PX).numpy()
        for slider in self.points.sliders:
            members = np.append(slider.control, slider.end) - first
            if members.min() < 0 or members.max() >= length:
                continue
            end = played_point(slider.kind, places_px[members[:-1]], slider.length_px)
            if end is not None:
                places_px[members[-1]] = end
        return torch.from_numpy(places_px) / PLAYFIELD_PX * 2 - 1
